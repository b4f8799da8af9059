/**
 * A lane: ccr next to the peers, by size of the request, translated and passed through. All get the same
 * conversations in the same order. A request to a slow contestant may take longer than a round: then few
 * requests are timed one by one. A contestant that does not answer in full is not measured.
 */
import { conversation } from '../body.mjs'
import { toChat } from '../fidelity/chat.mjs'
import { answerTo } from '../fidelity/client.mjs'
import { fromHere, loader, newSeed } from '../lib/load.mjs'
import { treeCpuMs, treeMiB } from '../lib/process.mjs'
import { medians } from '../lib/stats.mjs'

/** From which share of a round a request is too slow for it: with all connections, on one processor. */
const SLOW = 0.3
/** Warm-up of each contestant: what V8 has not compiled yet is slow. */
const WARM_UP = { kilobytes: 50, seconds: 8, count: 1_000 }
/** Requests of such a round. */
const FEW = 3

/**
 * @param contestants `{name, url, pid, front, answers, model, headers, isFirstSight}`; `direct` among them is
 *   the upstream itself. `answers`: the protocol of its answers where it is not that of `front`.
 * @param shape `{kilobytes, connections, count, seconds}`
 * @returns by name: `{p50ms, p99ms, perSecond, cpuMs, requests}`, medians over the rounds and the number
 *   of requests, or `{failed}` with the reason.
 */
export async function peerSpeed(work, contestants, shape) {
  const { kilobytes, connections = 1, count = 3, seconds = 1 } = shape
  const runs = contestants.map((contestant) => runOf(work, contestant, kilobytes))
  const probe = newSeed()
  for (const run of runs) run.failed = await failureOf(run)
  for (let round = 0; round <= count; round += 1) {
    const seed = newSeed()
    for (const run of runs) {
      if (run.failed !== undefined) continue
      const value = await measured(run, { connections, seconds, seed, probe })
      if (round > 0 && value !== undefined) run.values.push(value)
    }
  }
  return Object.fromEntries(runs.map((run) => [run.contestant.name, summary(run)]))
}

function runOf(work, contestant, kilobytes) {
  const { name, front, model = 'm', headers = { 'x-api-key': 'k' } } = contestant
  const write = (request) => {
    const named = { ...request, model }
    return JSON.stringify(front === 'chat' ? toChat(named) : named)
  }
  const bodies = conversation(kilobytes, { write })
  const load = loader(work, `peers-${name.replace(/\W+/g, '-')}-${kilobytes}`, bodies, headers)
  return { contestant, bodies, headers, load, values: [] }
}

/** Undefined, or why a contestant's answer to a request of this size is not the upstream's. */
async function failureOf({ contestant, bodies }) {
  const { status, end, error, blocks, text } = await answerTo(contestant, bodies[0], 60_000)
  if (status === 0) return text
  if (status !== 200) return `status ${status}`
  if (end === 'error') return `an error: ${String(error?.message ?? error?.type).slice(0, 60)}`
  if (end !== 'whole') return 'its answer has no end'
  const words = blocks.map(({ text }) => text ?? '').join('')
  return words === WORDS ? undefined : 'its answer is not what the upstream wrote'
}

/** What the instant upstreams answer. */
const WORDS = Array.from({ length: 8 }, (_, n) => `word ${n} `).join('')

async function measured(run, { connections, seconds, seed, probe }) {
  const { contestant, bodies, headers, load } = run
  const { url, pid, isFirstSight } = contestant
  const order = { connections, seed, isFirstSight }
  try {
    run.slow ??= await isSlow(run, { connections, seconds, seed: probe })
    const before = pid === undefined ? 0 : treeCpuMs(pid)
    const few = { ...order, seconds: 60, count: FEW * connections, headers }
    const { count, ...times } = run.slow
      ? await fromHere(url, bodies, few)
      : await load(url, { ...order, seconds })
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

async function isSlow({ contestant, bodies, headers }, { connections, seconds, seed }) {
  const once = { connections: 1, seconds: 60, count: 2, headers, seed }
  const { p50ms } = await fromHere(contestant.url, bodies, once)
  return p50ms * connections > SLOW * seconds * 1000
}

function summary({ values, failed }) {
  if (failed !== undefined) return { failed }
  return { ...medians(values), requests: values.reduce((sum, { requests }) => sum + requests, 0) }
}

/** Sends some requests to each, so that rounds measure compiled code; what fails shows in the rounds. */
export async function warmUp(work, contestants) {
  const seed = newSeed()
  for (const contestant of contestants) {
    const { bodies, headers } = runOf(work, contestant, WARM_UP.kilobytes)
    const { isFirstSight } = contestant
    const shape = { ...WARM_UP, connections: 1, headers, seed, isFirstSight }
    await fromHere(contestant.url, bodies, shape).catch(() => {})
  }
}

/** Memory by name, MiB; a session that is measured twice counts once. */
export function peerMemory(contestants) {
  const running = contestants.filter(({ pid, isFirstSight }) => pid !== undefined && !isFirstSight)
  return Object.fromEntries(running.map(({ name, pid }) => [name, treeMiB(pid)]))
}
