/** The orders in which `ccr usage` lists its groups. */
import type { Group, Grouping } from '../../../store/usage.ts'
import { mostFirst, orderOf } from '../../terminal/sort-order.ts'

const WEIGHTS = {
  cost: ({ cost }) => cost,
  requests: ({ requests }) => requests,
  tokens: ({ input, output, cacheRead, cacheWrite }) => input + output + cacheRead + cacheWrite,
  input: ({ input, cacheRead, cacheWrite }) => input + cacheRead + cacheWrite,
  output: ({ output }) => output,
  cached: ({ cacheRead }) => cacheRead,
  // The fastest first.
  'first-token': ({ ttftMs }) => (ttftMs === null ? null : -ttftMs),
  speed: ({ tokensPerSecond }) => tokensPerSecond,
  // The last used first.
  time: ({ to }) => to,
} as const satisfies Readonly<Record<string, (group: Group) => number | null>>

type Weight = keyof typeof WEIGHTS

/** Words for `--sort`; `model`, like every word for `--by`, is the name of what is listed. */
export const SORTS: readonly (Weight | 'model')[] = [
  ...(Object.keys(WEIGHTS) as readonly Weight[]),
  'model',
]

/** Puts groups into an order; what has no such value comes last, equals stay as they were. */
export type Sorting = (groups: readonly Group[]) => readonly Group[]

/** Throws UsageError for a word that names no order. */
export function sortingOf(word: string | undefined, by: Grouping): Sorting {
  if (word === undefined) return (groups) => groups
  if (word === by) return byName
  const name = orderOf('usage', word, SORTS)
  if (name === 'model') return byName
  return (groups) => mostFirst(groups, WEIGHTS[name])
}

const byName: Sorting = (groups) => groups.toSorted((a, b) => a.key.localeCompare(b.key))
