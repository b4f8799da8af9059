/**
 * What the completion scripts ask for: `ccr __complete SHELL WORD…` with the words behind `ccr`, the
 * last of which is being typed. It prints a line for each value, with what it is behind a tab, and a
 * line that begins with a tab where paths may stand too. It reads files and nothing else, starts no
 * session, and is silent when something is wrong: nobody wants an error in the middle of a command
 * line.
 */
import { escapeControls } from '../../../lib/controls.ts'
import type { CommandTable, Output } from '../../command.ts'
import { oneLine } from '../../terminal/untrusted-text.ts'
import type { Env } from '../../../session/identity.ts'
import { completeLine, type Completion } from './line.ts'
import { listsOf } from './values.ts'

/** How a shell gives the words before the last one: fish has taken their quotes off. */
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
    // No config, or a broken one: there is nothing to complete.
  }
}

/** A line is a value: what cannot stand on one line of a terminal cannot be completed. */
function isShown({ value }: Completion): boolean {
  return !/[\r\n\t]/.test(value) && escapeControls(value) === value
}

function lineOf({ value, summary }: Completion): string {
  return summary === '' ? `${value}\n` : `${value}\t${oneLine(summary)}\n`
}

/** A word without its quotes and backslashes, also while a quote is still open. */
function unquoted(word: string): string {
  return word.replace(
    /'([^']*)'?|"((?:\\.|[^"\\])*)\\?"?|\\(.?)/gs,
    (_, single?: string, double?: string, escaped?: string) =>
      single ?? double?.replace(/\\(["\\$`])/g, '$1') ?? escaped ?? '',
  )
}
