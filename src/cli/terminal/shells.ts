/** Commands that set a variable in each shell, quoted so that any value arrives unchanged. */
import { powershellQuoted, type ShellName, shellOf, shellWord } from '../../lib/command-line.ts'
import type { Env } from '../../lib/env.ts'
import { UserError } from '../../lib/user-error.ts'
import { UsageError } from '../command.ts'

export interface Shell {
  /** Throws UserError for a value that cannot be quoted safely in this shell. */
  set(name: string, value: string): string
  unset(name: string): string
  /** Quotes a text as one word of a command line. */
  word(text: string): string
  /** The line that runs the output of a command in the shell. */
  readonly use: (command: string) => string
}

/** Text that needs no quotes in any shell. */
const PLAIN = /^[\w+=:./-]+$/

const quoted = (text: string): string => `'${text.replaceAll("'", `'\\''`)}'`

const POSIX: Shell = {
  set: (name, value) => `export ${name}=${quoted(value)}`,
  unset: (name) => `unset ${name}`,
  word: (text) => (/^[\w@%+=:,./-]+$/.test(text) ? text : quoted(text)),
  use: (command) => `eval "$(${command})"`,
}

const fishQuoted = (text: string): string =>
  `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`

const FISH: Shell = {
  set: (name, value) => `set -gx ${name} ${fishQuoted(value)}`,
  unset: (name) => `set -e ${name}`,
  word: (text) => (PLAIN.test(text) ? text : fishQuoted(text)),
  use: (command) => `${command} | source`,
}

export const POWERSHELL: Shell = {
  set: (name, value) => `$env:${name} = ${powershellQuoted(value)}`,
  word: (text) => shellWord(text, true),
  unset: (name) => `Remove-Item Env:${name} -ErrorAction SilentlyContinue`,
  use: (command) => `${command} | Out-String | Invoke-Expression`,
}

/**
 * Characters that cmd cannot quote: its quotes have no escape, it expands `%` and `!` within them, and
 * each line is a command.
 */
const UNSAFE_IN_CMD = /["%!\p{Cc}]/u

const CMD: Shell = {
  set: (name, value) => {
    if (!UNSAFE_IN_CMD.test(value)) return `set "${name}=${value}"`
    throw new UserError(
      `${name} contains a character that cmd cannot quote.`,
      'Use another shell, such as PowerShell: --shell powershell',
    )
  },
  unset: (name) => `set "${name}="`,
  word: (text) => (PLAIN.test(text) ? text : `"${text}"`),
  use: (command) => `for /f "delims=" %i in ('${command} --shell cmd') do @%i`,
}

export const SHELLS: Readonly<Record<ShellName, Shell>> = {
  bash: POSIX,
  zsh: POSIX,
  sh: POSIX,
  fish: FISH,
  powershell: POWERSHELL,
  cmd: CMD,
}

/**
 * The shell of `--shell`, otherwise of the environment. `command`: the command of ccr, for the message.
 * Throws UsageError for an unknown shell.
 */
export function shellNamed(command: string, wanted: string | undefined, env: Env): Shell {
  const name = wanted ?? shellOf(env)
  if (isKnown(name)) return SHELLS[name]
  const names = Object.keys(SHELLS).join(', ')
  throw new UsageError(`ccr ${command}: unknown shell '${name}'.`, `Write one of: ${names}`)
}

function isKnown(name: string): name is ShellName {
  return Object.hasOwn(SHELLS, name)
}
