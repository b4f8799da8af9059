/** `ccr start --foreground`, restarted, killed and given back, as a service manager sees it. */
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { hammer } from './hammer.ts'
import { startHarness, isClient, killHard, PATIENCE, type Harness } from './harness.ts'

let harness: Harness
beforeEach(async () => {
  harness = await startHarness()
})
afterEach(() => harness.remove())

interface Service {
  readonly process: ChildProcess
  /** Its exit code. */
  readonly ended: Promise<number | null>
  /** Resolves when it has logged the words so many times. */
  readonly logged: (words: string, times?: number) => Promise<void>
}

async function service(): Promise<Service> {
  const child = harness.ccr.spawn(['start', '--foreground'], { preference: 'demo,x' })
  const lines: string[] = []
  createInterface({ input: child.stderr! }).on('line', (line) => lines.push(line))
  const logged: Service['logged'] = (words, times = 1) =>
    vi.waitFor(() => {
      expect(lines.filter((line) => line.includes(words)).length).toBeGreaterThanOrEqual(times)
    }, PATIENCE)
  const ended = once(child, 'exit').then(([code]) => code as number | null)
  await logged('the session is ready')
  return { process: child, ended, logged }
}

const pid = (): number => harness.record('demo,x').pid ?? 0
const allGone = (): Promise<unknown> =>
  vi.waitUntil(() => harness.processes().length === 0, PATIENCE)

test('after a restart it stays, goes on logging, and refuses no request; SIGTERM ends the session with 0', async () => {
  const { process: main, ended, logged } = await service()
  const { port, token } = harness.record('demo,x')
  const blows = hammer({ port: port ?? 0, token }, 2)
  for (const times of [2, 3]) {
    const before = pid()
    await harness.succeed('restart', 'demo,x')
    expect(pid()).not.toBe(before)
    await logged('the session is ready', times)
  }
  expect((await blows.stop()).failures).toEqual({})
  expect(main.exitCode).toBeNull()
  main.kill('SIGTERM')
  expect(await ended).toBe(0)
  expect((await harness.run('status', 'demo,x')).code).toBe(3)
  expect(harness.record('demo,x')).toMatchObject({ port, token, desired: 'stopped' })
  await allGone()
})

test('restarted it ends with the session: with 0 after ccr stop, with 1 after a crash', async () => {
  for (const [end, code] of [
    [() => harness.succeed('stop', 'demo,x'), 0],
    [() => killHard(pid()), 1],
  ] as const) {
    const { ended } = await service()
    await harness.succeed('restart', 'demo,x')
    await end()
    expect(await ended).toBe(code)
    await allGone()
  }
})

test('killed after a restart it takes the session with it', async () => {
  const { process: main } = await service()
  await harness.succeed('restart', 'demo,x')
  await killHard(main.pid ?? 0)
  await allGone()
  expect((await harness.run('status', 'demo,x')).code).toBe(3)
})

test('crashed under a client, which revives the session, and started again it has the session back', async () => {
  const crashing = await service()
  const client = await harness.attach('demo,x')
  expect(isClient(client)).toBe(true)
  const before = harness.record('demo,x')
  await killHard(crashing.process.pid ?? 0)
  const counted = async (wanted: number): Promise<void> =>
    vi.waitFor(async () => {
      const { pid: now, referenceCount } = await harness.view('demo,x')
      expect([now !== before.pid, referenceCount]).toEqual([true, 1])
      if (wanted > 0) expect(now).toBe(wanted)
    }, PATIENCE)
  await counted(0)
  await harness.succeed('restart', 'demo,x') // still in the place of the service
  await counted(0)

  const again = await service()
  await counted(again.process.pid ?? 0)
  const { port, token } = before
  expect(harness.record('demo,x')).toMatchObject({ port, token, foreground: true, standIn: false })
  again.process.kill('SIGTERM')
  expect(await again.ended).toBe(0)
  if (isClient(client)) expect((await client.ended).code).not.toBe(0)
  await allGone()
})

test('a second one is refused, and the first goes on', async () => {
  const first = await service()
  const second = harness.ccr.spawn(['start', '--foreground'], { preference: 'demo,x' })
  expect((await once(second, 'exit'))[0]).toBe(1)
  expect(pid()).toBe(first.process.pid)
  await harness.succeed('stop', 'demo,x')
  expect(await first.ended).toBe(0)
})
