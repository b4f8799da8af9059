/** A lane: added latency, throughput and CPU time per request, by size of the request and number of connections. */
import { conversation } from '../body.mjs'
import { loader, newSeed } from '../lib/load.mjs'
import { cpuMs } from '../lib/process.mjs'
import { medians, rounds } from '../lib/stats.mjs'

/**
 * @param contestants `{name, url, pid, isFirstSight}`; `direct` among them is the upstream itself.
 * @param shape `{kilobytes, tools, connections, count, seconds}`
 * @returns by name: `{p50ms, p99ms, perSecond, cpuMs}`, medians over the rounds.
 */
export async function latency(work, contestants, shape) {
  const { kilobytes, tools, connections = 1, count = 5, seconds = 1 } = shape
  const bodies = conversation(kilobytes, { tools })
  const load = loader(work, `body-${kilobytes}-${tools ?? ''}`, bodies)
  const seeds = Array.from({ length: count + 1 }, newSeed)
  const measured = await rounds(count, contestants, async ({ url, pid, isFirstSight }, round) => {
    const before = pid === undefined ? 0 : cpuMs(pid)
    const order = { seed: seeds[round], isFirstSight }
    const { count: requests, ...times } = await load(url, { connections, seconds, ...order })
    return { ...times, cpuMs: pid === undefined ? 0 : (cpuMs(pid) - before) / requests }
  })
  return Object.fromEntries(Object.entries(measured).map(([name, all]) => [name, medians(all)]))
}

/** A session of ccr once more, where each request is the first of a conversation. */
export function firstSight(ccr) {
  return { ...ccr, name: FIRST_SIGHT, isFirstSight: true }
}

export const FIRST_SIGHT = 'ccr, first sight'

/** The time that a contestant adds to that of its upstream, ms. */
export function added(lane, name, upstream = 'direct') {
  return lane[name].p50ms - (lane[upstream]?.p50ms ?? 0)
}
