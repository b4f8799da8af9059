#!/usr/bin/env node
/**
 * Half an hour of work for one daemon: 20 conversations that grow to a megabyte each, a mixed load over all
 * protocols with clients that disconnect and providers that fail, real model servers where they can be
 * had, and in between restarts and `kill -9`. Memory, descriptors and latency must be flat, no turn
 * may be lost, and every answer must have its usage record. Prints graphs and a table.
 *
 * npm run soak -- [--minutes N] [--scripted | --server ID…]
 *   --minutes N   30 by default
 *   --scripted    without real servers
 *   --server ID   only this one of the servers of npm run test:real
 *
 * Exit code: 1 if something grew or was lost, 2 for unknown arguments.
 */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { ccr } from './lib/contestants.mjs'
import { endAll, listening, sleep } from './lib/process.mjs'
import { converse } from './soak/conversations.mjs'
import { ccrLater, disturb, held, startClient } from './soak/daemon.mjs'
import { graph } from './soak/graph.mjs'
import { judgeHeld, judgeLatency, PARTS, table } from './soak/judge.mjs'
import { keepAsking } from './soak/load.mjs'
import { askReal, realProviders, startRealServers } from './soak/real.mjs'
import { startSoakSession } from './soak/session.mjs'

const SAMPLES = 120
/** One after the other, in the disturbed part of the run. */
const DISTURBANCES = ['restart', 'kill', 'restart', 'kill']
/** Records are written every half second: what was answered just before a `kill -9` may lack its own. */
const LOST_WITH_A_KILL_MS = 1_500

const { minutes, scripted, ids } = given()
const work = await mkdtemp(join(tmpdir(), 'ccr-soak-'))
let stopped = false
for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => (stopped = true))

const opened = []
try {
  const script = (name) => fileURLToPath(new URL(`soak/${name}`, import.meta.url))
  const [faulty, echo] = [
    await listening(script('upstream.mjs')),
    await listening(script('echo.mjs')),
  ]
  const { servers, missing } = scripted
    ? { servers: [], missing: [] }
    : await startRealServers(ids, (line) => console.log(line))
  for (const { running } of servers) opened.push(() => running.stop())
  const real = realProviders(servers)
  const session = await startSoakSession(work, {
    ...{ faultyPort: faulty.port, echoPort: echo.port },
    realProviders: real.map(({ provider }) => provider),
  })
  opened.push(() => ccr(session.home, ['stop', '--all', '--force']))
  const client = startClient(session.home)
  opened.push(() => client.stop())
  for (const line of missing) console.log(`Not run: ${line}`)
  const names = servers.map(({ title }) => title).join(', ') || 'none: only scripted upstreams'
  console.log(`Real servers: ${names}. ${minutes} minutes.`)
  process.exitCode = await soak(session, { real, floorUrl: `http://127.0.0.1:${echo.port}` })
} finally {
  for (const close of opened.reverse()) await Promise.resolve(close()).catch(() => undefined)
  await endAll()
  await rm(work, { recursive: true, force: true })
}

async function soak(session, { real, floorUrl }) {
  const { home, url, models, ways } = session
  const from = performance.now()
  const until = from + minutes * 60_000
  const goesOn = () => !stopped && performance.now() < until
  const loads = Promise.all([
    converse({ url, ways, floorUrl, minutes, goesOn }),
    keepAsking(url, models, goesOn),
    askReal(url, real, goesOn),
  ])
  const watched = await watch(session, { from, until, goesOn })
  const [talks, counts, asked] = await loads
  // Until the last records are written.
  await sleep(2_000)
  const recorded = await recordedAnswers(home, ways)
  return report({ talks, counts, asked, watched, recorded, from, until })
}

/** Samples of what the daemon holds, with restarts and kills in between. */
async function watch({ home, pid: first }, { from, until, goesOn }) {
  let pid = first
  const samples = []
  const disturbances = []
  const [begin, end] = PARTS.disturbed.map((part) => from + part * (until - from))
  const due = DISTURBANCES.map((kind, n) => ({
    kind,
    at: begin + ((end - begin) * n) / DISTURBANCES.length,
  }))
  while (goesOn()) {
    await sleep((until - from) / SAMPLES)
    if (due[0] && performance.now() >= due[0].at) {
      const { kind } = due.shift()
      const at = performance.now()
      const done = await disturb(kind, { home, pid })
      pid = done.pid
      disturbances.push({ kind, at, ms: done.ms })
    }
    const now = held(pid)
    if (now) samples.push({ at: performance.now(), ...now })
  }
  return { samples, disturbances }
}

/** Answers of the conversations that usage.db has. */
async function recordedAnswers(home, ways) {
  const { groups } = JSON.parse(await ccrLater(home, ['usage', '--by', 'model', '--json']))
  const names = ways.map(({ model }) => model)
  return groups
    .filter(({ key }) => names.includes(key))
    .reduce((sum, { requests, errors, aborted }) => sum + requests - errors - aborted, 0)
}

function report({ talks, counts, asked, watched, recorded, from, until }) {
  const { samples, disturbances } = watched
  const steady = samples.filter(({ at }) => at >= from + PARTS.steady[0] * (until - from))
  const lines = [...judgeHeld(steady), ...judgeLatency(talks.latencies, { from, until })]
  for (const [field, title] of [
    ['rss', 'memory of the daemon, MiB'],
    ['sockets', 'sockets'],
    ['files', 'other descriptors'],
  ]) {
    console.log(`\n${title}\n${graph(samples.map((sample) => sample[field]))}`)
  }
  const did = disturbances.map(
    ({ kind, at, ms }) => `${kind} at ${minuteOf(at - from)} (${ms.toFixed(0)} ms)`,
  )
  console.log(`\nRestarts and kills: ${did.join(', ') || 'none'}`)
  console.log(`Mixed load: ${list(counts)}`)
  for (const [title, each] of Object.entries(asked)) console.log(`${title}: ${list(each)}`)
  const { turns, tries, aborted, lost, problems } = talks
  console.log(
    `Conversations: ${turns} turns, ${tries} tries, ${aborted} given up and sent again, ${lost} lost`,
  )
  for (const problem of problems.slice(0, 10)) console.log(`  ${problem}`)
  const kills = disturbances.filter(({ kind }) => kind === 'kill')
  const mayLack = talks.latencies.filter(({ at, ms }) =>
    kills.some((kill) => Math.abs(kill.at - at - ms) < LOST_WITH_A_KILL_MS),
  ).length
  const lacking = Math.max(0, turns - lost - recorded)
  console.log(
    `Usage records: ${recorded} of ${turns - lost} answers (${mayLack} may lack with a kill)`,
  )
  console.log(`\n${table(lines)}`)
  const realIsFine = Object.values(asked).every((each) => isFine(each, disturbances.length))
  const isWhole = lost === 0 && turns > 0 && lacking <= mayLack && (counts.unexpected ?? 0) === 0
  const isFlat = lines.every((line) => line.isFlat)
  const passed = isWhole && isFlat && realIsFine
  console.log(`\n${passed ? 'Flat, and nothing was lost.' : 'FAILED: something grew or was lost.'}`)
  return passed ? 0 : 1
}

/** Whether a real server answered, and failed no more often than the daemon was restarted or killed. */
function isFine({ whole = 0, 'hung up': hungUp = 0, ...failed }, disturbances) {
  const failures = Object.values(failed).reduce((sum, count) => sum + count, 0)
  return whole > 0 && failures <= Math.max(disturbances, (whole + hungUp) / 20)
}

function list(counts) {
  return Object.entries(counts)
    .map(([what, count]) => `${what} ${count}`)
    .join(', ')
}

function minuteOf(ms) {
  return `${(ms / 60_000).toFixed(1)} min`
}

/** The arguments; ends the process if they are wrong. */
function given() {
  try {
    const { values } = parseArgs({
      options: {
        minutes: { type: 'string', default: '30' },
        scripted: { type: 'boolean', default: false },
        server: { type: 'string', multiple: true },
      },
    })
    const number = Number(values.minutes)
    if (!(number >= 1 && number <= 1_440))
      throw new Error('--minutes needs a number from 1 to 1440')
    return { minutes: number, scripted: values.scripted, ids: values.server }
  } catch (thrown) {
    console.error(
      `${thrown.message}\nWrite: npm run soak -- [--minutes N] [--scripted | --server ID…]`,
    )
    return process.exit(2)
  }
}
