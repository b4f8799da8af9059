/** Clients that send one request after the other, of all protocols and sizes, streamed or not; some disconnect early. */
import { setTimeout } from 'node:timers'
import { setTimeout as later } from 'node:timers/promises'
import { Agent, request } from 'undici'
import { requestBody } from '../body.mjs'

const CLIENTS = 4
/** Between the requests of one client, ms: the conversations beside them are measured. */
const PAUSE_MS = 100

/** Sends requests until it is stopped; gives the number of requests by outcome. */
export async function keepAsking(url, models, goesOn) {
  const bodies = [5, 50, 200].map((kilobytes) => JSON.parse(requestBody(kilobytes)))
  const counts = {}
  const agent = new Agent({ connections: CLIENTS })
  let n = 0
  await Promise.all(
    Array.from({ length: CLIENTS }, async () => {
      while (goesOn()) {
        n += 1
        const ending = await askOnce({ url, agent, n, models, bodies })
        counts[ending] = (counts[ending] ?? 0) + 1
        await later(PAUSE_MS)
      }
    }),
  )
  await agent.close()
  return counts
}

async function askOnce({ url, agent, n, models, bodies }) {
  const body = {
    ...bodies[n % 7 === 0 ? 2 : n % 2],
    model: models[n % models.length],
    // A forwarded request keeps its `stream`, and the upstream only streams.
    stream: n % 5 !== 0 || models[n % models.length].startsWith('anthropic'),
    // Some requests begin a new conversation: the state that is kept for each must be bounded.
    metadata: { user_id: JSON.stringify({ session_id: `soak-${n % 3 === 0 ? n : n % 12}` }) },
  }
  const abort = new globalThis.AbortController()
  if (n % 11 === 0) setTimeout(() => abort.abort(), n % 20)
  try {
    const headers = {
      'content-type': 'application/json',
      'x-api-key': 'k',
      'x-claude-code-session-id': `soak-${n % 3 === 0 ? n : n % 12}`,
    }
    const options = { method: 'POST', dispatcher: agent, headers, signal: abort.signal }
    const answer = await request(url, { ...options, body: JSON.stringify(body) })
    const text = await answer.body.text()
    if (answer.statusCode !== 200) return `status ${answer.statusCode}`
    if (text.includes('event: error')) return 'ended in an error event'
    const isWhole = body.stream
      ? text.includes('event: message_stop')
      : JSON.parse(text).type === 'message'
    return isWhole ? 'whole' : 'unexpected'
  } catch {
    return abort.signal.aborted ? 'hung up' : 'broken off'
  }
}
