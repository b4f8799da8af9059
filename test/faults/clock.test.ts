/** A wall clock that is set while sessions run, forwards and backwards. */
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import type { LiveSession } from '../support/ccr.ts'
import { messagesClient } from '../support/client.ts'
import { settled } from './invariants.ts'
import { startHarness, isClient, killHard, PATIENCE, type Harness } from './harness.ts'

const YEAR_MS = 365 * 24 * 3_600_000
const JUMPS = {
  'ten years on': 10 * YEAR_MS,
  'ten years back': -10 * YEAR_MS,
  'an hour back': -3_600_000,
}

let harness: Harness
let clock: string

beforeEach(async () => {
  const loader = new URL('clock.mjs', import.meta.url).href
  harness = await startHarness({ NODE_OPTIONS: `--import=${loader}` })
  clock = join(harness.ccr.home, 'clock')
})
afterEach(() => harness.remove())

const env = (): Record<string, string> => ({ FAULTS_CLOCK: clock })
const set = (ms: number): void => writeFileSync(clock, String(ms))

async function session(): Promise<LiveSession> {
  const { id, port, pid, record } = await harness.view('demo,x')
  const baseUrl = `http://127.0.0.1:${String(port)}`
  return { sessionId: id, port: port ?? 0, pid: pid ?? 0, token: record.token, baseUrl }
}

/** When the last line of the log was written, by the daemon's clock. */
function logged(): number {
  const lines = readFileSync(harness.file('demo,x', 'router.log'), 'utf8').trimEnd().split('\n')
  return Date.parse((JSON.parse(lines.at(-1) ?? '{}') as { time: string }).time)
}

test.each(Object.entries(JUMPS))('a clock that jumps %s disturbs no session', async (_, jump) => {
  set(0)
  const begun = performance.now()
  await harness.succeed('start', 'demo,x', { env: env() })
  const client = await harness.attach('demo,x')
  expect(isClient(client)).toBe(true)

  set(jump)
  const uptime = async (): Promise<number> => {
    const { uptimeMs } = await harness.view('demo,x')
    expect(uptimeMs).toBeGreaterThan(0)
    expect(uptimeMs).toBeLessThanOrEqual(performance.now() - begun)
    return uptimeMs ?? 0
  }
  const early = await uptime()
  const { status } = await messagesClient(await session(), 'any').post()
  expect(status).toBe(200)
  await vi.waitFor(() => expect(logged()).toBeCloseTo(Date.now() + jump, -6), PATIENCE) // it did
  expect(await harness.succeed('status', 'demo,x')).toMatch(/^Reference Count: +1$/m)
  expect(await uptime()).toBeGreaterThanOrEqual(early)

  const { port, token, pid } = await session()
  await harness.succeed('restart', 'demo,x', { env: env() })
  set(-jump)
  expect(await session()).toMatchObject({ port, token })
  expect((await session()).pid).not.toBe(pid)
  await settled(harness, new Map())
  await harness.succeed('stop', 'demo,x')
  await harness.succeed('start', 'demo,x', { env: env() })
  expect(await session()).toMatchObject({ port, token })
})

test('crashes that were noted in what is now the future hold back no revival', async () => {
  await harness.succeed('start', 'demo,x')
  const client = await harness.attach('demo,x')
  const future = Date.now() + YEAR_MS
  writeFileSync(harness.file('demo,x', 'crashes.json'), JSON.stringify([future, future, future]))
  const { pid } = await session()
  await killHard(pid)
  await vi.waitFor(async () => {
    expect(await harness.view('demo,x')).toMatchObject({ state: 'running', referenceCount: 1 })
  }, PATIENCE)
  expect(isClient(client) && client.alive).toBe(true)
})
