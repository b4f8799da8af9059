/** The sort orders of `ccr usage`. */
import type { Group, Grouping } from '../../../store/usage.ts'
import { mostFirst, orderOf } from '../../terminal/sort-order.ts'

const WEIGHTS = {
  cost: ({ cost }) => cost,
  requests: ({ requests }) => requests,
  tokens: ({ input, output, cacheRead, cacheWrite }) => input + output + cacheRead + cacheWrite,
  input: ({ input, cacheRead, cacheWrite }) => input + cacheRead + cacheWrite,
  output: ({ output }) => output,
  cached: ({ cacheRead }) => cacheRead,
  // Fastest first.
  'first-token': ({ ttftMs }) => (ttftMs === null ? null : -ttftMs),
  speed: ({ tokensPerSecond }) => tokensPerSecond,
  // Most recently used first.
  time: ({ to }) => to,
} as const satisfies Readonly<Record<string, (group: Group) => number | null>>

type Weight = keyof typeof WEIGHTS

/** Values of `--sort`. `model`, like any value of `--by`, sorts by name. */
export const SORTS: readonly (Weight | 'model')[] = [
  ...(Object.keys(WEIGHTS) as readonly Weight[]),
  'model',
]

/** Sorts groups. Groups without the value come last; the order of equal ones is kept. */
export type Sorting = (groups: readonly Group[]) => readonly Group[]

/** The sorting of `--sort`. Throws UsageError for an unknown value. */
export function sortingOf(word: string | undefined, by: Grouping): Sorting {
  if (word === undefined) return (groups) => groups
  if (word === by) return byName
  const name = orderOf('usage', word, SORTS)
  if (name === 'model') return byName
  return (groups) => mostFirst(groups, WEIGHTS[name])
}

const byName: Sorting = (groups) => groups.toSorted((a, b) => a.key.localeCompare(b.key))
