#!/usr/bin/env node
/**
 * Hours of work in minutes: a daemon under a steady mixed load over all protocols, with clients that
 * disconnect and providers that fail. Its memory, sockets and descriptors must not grow in the end.
 * Prints graphs as text; exits with 1 if something grew. `SOAK_SECONDS` (600).
 */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { ccr } from './lib/contestants.mjs'
import { cpuMs, descriptors, endAll, listening, rssMiB, sleep } from './lib/process.mjs'
import { median } from './lib/stats.mjs'
import { graph } from './soak/graph.mjs'
import { keepAsking } from './soak/load.mjs'
import { startSoakSession } from './soak/session.mjs'

const SECONDS = Number(process.env.SOAK_SECONDS ?? 600)
const SAMPLES = 60
/** How much the last fifth of the run may exceed the fifth after the warm-up. */
const MAY_GROW = { rss: 12, sockets: 6, files: 2 }

const work = await mkdtemp(join(tmpdir(), 'ccr-soak-'))
let session
let stopped = false
for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => (stopped = true))

try {
  const script = fileURLToPath(new URL('soak/upstream.mjs', import.meta.url))
  const upstream = await listening(script)
  session = await startSoakSession(work, upstream.port)
  process.exitCode = await soak(session)
} finally {
  if (session) ccr(session.home, ['stop', '--all', '--force'])
  await endAll()
  await rm(work, { recursive: true, force: true })
}

async function soak({ url, pid, models }) {
  const until = performance.now() + SECONDS * 1000
  const goesOn = () => !stopped && performance.now() < until
  const load = keepAsking(url, models, goesOn)
  const samples = await watch(pid, goesOn)
  const counts = await load
  const cpu = cpuMs(pid)
  const total = Object.values(counts).reduce((sum, one) => sum + one, 0)
  console.log(`${total} requests in ${SECONDS} s (${(cpu / total).toFixed(2)} ms of CPU each):`)
  console.log(
    Object.entries(counts)
      .map(([what, count]) => `${what} ${count}`)
      .join(', '),
  )
  return judge(samples) && (counts.unexpected ?? 0) === 0 ? 0 : 1
}

async function watch(pid, goesOn) {
  const samples = []
  while (goesOn()) {
    await sleep((SECONDS * 1000) / SAMPLES)
    const { all, sockets } = descriptors(pid)
    samples.push({ rss: rssMiB(pid), sockets, files: all - sockets })
  }
  return samples
}

/** Prints the graphs; true if nothing grew. */
function judge(samples) {
  const fifth = Math.max(1, Math.floor(samples.length / 5))
  const whole = Object.entries({
    rss: 'memory, MiB',
    sockets: 'sockets',
    files: 'other descriptors',
  })
  return whole
    .map(([field, title]) => {
      const values = samples.map((sample) => sample[field])
      const [before, after] = [values.slice(fifth, 2 * fifth), values.slice(-fifth)].map(median)
      const flat = after - before <= MAY_GROW[field]
      const verdict = flat ? 'flat' : `GREW (may by ${MAY_GROW[field]})`
      console.log(
        `\n${title}: ${before.toFixed(0)} after the warm-up, ${after.toFixed(0)} at the end: ${verdict}`,
      )
      console.log(graph(values))
      return flat
    })
    .every(Boolean)
}
