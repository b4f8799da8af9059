/**
 * A lane: ccr next to the peers, by size of the request, translated and passed through. A request to a
 * slow contestant may take longer than a round: then few requests are timed one by one.
 */
import { requestBody } from '../body.mjs'
import { toChat } from '../fidelity/chat.mjs'
import { fromHere, loader } from '../lib/load.mjs'
import { treeCpuMs, treeMiB } from '../lib/process.mjs'
import { medians } from '../lib/stats.mjs'

/** From which share of a round a request is too slow for it: with all connections, on one processor. */
const SLOW = 0.3
/** Warm-up of each contestant: what V8 has not compiled yet is slow. */
const WARM_UP = { kilobytes: 50, seconds: 8, count: 1_000 }
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
    run.slow ??= await isSlow(run, { connections, seconds })
    const before = pid === undefined ? 0 : treeCpuMs(pid)
    const few = { connections, seconds: 60, count: FEW * connections, headers }
    const { count, ...times } = run.slow
      ? await fromHere(url, body, few)
      : await load(url, { connections, seconds })
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

async function isSlow({ contestant, body, headers }, { connections, seconds }) {
  const once = { connections: 1, seconds: 60, count: 2, headers }
  const { p50ms } = await fromHere(contestant.url, body, once)
  return p50ms * connections > SLOW * seconds * 1000
}

function summary({ values, failed }) {
  if (failed !== undefined) return { failed }
  return { ...medians(values), requests: values.reduce((sum, { requests }) => sum + requests, 0) }
}

/** Sends some requests to each, so that rounds measure compiled code; what fails shows in the rounds. */
export async function warmUp(work, contestants) {
  const request = JSON.parse(requestBody(WARM_UP.kilobytes))
  for (const contestant of contestants) {
    const { body, headers } = runOf(work, contestant, { kilobytes: WARM_UP.kilobytes, request })
    const shape = { connections: 1, seconds: WARM_UP.seconds, count: WARM_UP.count, headers }
    await fromHere(contestant.url, body, shape).catch(() => {})
  }
}

/** Memory by name, MiB. */
export function peerMemory(contestants) {
  const running = contestants.filter(({ pid }) => pid !== undefined)
  return Object.fromEntries(running.map(({ name, pid }) => [name, treeMiB(pid)]))
}
