/** Command lines with words beside their options: `ccr model set think openrouter,o3 --force`. */
import { parseArgs } from 'node:util'
import { suggest } from '../lib/suggest.ts'
import { type Options, parseOptions, UsageError, type Values } from './command.ts'

export interface Arguments<O extends Options> {
  readonly words: readonly string[]
  readonly values: Values<O>
}

/** The words and the options of a command line, in any order. Throws UsageError. */
export async function parseArguments<O extends Options>(
  name: string,
  argv: readonly string[],
  options: O,
): Promise<Arguments<O>> {
  const { tokens } = parseArgs({ args: [...argv], options, strict: false, tokens: true })
  const positional = new Map(
    tokens.flatMap((token) =>
      token.kind === 'positional' ? [[token.index, token.value] as const] : [],
    ),
  )
  const rest = argv.filter((_, index) => !positional.has(index))
  return { words: [...positional.values()], values: await parseOptions(name, rest, options) }
}

/** Throws UsageError when there are more words than `most`. */
export function atMost(name: string, words: readonly string[], most: number): void {
  const extra = words[most]
  if (extra === undefined) return
  throw new UsageError(`ccr ${name}: unexpected argument '${extra}'.`, `See: ccr help ${name}`)
}

/** The entry of `actions` that the first word names. Throws UsageError with near matches. */
export function actionOf<T>(
  name: string,
  word: string | undefined,
  actions: Readonly<Record<string, T>>,
): T {
  const names = Object.keys(actions)
  if (word === undefined) {
    throw new UsageError(`ccr ${name}: say what to do.`, `Write one of: ${lines(name, names)}`)
  }
  const action = Object.hasOwn(actions, word) ? actions[word] : undefined
  if (action !== undefined) return action
  const near = suggest(word, names)
  const hint =
    near.length > 0 ? `Did you mean: ${lines(name, near)}?` : `Write one of: ${lines(name, names)}`
  throw new UsageError(`ccr ${name}: unknown word '${word}'.`, hint)
}

function lines(name: string, words: readonly string[]): string {
  return words.map((word) => `ccr ${name} ${word}`).join(', ')
}
