/**
 * Conversations as Claude Code has them: each turn sends everything again, until a megabyte is reached and
 * the next conversation begins. They are staggered, so that all sizes are under way at any time. A request
 * that fails is sent again, as the client does; some are given up in the middle by their user.
 */
import { setTimeout as later } from 'node:timers/promises'
import { Agent, request } from 'undici'
import { requestBody } from '../body.mjs'
import { mark, whole } from './marks.mjs'

const CONVERSATIONS = 20
const MOST_BYTES = 1_000_000
/** Of each turn: what a tool gave. */
const TURN_BYTES = 50_000
const TURNS = MOST_BYTES / TURN_BYTES
/** Every so many turns the user presses Esc, and asks again. */
const ESC_EVERY = 7
/** Every so many turns the same bytes also go to the upstream itself: the floor of the latency. */
const FLOOR_EVERY = 3
/** How long a turn is tried again, ms: the client gives up later. */
const PATIENCE_MS = 60_000

/**
 * Runs them until `goesOn` says no.
 * @returns `{turns, tries, aborted, lost, problems, latencies}`: latencies of turns that needed one try,
 * `{at, way, ms, firstMs, floorMs?}`, ms; `at` is a moment of `performance.now()`.
 */
export async function converse({ url, ways, floorUrl, minutes, goesOn }) {
  const agent = new Agent({ connections: CONVERSATIONS * 2 })
  const seen = { turns: 0, tries: 0, aborted: 0, lost: 0, problems: [], latencies: [] }
  const pauseMs = Math.min(15_000, Math.max(3_000, (minutes * 60_000) / (2 * TURNS)))
  const scope = { url, floorUrl, agent, seen, goesOn, pauseMs }
  await Promise.all(
    Array.from({ length: CONVERSATIONS }, (_, n) => {
      const way = ways[n % ways.length]
      return lineOf(scope, { n, way, first: Math.round((n * TURNS) / CONVERSATIONS) })
    }),
  )
  await agent.close()
  return seen
}

/** One conversation after the other. `first`: the turns with which the first one begins. */
async function lineOf(scope, { n, way, first }) {
  const { goesOn, pauseMs } = scope
  const startedAt = performance.now() + (n * pauseMs) / CONVERSATIONS
  let count = 0
  for (let generation = 0; goesOn(); generation += 1) {
    const name = `soak-${n}-${generation}`
    const body = JSON.parse(requestBody(20))
    body.model = way.model
    body.metadata = { user_id: JSON.stringify({ session_id: name }) }
    body.messages = []
    const until = generation === 0 ? TURNS - first : TURNS
    for (let turn = 1; generation === 0 && turn <= first; turn += 1) grow(body, name, turn)
    for (let turn = 1; turn <= until && goesOn(); turn += 1) {
      const turns = TURNS - until + turn
      grow(body, name, turns)
      // In step with the clock: a slow answer delays no other one.
      await later(Math.max(0, startedAt + count * pauseMs - performance.now()))
      count += 1
      await take(scope, { name, turns, way, body: JSON.stringify(body), count: count + n })
    }
  }
}

function grow(body, name, turn) {
  const id = `toolu_${turn}`
  const words = Array.from({ length: TURN_BYTES / 10 }, (_, n) =>
    ((turn * 7_919 + n * 104_729) % 1_000_003).toString(36).padEnd(9, 'e'),
  )
  const result = `${mark(name, turn)} ${words.join(' ')}`
  if (turn === 1) {
    body.messages.push({ role: 'user', content: [{ type: 'text', text: result }] })
    return
  }
  const call = { type: 'tool_use', id, name: 'Tool1', input: { path: `/file${turn}` } }
  body.messages.push(
    { role: 'assistant', content: [{ type: 'text', text: 'Looking.' }, call] },
    { role: 'user', content: [{ type: 'tool_result', tool_use_id: id, content: result }] },
  )
}

/** One turn, until it is answered. */
async function take(scope, turn) {
  const { seen, agent, floorUrl } = scope
  seen.turns += 1
  if (turn.count % ESC_EVERY === 0) await giveUp(scope, turn)
  const startedAt = performance.now()
  for (let tries = 1; ; tries += 1) {
    seen.tries += 1
    const got = await send(scope.url, agent, turn)
    if (got.isWhole) {
      const { ms, firstMs } = got
      const hasFloor = tries === 1 && turn.count % FLOOR_EVERY === 0
      const floor = hasFloor ? await send(`${floorUrl}${turn.way.path}`, agent, turn) : undefined
      if (tries === 1) {
        const floorMs = floor?.isWhole ? floor.ms : undefined
        seen.latencies.push({ at: startedAt, way: turn.way.name, ms, firstMs, floorMs })
      }
      return
    }
    if (!got.mayRetry || performance.now() - startedAt > PATIENCE_MS) {
      seen.lost += 1
      seen.problems.push(`${turn.name} turn ${turn.turns} (${turn.way.name}): ${got.problem}`)
      return
    }
    await later(Math.min(200 * 2 ** tries, 4_000))
  }
}

async function giveUp({ url, agent, seen }, turn) {
  seen.aborted += 1
  const abort = new globalThis.AbortController()
  // Under another model, so that its usage record is not taken for that of the turn.
  const body = turn.body.replace(`"model":"${turn.way.model}"`, `"model":"${turn.way.givenUp}"`)
  const onFirst = () => abort.abort()
  await send(url, agent, { ...turn, body }, { signal: abort.signal, onFirst })
}

/** What came of a request; it never throws. */
async function send(url, agent, { name, turns, body }, { signal, onFirst } = {}) {
  const startedAt = performance.now()
  const headers = {
    'content-type': 'application/json',
    'x-api-key': 'k',
    'anthropic-version': '2023-06-01',
    'x-claude-code-session-id': name,
  }
  try {
    const answer = await request(url, { method: 'POST', dispatcher: agent, headers, body, signal })
    let firstMs
    let text = ''
    for await (const chunk of answer.body) {
      firstMs ??= performance.now() - startedAt
      text += chunk
      onFirst?.()
    }
    const ms = performance.now() - startedAt
    const { statusCode: status } = answer
    const hasEnd = text.includes('message_stop') || text.includes('[DONE]')
    if (status === 200 && hasEnd && !text.includes('event: error')) {
      const isWhole = text.includes(whole(name, turns))
      // An answer about something else is no failure that a retry would mend.
      return isWhole ? { isWhole, ms, firstMs } : { problem: `answered: ${text.slice(0, 300)}` }
    }
    const mayRetry = status >= 500 || status === 429 || status === 200
    return { mayRetry, problem: `status ${status}: ${text.slice(-300)}` }
  } catch (thrown) {
    return { mayRetry: true, problem: String(thrown) }
  }
}
