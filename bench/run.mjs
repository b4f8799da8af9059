#!/usr/bin/env node
/**
 * Added latency and throughput of ccr beside the peer (Claude Code Router 2.0.0, from the npm
 * registry, in a folder of its own) and beside a bare relay, all against one instant upstream.
 * The lanes take turns in every round, so that a slow moment of the machine hits all alike.
 * `node bench/run.mjs [--no-peer] [--json FILE]`
 */
import { spawn, spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Agent, request } from 'undici'
import { requestBody } from './body.mjs'

const here = fileURLToPath(new URL('.', import.meta.url))
const CCR = join(here, '../dist/ccr.js')
const PEER = '@musistudio/claude-code-router@2.0.0'
const args = process.argv.slice(2)
const work = await mkdtemp(join(tmpdir(), 'ccr-bench-'))
const started = []

try {
  const upstream = await listening([join(here, 'upstream.mjs')])
  const chat = `http://127.0.0.1:${upstream}/v1/chat/completions`
  const lanes = {
    upstream: `http://127.0.0.1:${upstream}/v1/chat/completions`,
    relay: `http://127.0.0.1:${await listening([join(here, 'relay.mjs'), chat])}/v1/messages`,
    ccr: await startCcr(chat),
    ...(args.includes('--no-peer') ? {} : { peer: await startPeer(chat) }),
  }
  const result = await measure(lanes)
  report(result)
  const file = args[args.indexOf('--json') + 1]
  if (args.includes('--json')) await writeFile(file, JSON.stringify(result, null, 2))
} finally {
  spawnSync(process.execPath, [CCR, 'stop', '--all', '--force'], { env: ccrEnv() })
  for (const child of started) child.kill('SIGKILL')
  await rm(work, { recursive: true, force: true })
}

/** Rounds of every lane in turn; medians over the rounds. */
async function measure(lanes) {
  const result = {}
  for (const kilobytes of [5, 50, 500]) {
    const body = requestBody(kilobytes)
    const rounds = kilobytes > 100 ? 5 : 9
    const sequential = kilobytes > 100 ? 12 : 40
    const times = collect(lanes)
    const rates = collect(lanes)
    for (let round = 0; round <= rounds; round += 1) {
      for (const [lane, url] of Object.entries(lanes)) {
        const one = await latency(
          url,
          body,
          lane === 'peer' ? Math.ceil(sequential / 4) : sequential,
        )
        const many = await throughput(url, body, lane === 'peer' ? 16 : 96)
        if (round === 0) continue
        times[lane].push(one)
        rates[lane].push(many)
      }
    }
    result[`${kilobytes} KB`] = Object.fromEntries(
      Object.keys(lanes).map((lane) => [
        lane,
        { p50ms: median(times[lane]), perSecond: median(rates[lane]) },
      ]),
    )
  }
  result.memory = Object.fromEntries(
    await Promise.all(started.map(async (child) => [child.label, await rssMiB(child.pid)])),
  )
  return result
}

function report(result) {
  const lanes = Object.keys(result['50 KB'])
  for (const [size, values] of Object.entries(result)) {
    if (size === 'memory') continue
    console.log(`\n${size}: added latency p50 (1 connection), requests per second (16 connections)`)
    const base = values.upstream.p50ms
    for (const lane of lanes.slice(1)) {
      const { p50ms, perSecond } = values[lane]
      const toPeer = values.peer
        ? `  peer/this ${((values.peer.p50ms - base) / (p50ms - base)).toFixed(1)}x  rate ${(perSecond / values.peer.perSecond).toFixed(1)}x the peer's`
        : ''
      console.log(
        `  ${lane.padEnd(6)} ${(p50ms - base).toFixed(2).padStart(8)} ms  ${perSecond.toFixed(0).padStart(6)}/s${toPeer}`,
      )
    }
  }
  console.log('\nmemory after it (RSS, MiB):', result.memory)
}

async function latency(url, body, count) {
  const agent = new Agent({ connections: 1 })
  const times = []
  for (let n = 0; n < count; n += 1) {
    const before = performance.now()
    await ask(url, body, agent)
    times.push(performance.now() - before)
  }
  await agent.close()
  return median(times)
}

async function throughput(url, body, count) {
  const agent = new Agent({ connections: 16 })
  const before = performance.now()
  let left = count
  await Promise.all(
    Array.from({ length: 16 }, async () => {
      while (left-- > 0) await ask(url, body, agent)
    }),
  )
  const seconds = (performance.now() - before) / 1000
  await agent.close()
  return count / seconds
}

async function ask(url, body, dispatcher) {
  const answer = await request(url, {
    method: 'POST',
    dispatcher,
    body,
    headers: { 'content-type': 'application/json', 'x-api-key': 'k' },
  })
  const text = await answer.body.text()
  if (answer.statusCode !== 200)
    throw new Error(`${url}: ${answer.statusCode} ${text.slice(0, 300)}`)
}

async function startCcr(chat) {
  await mkdir(join(work, 'ccr'))
  const port = await freePort()
  await writeFile(
    join(work, 'ccr/config.json'),
    JSON.stringify({
      PORT: port,
      Providers: [{ name: 'up', api_base_url: chat, api_key: 'k', models: ['m'] }],
      Router: { default: 'up,m' },
    }),
  )
  const { stderr, status } = spawnSync(process.execPath, [CCR, 'start'], {
    env: ccrEnv(),
    encoding: 'utf8',
  })
  if (status !== 0) throw new Error(stderr)
  const pid = Number(await readFile(join(work, 'ccr/sessions/default/router.pid'), 'utf8'))
  started.push({ label: 'ccr', pid, kill: () => undefined })
  return `http://127.0.0.1:${port}/v1/messages`
}

function ccrEnv() {
  return { ...process.env, CCR_HOME: join(work, 'ccr'), CCR_CONFIG: '', CCR_MODEL_PREFERENCE: '' }
}

/** The peer lives in a cache below node_modules and in a HOME of its own; it is no dependency. */
async function startPeer(chat) {
  const folder = join(here, '../node_modules/.cache/bench-peer')
  if (!existsSync(join(folder, 'node_modules'))) {
    await mkdir(folder, { recursive: true })
    await writeFile(join(folder, 'package.json'), '{"private":true}')
    spawnSync('npm', ['install', '--no-save', '--ignore-scripts', PEER], {
      cwd: folder,
      stdio: 'inherit',
    })
  }
  const home = join(work, 'peer')
  await mkdir(join(home, '.claude-code-router'), { recursive: true })
  const port = await freePort()
  await writeFile(
    join(home, '.claude-code-router/config.json'),
    JSON.stringify({
      PORT: port,
      APIKEY: 'k',
      LOG: false,
      Providers: [{ name: 'up', api_base_url: chat, api_key: 'k', models: ['m'] }],
      Router: { default: 'up,m' },
    }),
  )
  const script = join(folder, 'node_modules/@musistudio/claude-code-router/dist/cli.js')
  const child = spawn(process.execPath, [script, 'start'], {
    env: { ...process.env, HOME: home },
    stdio: 'ignore',
  })
  started.push(Object.assign(child, { label: 'peer' }))
  const url = `http://127.0.0.1:${port}/v1/messages`
  for (let n = 0; n < 200; n += 1) {
    const up = await request(`http://127.0.0.1:${port}/health`).catch(() => undefined)
    await up?.body.dump()
    if (up) return url
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
  throw new Error('the peer did not start')
}

async function listening(argv) {
  const child = spawn(process.execPath, argv, { stdio: ['ignore', 'pipe', 'inherit'] })
  started.push(Object.assign(child, { label: argv[0].split('/').at(-1).replace('.mjs', '') }))
  const line = await new Promise((resolve) =>
    child.stdout.once('data', (data) => resolve(String(data))),
  )
  return Number(line)
}

async function freePort() {
  const server = createServer()
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address()
  await new Promise((resolve) => server.close(resolve))
  return Math.min(port, 65_000)
}

async function rssMiB(pid) {
  const status = await readFile(`/proc/${pid}/status`, 'utf8')
  return Math.round(Number(/VmRSS:\s+(\d+)/.exec(status)[1]) / 1024)
}

function collect(lanes) {
  return Object.fromEntries(Object.keys(lanes).map((lane) => [lane, []]))
}

function median(values) {
  const sorted = values.toSorted((a, b) => a - b)
  return sorted[Math.floor(sorted.length / 2)]
}
