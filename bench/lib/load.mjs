/**
 * Generates load: conversations over some connections for some time (../body.mjs). Debian's `wrk` does it if
 * installed, as it takes almost no CPU from what is measured; otherwise this process does.
 */
import { spawn, spawnSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Agent, request } from 'undici'
import { sequence, sequenceInLua } from '../body.mjs'
import { median } from './stats.mjs'

const TYPE = { 'content-type': 'application/json' }
const KEY = { 'x-api-key': 'k' }

export function hasWrk() {
  return spawnSync('wrk', ['-v']).error === undefined
}

let seeds = 0

/** A seed for a round: all contestants of a round get the same bodies, and no other round gets them. */
export function newSeed() {
  seeds += 1
  return `r${seeds}`
}

/**
 * A function that loads URLs with these bodies: `(url, {connections, seconds, seed, isFirstSight}) =>
 * {p50ms, p99ms, perSecond, count}`.
 * @param bodies a conversation, which is repeated with another first message.
 * @param headers those of the requests, beyond the type of the content.
 */
export function loader(work, name, bodies, headers = KEY) {
  if (!hasWrk()) return (url, shape) => fromHere(url, bodies, { ...shape, headers })
  const load = byWrk(work, name, bodies, headers)
  return async (url, shape) => {
    const result = await load(url, shape)
    if (result.count > 0) return result
    // Not one request was answered in that time: one on each connection is.
    return fromHere(url, bodies, { ...shape, seconds: 60, count: shape.connections, headers })
  }
}

function byWrk(work, name, bodies, extra) {
  const script = join(work, `${name}.lua`)
  const files = bodies.map((_, turn) => join(work, `${name}.${turn}.body`))
  for (const [turn, file] of files.entries()) writeFileSync(file, bodies[turn])
  const headers = Object.entries({ ...TYPE, ...extra }).map(
    ([key, value]) => `wrk.headers["${key}"]="${value}"`,
  )
  writeFileSync(
    script,
    `wrk.method="POST" ${headers.join(' ')}
${sequenceInLua(files)}
done=function(s,l,r) io.write(string.format("\\n=%d %d %d %d %d\\n", s.requests, s.duration,
l:percentile(50), l:percentile(99), s.errors.status+s.errors.connect+s.errors.read+s.errors.timeout)) end`,
  )
  return async (url, { connections, seconds, seed = newSeed(), isFirstSight = false }) => {
    const options = ['-t1', '--timeout', '30s', `-c${connections}`, `-d${seconds}s`, '-s', script]
    const order = [seed, String(connections), isFirstSight ? 'first' : 'growing']
    const child = spawn('wrk', [...options, url, '--', ...order], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    let text = ''
    for await (const part of child.stdout) text += part
    const [count, us, p50, p99, bad] = /\n=(.*)/.exec(text)[1].split(' ').map(Number)
    if (bad > 0) throw new Error(`${url}: ${bad} of ${count} requests failed`)
    return { p50ms: p50 / 1000, p99ms: p99 / 1000, perSecond: count / (us / 1e6), count }
  }
}

/** The same without `wrk`; ends after at most `count` requests. */
export async function fromHere(url, bodies, shape) {
  const { connections, seconds, count = Infinity, headers = KEY } = shape
  const next = sequence(bodies, { seed: newSeed(), ...shape })
  const agent = new Agent({ connections })
  const times = []
  let sent = 0
  const begun = performance.now()
  const until = begun + seconds * 1000
  await Promise.all(
    Array.from({ length: connections }, async () => {
      while (performance.now() < until && sent < count) {
        sent += 1
        times.push(await timed(url, Buffer.from(next()), agent, headers))
      }
    }),
  )
  const took = (performance.now() - begun) / 1000
  await agent.close()
  const sorted = times.toSorted((a, b) => a - b)
  return {
    p50ms: median(sorted),
    p99ms: sorted[Math.floor(sorted.length * 0.99)],
    perSecond: times.length / took,
    count: times.length,
  }
}

async function timed(url, body, dispatcher, extra) {
  const before = performance.now()
  const headers = { ...TYPE, ...extra }
  const answer = await request(url, { method: 'POST', dispatcher, body, headers })
  const text = await answer.body.text()
  if (answer.statusCode !== 200) {
    throw new Error(`${url}: ${answer.statusCode} ${text.slice(0, 300)}`)
  }
  return performance.now() - before
}
