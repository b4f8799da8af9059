/** A lane: many slow streams at once, with 64 deltas each, one every 20 ms, started at different times. */
import { requestBody } from '../body.mjs'
import { cpuMs, sleep } from '../lib/process.mjs'
import { readStream } from '../lib/stream-client.mjs'
import { medians, quantile, rounds } from '../lib/stats.mjs'

const DELTAS = 64
/** The period over which the streams start, ms. */
const BEGIN_MS = 500

/** @returns by name: `{firstMs, gapMs, gapP99Ms, lost, cut, cpuUsPerEvent}` */
export async function streams(contestants, { count = 3, concurrent = 200 } = {}) {
  const body = requestBody(5)
  const measured = await rounds(count, contestants, async ({ url, pid }) => {
    const before = pid === undefined ? 0 : cpuMs(pid)
    const all = await Promise.all(
      Array.from({ length: concurrent }, async (_, n) => {
        await sleep((n * BEGIN_MS) / concurrent)
        return readStream(url, body)
      }),
    )
    const gaps = all.flatMap(({ gapsMs }) => gapsMs)
    const used = pid === undefined ? 0 : cpuMs(pid) - before
    return {
      firstMs: quantile(
        all.map(({ firstMs }) => firstMs),
        0.5,
      ),
      gapMs: quantile(gaps, 0.5),
      gapP99Ms: quantile(gaps, 0.99),
      lost: concurrent * DELTAS - all.reduce((sum, { deltas }) => sum + deltas, 0),
      cut: all.filter(({ ended }) => !ended).length,
      cpuUsPerEvent: (used * 1000) / (concurrent * DELTAS),
    }
  })
  const results = Object.entries(measured).map(([name, all]) => {
    const lost = all.reduce((sum, one) => sum + Math.abs(one.lost) + one.cut, 0)
    return [name, { ...medians(all), lost }]
  })
  return Object.fromEntries(results)
}
