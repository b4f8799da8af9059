/**
 * A lane: ccr next to the peers, by size of the request, translated and passed through. A request to a
 * slow contestant may take longer than a round: then few requests are timed one by one.
 */
import { requestBody } from '../body.mjs'
import { toChat } from '../fidelity/chat.mjs'
import { fromHere, loader } from '../lib/load.mjs'
import { treeCpuMs, treeMiB } from '../lib/process.mjs'
import { medians } from '../lib/stats.mjs'

/** From which time a request is timed one by one, ms. */
const SLOW_MS = 300
/** Requests of such a round. */
const FEW = 3

/**
 * @param contestants `{name, url, pid, front, model, headers}`; `direct` among them is the upstream itself.
 * @param shape `{kilobytes, connections, count, seconds}`
 * @returns by name: `{p50ms, p99ms, perSecond, cpuMs, requests}`, medians over the rounds and the number
 *   of requests, or `{failed}` with the reason.
 */
export async function peerSpeed(work, contestants, shape) {
  const { kilobytes, connections = 1, count = 3, seconds = 1 } = shape
  const request = JSON.parse(requestBody(kilobytes))
  const runs = contestants.map((contestant) => runOf(work, contestant, { kilobytes, request }))
  for (let round = 0; round <= count; round += 1) {
    for (const run of runs) {
      if (run.failed !== undefined) continue
      const value = await measured(run, { connections, seconds })
      if (round > 0 && value !== undefined) run.values.push(value)
    }
  }
  return Object.fromEntries(runs.map((run) => [run.contestant.name, summary(run)]))
}

function runOf(work, contestant, { kilobytes, request }) {
  const { name, front, model = 'm', headers = { 'x-api-key': 'k' } } = contestant
  const named = { ...request, model }
  const body = JSON.stringify(front === 'chat' ? toChat(named) : named)
  const load = loader(work, `peers-${name}-${kilobytes}`, body, headers)
  return { contestant, body, headers, load, values: [] }
}

async function measured(run, { connections, seconds }) {
  const { contestant, body, headers, load } = run
  const { url, pid } = contestant
  try {
    run.slow ??= await isSlow(run)
    const before = pid === undefined ? 0 : treeCpuMs(pid)
    const few = { connections, seconds: 60, count: FEW * connections, headers }
    const { count, ...times } = run.slow
      ? await fromHere(url, body, few)
      : await load(url, { connections, seconds })
    if (count === 0) throw new Error('no request within a round')
    const used = pid === undefined ? 0 : treeCpuMs(pid) - before
    return { ...times, cpuMs: used / count, requests: count }
  } catch (error) {
    run.failed = error.message
      .replaceAll(url, '')
      .replace(/^[:\s]+/, '')
      .slice(0, 80)
    return undefined
  }
}

async function isSlow({ contestant, body, headers }) {
  const once = { connections: 1, seconds: 60, count: 2, headers }
  const { p50ms } = await fromHere(contestant.url, body, once)
  return p50ms > SLOW_MS
}

function summary({ values, failed }) {
  if (failed !== undefined) return { failed }
  return { ...medians(values), requests: values.reduce((sum, { requests }) => sum + requests, 0) }
}

/** Memory by name, MiB. */
export function peerMemory(contestants) {
  const running = contestants.filter(({ pid }) => pid !== undefined)
  return Object.fromEntries(running.map(({ name, pid }) => [name, treeMiB(pid)]))
}
