/** A result as tables: `{name, title, rows}`, the first row holds the headings. */
import { judge } from './budgets.mjs'
import { added, FIRST_SIGHT } from './lanes/latency.mjs'
import { peerTables } from './peers/report.mjs'

const ms = (value) => `${value.toFixed(value < 10 ? 2 : 0)} ms`
const mib = (value) => `${value.toFixed(0)} MiB`
const count = (value) => Math.round(value).toLocaleString('en-US')

/** All tables that the measured lanes give. */
export function tablesOf(result) {
  return [
    ...(result.latency ? coreTables(result) : []),
    ...(result.peers ? peerTables(result.peers) : []),
  ]
}

function coreTables(result) {
  return [
    table('budgets', 'Budgets', budgetRows(result)),
    table('latency', 'Added latency p50, 1 connection; CPU time a request', latencyRows(result)),
    table('throughput', 'Requests a second, 50 KB', rateRows(result)),
    table('growth', 'Growth, 1 connection: p50 of ccr and of the relay', growthRows(result)),
    table(
      'streams',
      '200 slow streams at once, 64 deltas each, one every 20 ms',
      streamRows(result),
    ),
    table('start', 'Start times', startRows(result)),
    table('memory', 'Resident memory', memoryRows(result)),
    ...(result.sessions ? [table('sessions', 'Many sessions', sessionRows(result))] : []),
  ]
}

function table(name, title, rows) {
  return { name, title, rows }
}

function latencyRows({ latency, passThrough }) {
  const lanes = { ...latency, '50 KB, pass-through': passThrough }
  const rows = Object.entries(lanes).map(([what, lane]) => [
    what,
    ...['ccr', FIRST_SIGHT, 'relay', 'proxy', 'peer'].map((name) =>
      lane[name] ? ms(added(lane, name)) : '',
    ),
    lane.peer ? `1/${(added(lane, 'peer') / added(lane, 'ccr')).toFixed(0)}` : '',
    ms(lane.ccr.cpuMs),
    ms(lane[FIRST_SIGHT].cpuMs),
    ms(lane.relay.cpuMs),
    lane.proxy ? ms(lane.proxy.cpuMs) : '',
    (lane.ccr.cpuMs / lane.relay.cpuMs).toFixed(2),
  ])
  const adds = [
    'ccr adds (p50)',
    'at first sight',
    'relay adds',
    'proxy adds',
    'peer adds',
    'ccr / peer',
  ]
  return [
    ['request', ...adds, 'CPU time: ccr', 'at first sight', 'relay', 'proxy', 'ccr / relay'],
    ...rows,
    ['50 KB, translated, in the same turns', ...translated(passThrough)],
  ]
}

/** The translated requests that took turns with those that passed through. */
function translated(lane) {
  const time = added(lane, 'translated', 'direct, translated')
  const { cpuMs } = lane.translated
  const ratio = (cpuMs / lane.relay.cpuMs).toFixed(2)
  return [ms(time), '', '', '', '', '', ms(cpuMs), '', '', '', ratio]
}

function rateRows({ throughput }) {
  const rows = Object.entries(throughput).map(([what, lane]) => [
    what.replace(/^1 connections/, '1 connection'),
    ...['ccr', FIRST_SIGHT, 'relay', 'proxy', 'peer'].map((name) =>
      lane[name] ? count(lane[name].perSecond) : '',
    ),
    lane.peer ? `${(lane.ccr.perSecond / lane.peer.perSecond).toFixed(0)} x` : '',
  ])
  const heads = ['ccr', 'at first sight', 'relay', 'proxy', 'peer', 'ccr / peer']
  return [['requests a second, 50 KB', ...heads], ...rows]
}

function growthRows({ growth }) {
  const rows = Object.entries(growth).map(([what, lane]) => [
    what,
    ms(lane.ccr.p50ms),
    ms(lane[FIRST_SIGHT].p50ms),
    ms(lane.relay.p50ms),
    (lane.ccr.p50ms / lane.relay.p50ms).toFixed(2),
    (lane[FIRST_SIGHT].p50ms / lane.relay.p50ms).toFixed(2),
  ])
  const heads = ['ccr', 'at first sight', 'relay', 'ccr / relay', 'first sight / relay']
  return [['request', ...heads], ...rows]
}

function streamRows({ streams }) {
  const rows = Object.entries(streams).map(([name, one]) => [
    name === 'direct' ? 'the upstream itself' : name,
    ms(one.firstMs),
    ms(one.gapMs),
    ms(one.gapP99Ms),
    one.lost,
    name === 'direct' ? '' : `${one.cpuUsPerEvent.toFixed(0)} us`,
  ])
  return [['', 'first delta', 'gap p50', 'gap p99', 'lost', 'CPU a delta'], ...rows]
}

function startRows({ commands, code }) {
  return [
    ['time', 'ccr', 'floor', 'peer'],
    ['`ccr --version` (floor: `node -e 0`)', ...pair(commands.version), ''],
    ['`ccr sessions`, two live', ...pair(commands.sessions), ''],
    ['`ccr start` until ready', ms(commands.start.ours), '', ''],
    ...['running', 'cold'].map((which) => [
      `\`ccr code\` until claude starts, ${which === 'running' ? 'running' : 'not running'}`,
      ms(code[which].ours),
      '',
      code[which].peer ? ms(code[which].peer) : '',
    ]),
  ]
}

function pair({ ours, floor }) {
  return [ms(ours), ms(floor)]
}

function memoryRows({ commands, code, memory }) {
  const peers = (when) => (memory.peer ? mib(memory.peer[when]) : '')
  return [
    ['resident memory', 'ccr', 'floor', 'peer'],
    [
      'daemon, idle (floor: an empty server)',
      mib(commands.idle.ours),
      mib(commands.idle.floor),
      peers('idle'),
    ],
    ...['underLoad', 'afterwards'].map((when) => [
      when === 'underLoad' ? 'after all the load above (floor: the relay)' : 'half a minute later',
      mib(memory.ccr[when]),
      mib(memory.relay[when]),
      peers(when),
    ]),
    [
      '`ccr code` while claude runs (floor: an idle Node)',
      mib(code.launcher.ours),
      mib(code.launcher.floor),
      '',
    ],
  ]
}

function sessionRows({ sessions }) {
  const rows = Object.values(sessions).map(({ count, upMs, answering, rssMiB, pssMiB, allMiB }) => [
    count,
    `${(upMs / 1000).toFixed(1)} s`,
    answering,
    mib(rssMiB),
    mib(pssMiB),
    `${(allMiB / 1024).toFixed(1)} GiB`,
  ])
  const heads = [
    'sessions started at once',
    'all up after',
    'answer',
    'each',
    'of its own share',
    'in all',
  ]
  return [heads, ...rows]
}

function budgetRows(result) {
  const rows = judge(result).map(({ what, value, most, met }) => [
    what,
    value === undefined ? 'not measured' : shown(value),
    shown(most),
    value === undefined ? '' : met ? 'met' : 'MISSED',
  ])
  return [['what', 'is', 'may be', ''], ...rows]
}

function shown(value) {
  if (value > 0 && value < 0.4) return `1/${(1 / value).toFixed(1)}`
  return Number.isInteger(value) ? String(value) : value.toFixed(value > 20 ? 0 : 2)
}
