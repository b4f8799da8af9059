#!/usr/bin/env node
/**
 * Measures speed, footprint and fidelity in one run: ccr, a bare relay (the floor), nginx (the bound)
 * and other gateways (bench/peers/, installed into a cache folder), all with one instant upstream, in
 * turn, round after round. Prints tables and which budgets are met, and writes everything to a file.
 * Best with Debian's nginx-light and wrk installed. A lane (bench/lanes/) is one group of measurements.
 *
 * `node bench/run.mjs [--quick] [--peers NAME,NAME | --no-peers] [--only LANE,LANE] [--no-sessions]
 * [--json FILE] [--write]`
 * - `--quick`: a third of the rounds.
 * - `--peers`: these peers only; `--no-peers`: none. `the peer` of the core lanes is router-v2.
 * - `--only`: of the lanes `core`, `speed` (of the peers) and `fidelity`.
 * - `--write`: the tables into docs/performance.md, too; `node bench/write.mjs RESULT` does it later.
 */
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { cpus, tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { judge } from './budgets.mjs'
import { compare } from './compare.mjs'
import { code } from './lanes/code.mjs'
import { commands } from './lanes/commands.mjs'
import { firstSight, latency } from './lanes/latency.mjs'
import { sessions } from './lanes/sessions.mjs'
import { streams } from './lanes/streams.mjs'
import { PATHS } from './lib/answers.mjs'
import { askedOnce, startCcr, startRelay } from './lib/contestants.mjs'
import { hasWrk } from './lib/load.mjs'
import { hasNginx, startNginx, startProxy } from './lib/nginx.mjs'
import { endAll, listening, rssMiB, sleep } from './lib/process.mjs'
import { printTable } from './lib/table.mjs'
import { chosen, installAll } from './peers/index.mjs'
import { startPeer } from './peers/start.mjs'
import { tablesOf } from './report.mjs'
import { DOCUMENT, writeTables } from './write.mjs'

const args = process.argv.slice(2)
/** The number of rounds of a lane. */
const times = (count) => (args.includes('--quick') ? Math.ceil(count / 3) : count)
const LANES = ['core', 'speed', 'fidelity']
const lanes = listAfter('--only') ?? LANES
const named = listAfter('--peers')
const peers = args.includes('--no-peers') ? [] : chosen(named)
const file = args.includes('--json') ? args[args.indexOf('--json') + 1] : 'bench-result.json'
const work = await mkdtemp(join(tmpdir(), 'ccr-bench-'))
const sessionsOf = []

for (const signal of ['SIGINT', 'SIGTERM'])
  process.once(signal, () => void close().then(() => process.exit(1)))

try {
  const begun = performance.now()
  const result = await measure()
  for (const { title, rows } of tablesOf(result)) {
    console.log(`\n${title}`)
    printTable(rows)
  }
  const budgets = result.latency ? { budgets: judge(result) } : {}
  await writeFile(file, JSON.stringify({ ...result, ...budgets }, null, 2))
  const minutes = ((performance.now() - begun) / 60_000).toFixed(1)
  console.log(`\nAll of it, measured in ${minutes} minutes: ${file}`)
  if (args.includes('--write')) await written(result)
  process.exitCode = wrongIn(result).length > 0 ? 1 : 0
} finally {
  await close()
}

async function close() {
  for (const { stop } of sessionsOf.splice(0)) stop()
  await endAll()
  await rm(work, { recursive: true, force: true })
}

/** The checks in which ccr itself is wrong; each is a bug. */
function wrongIn(result) {
  const verdicts = Object.entries(result.peers?.fidelity.ccr ?? {})
  const wrong = verdicts.filter(([, { right }]) => right !== true)
  for (const [name, { seen }] of wrong) console.log(`ccr is wrong: ${name}: ${seen}`)
  return wrong
}

async function written(result) {
  const missing = await writeTables(result)
  console.log(`written: ${DOCUMENT}`)
  if (missing.length > 0) console.log(`no place there for ${missing.join(', ')}`)
}

function listAfter(flag) {
  return args.includes(flag) ? args[args.indexOf(flag) + 1].split(',') : undefined
}

async function measure() {
  const script = fileURLToPath(new URL('upstream.mjs', import.meta.url))
  const { port: paced } = await listening(script)
  const port = hasNginx() ? await startNginx(work) : paced
  step(`upstream: ${hasNginx() ? 'nginx' : 'Node'}; load: ${hasWrk() ? 'wrk' : 'undici'}`)
  const installed = await installAll(peers, { named: named !== undefined, say: step })
  const machine = { cpus: cpus().length, node: process.version, at: new Date().toISOString() }
  const core = lanes.includes('core') ? await measureCore({ port, paced, installed }) : {}
  const compared = peers.length > 0 || lanes.includes('fidelity')
  const setting = { ...installed, count: times(3), port, step, lanes, open }
  return { machine, ...core, ...(compared ? { peers: await compare(work, setting) } : {}) }
}

async function measureCore({ port, paced, installed }) {
  const url = (path) => `http://127.0.0.1:${port}${path}`
  const chat = url(PATHS.chat)
  const ours = await open(await startCcr(work, chat))
  const theirs = installed.ready.find(({ peer }) => peer.name === 'router-v2')
  const peer = theirs ? [await openPeer(theirs, url(''))] : []
  const floor = await startRelay(chat)
  const proxy = hasNginx() ? [await startProxy(work, chat)] : []
  const all = [{ name: 'direct', url: chat }, ...proxy, floor, ours, ...peer]
  await askedOnce([...proxy, floor, ours])
  await sleep(1_000)
  const idle = memoryOf(all)
  const loaded = [...all, firstSight(ours)]
  const growing = [floor, ours, firstSight(ours)]

  const sizes = {}
  for (const [kilobytes, count] of [
    [5, 5],
    [50, 9],
    [500, 7],
  ]) {
    step(`added latency, ${kilobytes} KB`)
    sizes[`${kilobytes} KB`] = await latency(work, loaded, { kilobytes, count: times(count) })
  }
  const throughput = {}
  for (const connections of [1, 16, 64]) {
    step(`throughput, ${connections} connections`)
    const shape = { kilobytes: 50, connections, count: times(5), seconds: 2 }
    throughput[`${connections} connections`] = await latency(work, loaded, shape)
  }
  const growth = {}
  for (const kilobytes of [50, 200, 1000, 4000]) {
    step(`growth, ${kilobytes} KB`)
    growth[`${kilobytes} KB`] = await latency(work, growing, { kilobytes, count: times(3) })
  }
  for (const tools of [10, 50, 200]) {
    step(`growth, ${tools} tools`)
    growth[`${tools} tools`] = await latency(work, growing, {
      kilobytes: 5,
      tools,
      count: times(3),
    })
  }
  const underLoad = memoryOf(all)

  step('pass-through')
  const through = url(PATHS.messages)
  const passing = await open(await startCcr(work, through, 'ccr-messages'))
  const passThrough = await latency(
    work,
    [
      { name: 'direct', url: through },
      floor,
      { ...passing, name: 'ccr' },
      firstSight(passing),
      { name: 'direct, translated', url: chat },
      { ...ours, name: 'translated' },
    ],
    { kilobytes: 50, count: times(9) },
  )

  step('slow streams')
  const slow = `http://127.0.0.1:${paced}/slow${PATHS.chat}`
  const slowCcr = await open(await startCcr(work, slow, 'ccr-slow'))
  const slowRelay = await startRelay(slow)
  const streamed = [{ name: 'direct', url: slow }, slowRelay, { ...slowCcr, name: 'ccr' }]
  const slowStreams = await streams(streamed, { count: times(3) })

  step('commands')
  const commandTimes = await commands(work)
  step('ccr code')
  const codeTimes = await code(work, chat, { peer: theirs?.bin })
  step('memory half a minute later')
  await sleep(30_000)
  const afterwards = memoryOf(all)
  const many = {}
  for (const count of args.includes('--no-sessions') ? [] : [10, 100]) {
    step(`${count} sessions`)
    many[count] = await sessions(work, count)
  }
  const memory = Object.fromEntries(
    Object.keys(idle).map((name) => [
      name,
      { idle: idle[name], underLoad: underLoad[name], afterwards: afterwards[name] },
    ]),
  )
  return {
    latency: sizes,
    throughput,
    passThrough,
    growth,
    streams: slowStreams,
    commands: commandTimes,
    code: codeTimes,
    memory,
    ...(many[100] ? { sessions: many } : {}),
  }
}

/** The old router, as `peer` of the core lanes. */
async function openPeer({ peer, bin }, upstream) {
  return { ...(await startPeer(peer, bin, { work, upstream })), name: 'peer' }
}

async function open(contestant) {
  sessionsOf.push(contestant)
  return contestant
}

function memoryOf(contestants) {
  const running = contestants.filter(({ pid }) => pid !== undefined)
  return Object.fromEntries(running.map(({ name, pid }) => [name, rssMiB(pid)]))
}

function step(text) {
  process.stderr.write(`${new Date().toISOString().slice(11, 19)} ${text}\n`)
}
