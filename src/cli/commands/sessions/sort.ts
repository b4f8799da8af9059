/** The sort orders of `ccr sessions`. */
import type { SessionView } from '../../../session/probe.ts'
import { mostFirst } from '../../terminal/sort-order.ts'
import { servedText } from '../../client/session-text.ts'

export const ORDERS = ['session', 'model', 'port', 'clients', 'requests', 'uptime'] as const
export type Order = (typeof ORDERS)[number]

const WEIGHTS: Readonly<
  Record<Exclude<Order, 'session' | 'model'>, (view: SessionView) => number | null>
> = {
  // Ports are listed in ascending order.
  port: ({ port }) => (port === null ? null : -port),
  clients: ({ referenceCount }) => referenceCount,
  requests: ({ served }) => served,
  uptime: ({ uptimeMs }) => uptimeMs,
}

/** The sessions in their default order, by model, or by the highest value. */
export function sorted(views: readonly SessionView[], order: Order): readonly SessionView[] {
  if (order === 'session') return views
  if (order === 'model') {
    return views.toSorted((a, b) => servedText(a).localeCompare(servedText(b)))
  }
  return mostFirst(views, WEIGHTS[order])
}
