/** The orders in which `ccr top` lists sessions. */
import type { TopSession } from './look.ts'

export const ORDERS = ['session', 'model', 'running', 'requests', 'tokens', 'cost'] as const
export type Order = (typeof ORDERS)[number]

const WEIGHTS: Readonly<
  Record<Exclude<Order, 'session' | 'model'>, (session: TopSession) => number>
> = {
  running: ({ running }) => running ?? -1,
  requests: ({ requests }) => requests,
  tokens: ({ input, output }) => input + output,
  cost: ({ cost }) => cost ?? -1,
}

/** The sessions by name, or the one with the most first; equals stay as they were. */
export function sorted(sessions: readonly TopSession[], order: Order): readonly TopSession[] {
  if (order === 'session') return sessions
  if (order === 'model') {
    const name = ({ model, modelPreference }: TopSession): string => model ?? modelPreference
    return sessions.toSorted((a, b) => name(a).localeCompare(name(b)))
  }
  const weight = WEIGHTS[order]
  return sessions.toSorted((a, b) => weight(b) - weight(a))
}

/** What the next press of `s` sorts by. */
export function nextOrder(order: Order): Order {
  return ORDERS[(ORDERS.indexOf(order) + 1) % ORDERS.length] ?? 'session'
}
