/** The performance budgets of docs/performance.md, and which of them a result meets. */
import { added, FIRST_SIGHT } from './lanes/latency.mjs'

/** A value with its upper limit. */
const BUDGETS = [
  ['added latency, translated 50 KB: ccr / peer', 1 / 12, (r) => toPeer(r.latency['50 KB'])],
  ['added latency, translated 500 KB: ccr / peer', 1 / 20, (r) => toPeer(r.latency['500 KB'])],
  [
    'added latency, translated 50 KB, first sight: ccr / peer',
    1 / 12,
    (r) => toPeer(r.latency['50 KB'], FIRST_SIGHT),
  ],
  [
    'added latency, translated 500 KB, first sight: ccr / peer',
    1 / 20,
    (r) => toPeer(r.latency['500 KB'], FIRST_SIGHT),
  ],
  [
    'time a request at 16 connections, 50 KB: ccr / peer',
    1 / 15,
    (r) => rates(r.throughput['16 connections']),
  ],
  [
    'pass-through / translated, 50 KB: added latency',
    1,
    (r) => added(r.passThrough, 'ccr') / added(r.passThrough, 'translated', 'direct, translated'),
  ],
  ['idle memory of a daemon / an empty server', 1.75, (r) => ratio(r.commands.idle)],
  [
    'idle memory of a daemon / the peer',
    0.6,
    (r) => r.memory.peer && r.memory.ccr.idle / r.memory.peer.idle,
  ],
  ['ccr --version / node -e 0', 1.5, (r) => ratio(r.commands.version)],
  ['ccr sessions, two live / node -e 0', 1.5, (r) => ratio(r.commands.sessions)],
  ['ccr start until ready, ms', 400, (r) => r.commands.start.ours],
  ['ccr code, session running / peer', 1 / 3, (r) => r.code.running.ours / r.code.running.peer],
  ['ccr code, not running / peer', 1 / 4, (r) => r.code.cold.ours / r.code.cold.peer],
  [
    '100 sessions: those that do not answer',
    0,
    (r) => r.sessions && 100 - r.sessions['100'].answering,
  ],
  ['200 slow streams: lost deltas and cut streams', 0, (r) => r.streams.ccr.lost],
]

/** Rows `{what, most, value, met}`; `value` is undefined where it was not measured. */
export function judge(result) {
  return BUDGETS.map(([what, most, valueOf]) => {
    const value = valueOf(result)
    if (value === undefined || Number.isNaN(value))
      return { what, most, value: undefined, met: false }
    // Below zero: the floor or the peer was slower than what lies behind it, so the machine was busy.
    return { what, most, value, met: value >= 0 && value <= most }
  })
}

function ratio({ ours, floor }) {
  return ours / floor
}

function toPeer(lane, name = 'ccr') {
  return lane.peer && added(lane, name) / added(lane, 'peer')
}

function rates(lane) {
  return lane.peer && lane.peer.perSecond / lane.ccr.perSecond
}
