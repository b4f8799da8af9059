/**
 * `ccr __complete SHELL WORD…`, which the completion scripts call with the words after `ccr`; the last
 * word is being typed. It prints one line for each value, with its description after a tab, and a line
 * that starts with a tab if paths are possible too. It only reads files, starts no session, and prints
 * no errors, which would disturb the command line that is being typed.
 */
import { escapeControls } from '../../../lib/controls.ts'
import type { CommandTable, Output } from '../../command.ts'
import { oneLine } from '../../terminal/untrusted-text.ts'
import type { Env } from '../../../lib/env.ts'
import { completeLine, type Completion } from './line.ts'
import { listsOf } from './values.ts'

/** Whether a shell passes the words before the last one with their quotes; fish removes them. */
const IS_QUOTED: Readonly<Record<string, boolean>> = { bash: true, zsh: true, fish: false }

export async function printCompletions(
  commands: CommandTable,
  [shell = '', ...typed]: readonly string[],
  { env, stdout }: { readonly env: Env; readonly stdout: Pick<Output, 'write'> },
): Promise<void> {
  if (!Object.hasOwn(IS_QUOTED, shell) || typed.length === 0) return
  const last = typed.length - 1
  const words = typed.map((word, n) => (n === last || IS_QUOTED[shell] ? unquoted(word) : word))
  try {
    const { found, paths } = await completeLine(words, commands, listsOf(env))
    const lines = new Map(found.filter(isShown).map((one) => [one.value, lineOf(one)]))
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

/** A word without its quotes and backslashes, even if a quote is still open. */
function unquoted(word: string): string {
  return word.replace(
    /'([^']*)'?|"((?:\\.|[^"\\])*)\\?"?|\\(.?)/gs,
    (_, single?: string, double?: string, escaped?: string) =>
      single ?? double?.replace(/\\(["\\$`])/g, '$1') ?? escaped ?? '',
  )
}
