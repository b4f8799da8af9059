/**
 * Generates load: repeats one request over some connections for some time. Debian's `wrk` does it if
 * installed, as it takes almost no CPU from what is measured; otherwise this process does.
 */
import { spawn, spawnSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Agent, request } from 'undici'
import { median } from './stats.mjs'

const TYPE = { 'content-type': 'application/json' }
const KEY = { 'x-api-key': 'k' }

export function hasWrk() {
  return spawnSync('wrk', ['-v']).error === undefined
}

/**
 * A function that loads URLs with this body: `(url, {connections, seconds}) => {p50ms, p99ms, perSecond, count}`.
 * @param headers those of the requests, beyond the type of the content.
 */
export function loader(work, name, body, headers = KEY) {
  if (!hasWrk()) return (url, shape) => fromHere(url, body, { ...shape, headers })
  const load = byWrk(work, name, body, headers)
  return async (url, shape) => {
    const result = await load(url, shape)
    if (result.count > 0) return result
    // Not one request was answered in that time: one on each connection is.
    return fromHere(url, body, { ...shape, seconds: 60, count: shape.connections, headers })
  }
}

function byWrk(work, name, body, extra) {
  const file = join(work, `${name}.body`)
  const script = join(work, `${name}.lua`)
  writeFileSync(file, body)
  const headers = Object.entries({ ...TYPE, ...extra }).map(
    ([key, value]) => `wrk.headers["${key}"]="${value}"`,
  )
  writeFileSync(
    script,
    `wrk.method="POST" local f=io.open("${file}") wrk.body=f:read("*a") f:close() ${headers.join(' ')}
done=function(s,l,r) io.write(string.format("\\n=%d %d %d %d %d\\n", s.requests, s.duration,
l:percentile(50), l:percentile(99), s.errors.status+s.errors.connect+s.errors.read+s.errors.timeout)) end`,
  )
  return async (url, { connections, seconds }) => {
    const args = ['-t1', '--timeout', '30s', `-c${connections}`, `-d${seconds}s`, '-s', script, url]
    const child = spawn('wrk', args, { stdio: ['ignore', 'pipe', 'inherit'] })
    let text = ''
    for await (const part of child.stdout) text += part
    const [count, us, p50, p99, bad] = /\n=(.*)/.exec(text)[1].split(' ').map(Number)
    if (bad > 0) throw new Error(`${url}: ${bad} of ${count} requests failed`)
    return { p50ms: p50 / 1000, p99ms: p99 / 1000, perSecond: count / (us / 1e6), count }
  }
}

/** The same without `wrk`; ends after at most `count` requests. */
export async function fromHere(url, body, shape) {
  const { connections, seconds, count = Infinity, headers = KEY } = shape
  const agent = new Agent({ connections })
  const times = []
  let sent = 0
  const begun = performance.now()
  const until = begun + seconds * 1000
  await Promise.all(
    Array.from({ length: connections }, async () => {
      while (performance.now() < until && sent < count) {
        sent += 1
        times.push(await timed(url, body, agent, headers))
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
