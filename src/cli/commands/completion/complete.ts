/**
 * `ccr __complete SHELL WORD…`, which the completion scripts call with the words after `ccr`; the last
 * word is being typed. It prints one line for each value, with its description after a tab, and a line
 * that starts with a tab if paths are possible too. It only reads files, starts no session, and prints
 * no errors, which would disturb the command line that is being typed. For PowerShell the line is in
 * variables, and each value stands behind what is to be inserted (powershell.ts).
 */
import { escapeControls } from '../../../lib/controls.ts'
import type { CommandTable, Output } from '../../command.ts'
import { oneLine } from '../../terminal/untrusted-text.ts'
import type { Env } from '../../../lib/env.ts'
import { completeLine, type Completion } from './line.ts'
import { insertion, typedWords } from './powershell.ts'
import { listsOf } from './values.ts'

/** Which words a shell passes with their quotes; fish removes those before the last one. */
const QUOTED: Readonly<Record<string, 'all' | 'last' | 'none'>> = {
  bash: 'all',
  zsh: 'all',
  fish: 'last',
  powershell: 'none',
}

export async function printCompletions(
  commands: CommandTable,
  [shell = '', ...passed]: readonly string[],
  { env, stdout }: { readonly env: Env; readonly stdout: Pick<Output, 'write'> },
): Promise<void> {
  const quoted = Object.hasOwn(QUOTED, shell) ? QUOTED[shell] : undefined
  const typed = quoted === 'none' ? typedWords(env) : passed
  if (quoted === undefined || typed.length === 0) return
  const last = typed.length - 1
  const isQuoted = (n: number): boolean => quoted === 'all' || (quoted === 'last' && n === last)
  const words = typed.map((word, n) => (isQuoted(n) ? unquoted(word) : word))
  const line = (one: Completion): string =>
    quoted === 'none' ? powershellLine(one, words[last] ?? '', env) : lineOf(one)
  try {
    const { found, paths } = await completeLine(words, commands, listsOf(env))
    const lines = new Map(found.filter(isShown).map((one) => [one.value, line(one)]))
    stdout.write([...lines.values(), ...(paths ? ['\tpaths\n'] : [])].join(''))
  } catch {
    // Without a valid config there is nothing to complete.
  }
}

/** Whether a value fits on one line of a terminal; others cannot be completed. */
function isShown({ value }: Completion): boolean {
  return !/[\r\n\t]/.test(value) && escapeControls(value) === value
}

function lineOf({ value, summary }: Completion): string {
  return summary === '' ? `${value}\n` : `${value}\t${oneLine(summary)}\n`
}

/** What is inserted, the value, and a description, which PowerShell does not take empty. */
function powershellLine({ value, summary }: Completion, typed: string, env: Env): string {
  return `${insertion(value, typed, env)}\t${value}\t${oneLine(summary) || value}\n`
}

/** A word without its quotes and backslashes, even if a quote is still open. */
function unquoted(word: string): string {
  return word.replace(
    /'([^']*)'?|"((?:\\.|[^"\\])*)\\?"?|\\(.?)/gs,
    (_, single?: string, double?: string, escaped?: string) =>
      single ?? double?.replace(/\\(["\\$`])/g, '$1') ?? escaped ?? '',
  )
}
