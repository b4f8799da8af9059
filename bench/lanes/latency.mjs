/** A lane: added latency, throughput and CPU time per request, by size of the request and number of connections. */
import { requestBody } from '../body.mjs'
import { loader } from '../lib/load.mjs'
import { cpuMs } from '../lib/process.mjs'
import { medians, rounds } from '../lib/stats.mjs'

/**
 * @param contestants `{name, url, pid}`; `direct` among them is the upstream itself.
 * @param shape `{kilobytes, tools, connections, count, seconds}`
 * @returns by name: `{p50ms, p99ms, perSecond, cpuMs}`, medians over the rounds.
 */
export async function latency(work, contestants, shape) {
  const { kilobytes, tools, connections = 1, count = 5, seconds = 1 } = shape
  const load = loader(work, `body-${kilobytes}-${tools ?? ''}`, requestBody(kilobytes, tools))
  const measured = await rounds(count, contestants, async ({ url, pid }) => {
    const before = pid === undefined ? 0 : cpuMs(pid)
    const { count: requests, ...times } = await load(url, { connections, seconds })
    return { ...times, cpuMs: pid === undefined ? 0 : (cpuMs(pid) - before) / requests }
  })
  return Object.fromEntries(Object.entries(measured).map(([name, all]) => [name, medians(all)]))
}

/** The time that a contestant adds to that of its upstream, ms. */
export function added(lane, name, upstream = 'direct') {
  return lane[name].p50ms - (lane[upstream]?.p50ms ?? 0)
}
