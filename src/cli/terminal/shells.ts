/** How a variable is set in each shell, so that any value arrives as it is. */
import { UserError } from '../../lib/user-error.ts'
import { UsageError } from '../command.ts'

export interface Shell {
  /** Throws UserError for a value that the shell cannot take without reading it as commands. */
  set(name: string, value: string): string
  unset(name: string): string
  /** A text as one word of a command line. */
  word(text: string): string
  /** The line to type. */
  readonly use: (command: string) => string
}

/** What needs no quotes in any shell. */
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

/** The typographic quotes end a string too. */
const powerQuoted = (text: string): string => `'${text.replace(/['\u2018-\u201b]/g, '$&$&')}'`

const POWERSHELL: Shell = {
  set: (name, value) => `$env:${name} = ${powerQuoted(value)}`,
  word: (text) => (PLAIN.test(text) ? text : powerQuoted(text)),
  unset: (name) => `Remove-Item Env:${name} -ErrorAction SilentlyContinue`,
  use: (command) => `${command} | Out-String | Invoke-Expression`,
}

/**
 * Its quotes have no escape, `%` and `!` are read within them, and each line is a command: a value
 * with one of these cannot be told.
 */
const UNSAFE_IN_CMD = /["%!\p{Cc}]/u

const CMD: Shell = {
  set: (name, value) => {
    if (!UNSAFE_IN_CMD.test(value)) return `set "${name}=${value}"`
    throw new UserError(
      `${name} holds a character that cmd would not take as it is.`,
      'Use another shell, such as PowerShell: --shell powershell',
    )
  },
  unset: (name) => `set "${name}="`,
  word: (text) => (PLAIN.test(text) ? text : `"${text}"`),
  use: (command) => `for /f "delims=" %i in ('${command} --shell cmd') do @%i`,
}

export const SHELLS: Readonly<Record<string, Shell>> = {
  bash: POSIX,
  zsh: POSIX,
  sh: POSIX,
  fish: FISH,
  powershell: POWERSHELL,
  cmd: CMD,
}

/** The shell that `$SHELL` names; bash where it names none that is known. */
export function shellOf(
  env: Readonly<Record<string, string | undefined>>,
  windows: boolean,
): string {
  const named =
    (env['SHELL'] ?? '')
      .split(/[/\\]/)
      .at(-1)
      ?.replace(/\.exe$/, '') ?? ''
  if (named === 'pwsh') return 'powershell'
  if (Object.hasOwn(SHELLS, named)) return named
  return windows && named === '' ? 'powershell' : 'bash'
}

/**
 * The shell of `--shell`, else that of the environment. `command`: the command of ccr, for the
 * message. Throws UsageError for a shell that is not known.
 */
export function shellNamed(
  command: string,
  wanted: string | undefined,
  env: Readonly<Record<string, string | undefined>>,
): Shell {
  const name = wanted ?? shellOf(env, process.platform === 'win32')
  const shell = Object.hasOwn(SHELLS, name) ? SHELLS[name] : undefined
  if (shell !== undefined) return shell
  const names = Object.keys(SHELLS).join(', ')
  throw new UsageError(`ccr ${command}: unknown shell '${name}'.`, `Write one of: ${names}`)
}
