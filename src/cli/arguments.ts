/** Command lines with arguments and options: `ccr model set think openrouter,o3 --force`. */
import { parseArgs } from 'node:util'
import { suggest } from '../lib/suggest.ts'
import { type Options, parseOptions, UsageError, type Values } from './command.ts'

export interface Arguments<O extends Options> {
  readonly words: readonly string[]
  readonly values: Values<O>
}

/** Parses arguments and options in any order. Throws UsageError. */
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

/** Throws UsageError if there are more than `most` arguments. */
export function atMost(name: string, words: readonly string[], most: number): void {
  const extra = words[most]
  if (extra === undefined) return
  throw new UsageError(`ccr ${name}: unexpected argument '${extra}'.`, `See: ccr help ${name}`)
}

/** The action of a subcommand. Throws UsageError with suggestions. */
export function actionOf<T>(
  name: string,
  word: string | undefined,
  actions: Readonly<Record<string, T>>,
): T {
  const names = Object.keys(actions)
  if (word === undefined) {
    throw new UsageError(`ccr ${name} needs a subcommand.`, `Write one of: ${lines(name, names)}`)
  }
  const action = Object.hasOwn(actions, word) ? actions[word] : undefined
  if (action !== undefined) return action
  const near = suggest(word, names)
  const hint =
    near.length > 0 ? `Did you mean: ${lines(name, near)}?` : `Write one of: ${lines(name, names)}`
  throw new UsageError(`ccr ${name}: unknown subcommand '${word}'.`, hint)
}

function lines(name: string, words: readonly string[]): string {
  return words.map((word) => `ccr ${name} ${word}`).join(', ')
}
