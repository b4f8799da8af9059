/** Prints a result as tables. */
import { judge } from './budgets.mjs'
import { added } from './lanes/latency.mjs'
import { printTable } from './lib/table.mjs'

const ms = (value) => `${value.toFixed(value < 10 ? 2 : 0)} ms`
const mib = (value) => `${value.toFixed(0)} MiB`

export function report(result) {
  const { latency, passThrough, throughput, growth } = result
  heading('Added latency p50, 1 connection; CPU time a request')
  latencyTable({ ...latency, '50 KB pass-through': passThrough })
  heading('Requests a second, 50 KB')
  rateTable(throughput)
  heading('Growth, 1 connection: p50 of ccr and of the relay')
  printTable([
    ['request', 'ccr', 'relay', 'ratio'],
    ...Object.entries(growth).map(([what, { ccr, relay }]) => [
      what,
      ms(ccr.p50ms),
      ms(relay.p50ms),
      (ccr.p50ms / relay.p50ms).toFixed(2),
    ]),
  ])
  streamTable(result.streams)
  startTable(result)
  memoryTable(result)
  budgetTable(result)
}

function heading(text) {
  console.log(`\n${text}`)
}

function latencyTable(lanes) {
  const rows = Object.entries(lanes).map(([what, lane]) => [
    what,
    ...['ccr', 'relay', 'proxy', 'peer'].map((name) => (lane[name] ? ms(added(lane, name)) : '')),
    lane.peer ? `1/${(added(lane, 'peer') / added(lane, 'ccr')).toFixed(1)}` : '',
    ms(lane.ccr.cpuMs),
    ms(lane.relay.cpuMs),
    lane.proxy ? ms(lane.proxy.cpuMs) : '',
    (lane.ccr.cpuMs / lane.relay.cpuMs).toFixed(2),
  ])
  const adds = ['ccr adds', 'relay adds', 'proxy adds', 'peer adds', 'ccr/peer']
  printTable([['request', ...adds, 'ccr CPU', 'relay CPU', 'proxy CPU', 'ccr/relay'], ...rows])
}

function rateTable(lanes) {
  const rows = Object.entries(lanes).map(([what, { ccr, relay, proxy, peer }]) => [
    what,
    ...[ccr, relay, proxy, peer].map((one) => (one ? one.perSecond.toFixed(0) : '')),
    peer ? `${(ccr.perSecond / peer.perSecond).toFixed(1)} x` : '',
  ])
  printTable([['', 'ccr', 'relay', 'proxy', 'peer', 'ccr/peer'], ...rows])
}

function streamTable(lanes) {
  heading('200 slow streams at once, 64 deltas each, one every 20 ms')
  printTable([
    ['', 'first delta', 'gap p50', 'gap p99', 'lost', 'CPU a delta'],
    ...Object.entries(lanes).map(([name, one]) => [
      name,
      ms(one.firstMs),
      ms(one.gapMs),
      ms(one.gapP99Ms),
      one.lost,
      name === 'direct' ? '' : `${one.cpuUsPerEvent.toFixed(0)} us`,
    ]),
  ])
}

function startTable({ commands, code }) {
  heading('Start times')
  printTable([
    ['', 'ccr', 'floor', 'peer'],
    ['ccr --version (floor: node -e 0)', ms(commands.version.ours), ms(commands.version.floor), ''],
    ['ccr sessions, two live', ms(commands.sessions.ours), ms(commands.sessions.floor), ''],
    ['ccr start until ready', ms(commands.start.ours), '', ''],
    ...['running', 'cold'].map((which) => [
      `ccr code until claude starts, session ${which === 'running' ? 'running' : 'not running'}`,
      ms(code[which].ours),
      '',
      code[which].peer ? ms(code[which].peer) : '',
    ]),
  ])
}

function memoryTable({ commands, code, memory, sessions }) {
  heading('Memory (RSS)')
  printTable([
    ['', 'ccr', 'floor', 'peer'],
    [
      'daemon, idle',
      mib(commands.idle.ours),
      mib(commands.idle.floor),
      memory.peer ? mib(memory.peer.idle) : '',
    ],
    ...['underLoad', 'afterwards'].map((when) => [
      when === 'underLoad' ? 'after the load above' : 'half a minute later',
      mib(memory.ccr[when]),
      mib(memory.relay[when]),
      memory.peer ? mib(memory.peer[when]) : '',
    ]),
    ['ccr code while claude runs', mib(code.launcher.ours), mib(code.launcher.floor), ''],
  ])
  for (const { count, upMs, answering, rssMiB, pssMiB, allMiB } of Object.values(sessions ?? {})) {
    console.log(
      `${count} sessions started at once: all up after ${(upMs / 1000).toFixed(1)} s, ${answering} answer, ${mib(rssMiB)} each (${mib(pssMiB)} of its own share), ${mib(allMiB)} in all`,
    )
  }
}

function budgetTable(result) {
  heading('Budgets')
  printTable([
    ['', 'is', 'may be', ''],
    ...judge(result).map(({ what, value, most, met }) => [
      what,
      shown(value),
      shown(most),
      met ? 'met' : 'MISSED',
    ]),
  ])
}

function shown(value) {
  if (value > 0 && value < 0.4) return `1/${(1 / value).toFixed(1)}`
  return Number.isInteger(value) ? String(value) : value.toFixed(value > 20 ? 0 : 2)
}
