/** What must stay flat in a soak, and by how much it may grow (pure). */
import { median, quantile } from '../lib/stats.mjs'

/** How much more the last fifth of the steady part may hold than the fifth after its warm-up. */
export const MAY_GROW = { rss: 16, sockets: 8, files: 3 }
const TITLES = { rss: 'memory, MiB', sockets: 'sockets', files: 'other descriptors' }
/** How many times the time of the start the end may take. */
const MAY_SLOW = 1.35
/** Differences below this are noise, ms. */
const NOISE_MS = 5

/** A line of the table: `{title, before, after, limit, isFlat}`, texts but for the last. */
export function judgeHeld(samples) {
  const fifth = Math.max(1, Math.floor(samples.length / 5))
  return Object.entries(TITLES).map(([field, title]) => {
    const values = samples.map((sample) => sample[field])
    const [before, after] = [values.slice(fifth, 2 * fifth), values.slice(-fifth)].map(median)
    const most = MAY_GROW[field]
    return {
      title,
      before: before.toFixed(0),
      after: after.toFixed(0),
      limit: `+${most}`,
      isFlat: after - before <= most,
    }
  })
}

/** In which parts of the run things happen, from 0 to 1. */
export const PARTS = {
  /** After the warm-up and before the first disturbance. */
  start: [0.05, 0.25],
  disturbed: [0.25, 0.55],
  steady: [0.6, 1],
  end: [0.8, 1],
}

/**
 * Compares the turns of the start and the end of the run, for each way; sizes are alike in both. If the
 * floor got slower, so did the machine, and the limit grows with it.
 */
export function judgeLatency(latencies, { from, until }) {
  const [first, last] = [PARTS.start, PARTS.end].map(([a, b]) =>
    latencies.filter(({ at }) => at >= from + a * (until - from) && at < from + b * (until - from)),
  )
  return [...new Set(latencies.map(({ way }) => way))].flatMap((way) => {
    const [before, after] = [first, last].map((list) =>
      figures(list.filter((one) => one.way === way)),
    )
    if (before === undefined || after === undefined) {
      return [{ title: way, before: '-', after: '-', limit: 'some turns', isFlat: false }]
    }
    const slower = Math.max(1, after.floor / before.floor)
    const allowed = before.median * slower * MAY_SLOW + NOISE_MS
    return [
      {
        title: `${way} turn, ms: median (95 %; floor)`,
        before: textOf(before),
        after: textOf(after),
        limit: `${allowed.toFixed(0)}`,
        isFlat: after.median <= allowed,
      },
    ]
  })
}

function figures(list) {
  const floors = list.flatMap(({ floorMs }) => (floorMs === undefined ? [] : [floorMs]))
  if (list.length === 0 || floors.length === 0) return undefined
  const all = list.map(({ ms }) => ms)
  return { median: median(all), slow: quantile(all, 0.95), floor: median(floors) }
}

const textOf = ({ median, slow, floor }) =>
  `${median.toFixed(0)} (${slow.toFixed(0)}; ${floor.toFixed(0)})`

/** The lines as a Markdown table. */
export function table(lines) {
  const rows = lines.map(({ title, before, after, limit, isFlat }) =>
    [title, before, after, limit, isFlat ? 'flat' : '**grew**'].join(' | '),
  )
  const head = '| | start | end | limit | |\n| --- | --- | --- | --- | --- |'
  return `${head}\n${rows.map((row) => `| ${row} |`).join('\n')}`
}
