import { table } from '../compare/table.ts'
import { count, usd } from '../compare/words.ts'
import type { Paint } from '../output.ts'
import { visible } from '../session-text.ts'
import type { Top, TopSession } from './look.ts'

const HEADINGS = ['running', 'clients', 'requests', 'input', 'output', 'tokens/s', 'cost today']

export function topText({ sessions, costToday, trouble }: Top, paint: Paint): string {
  const columns = [
    { heading: 'session' },
    { heading: 'model' },
    ...HEADINGS.map((heading) => ({ heading, align: 'end' as const })),
  ]
  const list =
    sessions.length === 0 ? 'No active sessions.\n' : table(columns, sessions.map(row), paint)
  const cost = costToday === null ? '' : `\nAll sessions today: ${usd(costToday)}\n`
  return `${list}${cost}${trouble === null ? '' : `\nNo figures of today: ${trouble}\n`}`
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
