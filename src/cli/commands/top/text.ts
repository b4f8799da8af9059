/** The table of `ccr top` and its sort orders. */
import { mostFirst } from '../../terminal/sort-order.ts'
import type { TopSnapshot, TopSession } from './snapshot.ts'
import { count, usd } from '../../terminal/format.ts'
import { visible } from '../../terminal/untrusted-text.ts'
import { type Column, type TableStyle, table } from '../../terminal/table.ts'

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

/** The sessions by name, or by the highest value; the order of equal ones is kept. */
export function sorted(sessions: readonly TopSession[], order: Order): readonly TopSession[] {
  if (order === 'session') return sessions
  if (order === 'model') {
    const name = ({ model, modelPreference }: TopSession): string => model ?? modelPreference
    return sessions.toSorted((a, b) => name(a).localeCompare(name(b)))
  }
  return mostFirst(sessions, WEIGHTS[order])
}

const COLUMNS: readonly Column[] = [
  { heading: 'session', spare: 2 },
  { heading: 'model', cut: 'middle' },
  { heading: 'running', align: 'end', spare: 1 },
  { heading: 'clients', align: 'end', spare: 7 },
  { heading: 'requests', align: 'end', spare: 3 },
  { heading: 'input', align: 'end', spare: 6 },
  { heading: 'output', align: 'end', spare: 5 },
  { heading: 'tokens/s', align: 'end', spare: 4 },
  { heading: 'cost today', align: 'end' },
]

export function topText(
  { sessions, costToday, trouble, faults }: TopSnapshot,
  style: TableStyle,
  order: Order = 'session',
): string {
  const rows = sorted(sessions, order).map(row)
  const none = faults.length === 0 ? 'No active sessions.\n' : ''
  const list = rows.length === 0 ? none : table(COLUMNS, rows, style)
  const hidden = faults.map((fault) => `\n${fault}\n`).join('')
  const cost = costToday === null ? '' : `\nAll sessions today: ${usd(costToday)}\n`
  return `${list}${cost}${trouble === null ? '' : `\nNo figures for today: ${trouble}\n`}${hidden}`
}

function row(session: TopSession): string[] {
  const { sessionId, modelPreference, model, running, clients, tokensPerSecond } = session
  return [
    sessionId,
    visible(model ?? (modelPreference === '' ? 'default' : modelPreference)),
    running === null ? session.state : String(running),
    clients === null ? '-' : String(clients),
    String(session.requests),
    count(session.input),
    count(session.output),
    tokensPerSecond === null ? '-' : tokensPerSecond.toFixed(1),
    session.cost === null ? '-' : `${usd(session.cost)}${session.unpriced > 0 ? '+' : ''}`,
  ]
}
