/** The orders in which `ccr top` lists sessions. */
import { mostFirst } from '../../terminal/sort-order.ts'
import type { TopSession } from './look.ts'

export const ORDERS = ['session', 'model', 'running', 'requests', 'tokens', 'cost'] as const
export type Order = (typeof ORDERS)[number]

const WEIGHTS: Readonly<
  Record<Exclude<Order, 'session' | 'model'>, (session: TopSession) => number | null>
> = {
  running: ({ running }) => running,
  requests: ({ requests }) => requests,
  tokens: ({ input, output }) => input + output,
  cost: ({ cost }) => cost,
}

/** The sessions by name, or the one with the most first; equals stay as they were. */
export function sorted(sessions: readonly TopSession[], order: Order): readonly TopSession[] {
  if (order === 'session') return sessions
  if (order === 'model') {
    const name = ({ model, modelPreference }: TopSession): string => model ?? modelPreference
    return sessions.toSorted((a, b) => name(a).localeCompare(name(b)))
  }
  return mostFirst(sessions, WEIGHTS[order])
}
