/**
 * Another user of the machine who takes the names of our locks as soon as they are free, and our
 * ports, and lies, hangs or floods there: no process is signalled on its word, nothing secret is sent to
 * him, and no command waits for him for ever.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { rmSync } from 'node:fs'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { holdersOf, isHeld } from '../../src/lib/lock.ts'
import { processStart } from '../../src/lib/process.ts'
import { operationLock, serveLock } from '../../src/session/paths.ts'
import { LINUX, requires } from '../support/requires.ts'
import { settled } from './invariants.ts'
import { canBeAnother, MANNERS, namesOf, squat, type Squatter } from './squatter.ts'
import { startHarness, isClient, killHard, PATIENCE, type Harness } from './harness.ts'

const ANOTHER_USER = requires(canBeAnother() && process.platform === 'linux', {
  what: 'a second user (Linux, root, and a checkout that others can read)',
  fine: 'another user who takes the names of locks is tested where root runs this on Linux',
})

/** For a command that nothing holds up, on a machine that does other work. */
const SECONDS = 30_000

const NOTES_SIGNALS = `
for (const name of ['SIGTERM', 'SIGINT', 'SIGHUP', 'SIGUSR2']) process.on(name, () => console.log(name))
process.stdin.resume()
console.log('ready')
`

let harness: Harness
/** A process of ours that has nothing to do with ccr. */
let bystander: ChildProcess
let noted: string
let squatters: Squatter[]

beforeEach(async () => {
  harness = await startHarness()
  bystander = spawn(process.execPath, ['-e', NOTES_SIGNALS])
  noted = ''
  bystander.stdout?.on('data', (part: Buffer) => (noted += part.toString()))
  await vi.waitUntil(() => noted === 'ready\n', PATIENCE)
  squatters = []
})
afterEach(async () => {
  bystander.kill('SIGKILL')
  for (const squatter of squatters) await squatter.leave()
  await harness.remove()
})

/** It lives, and was told nothing. */
async function untouched(): Promise<void> {
  expect(processStart(bystander.pid ?? 0)).not.toBeNull()
  const ended = once(bystander, 'exit')
  bystander.stdin?.end()
  expect(await ended).toEqual([0, null])
  expect(noted).toBe('ready\n')
}

async function squatOn(what: Parameters<typeof squat>[0]): Promise<Squatter> {
  const squatter = await squat({ pid: bystander.pid ?? 0, ...what })
  squatters.push(squatter)
  return squatter
}

const names = (): string[] => namesOf(harness.ccr.ccrHome, [harness.ref('demo,x')])

describe.each(MANNERS)('one that %s', ANOTHER_USER, (manner) => {
  test(
    'has every name and the port of a stopped session: it is started, used and stopped all the same',
    async () => {
      await harness.succeed('start', 'demo,x')
      const { port, token } = harness.record('demo,x')
      await harness.succeed('stop', 'demo,x')
      const squatter = await squatOn({ manner, names: names(), port: port ?? 0 })
      await vi.waitUntil(() => squatter.taken.size === names().length, PATIENCE)

      expect((await harness.run('status', 'demo,x')).code).toBe(3)
      expect(await harness.succeed('sessions')).toContain('No active sessions.')
      await harness.succeed('stop --force', 'demo,x')
      const client = await harness.attach('demo,x')
      expect(isClient(client)).toBe(true)
      expect(harness.record('demo,x').port).not.toBe(port)
      await harness.succeed('restart', 'demo,x')
      await settled(harness, new Map())
      if (isClient(client)) await client.leave()
      await harness.succeed('stop', 'demo,x')
      expect((await harness.view('demo,x')).state).toBe('stopped')
      expect(squatter.received).not.toContain(token)
      await untouched()
    },
    4 * SECONDS,
  )
})

test(
  'one that takes each new name too, as fast as it sees it, ends no command and makes no second daemon',
  ANOTHER_USER,
  async () => {
    await harness.succeed('start', 'demo,x')
    const { token } = harness.record('demo,x')
    const squatter = await squatOn({ manner: 'lies', names: names() })
    const watch = setInterval(() => squatter.also(names()), 5)
    try {
      for (const command of ['stop', 'start', 'restart']) {
        await harness.succeed(command, 'demo,x')
      }
      const outcomes = await Promise.all(
        Array.from({ length: 6 }, () => harness.run('start', 'demo,x')),
      )
      expect(outcomes.map(({ code }) => code)).toEqual([0, 0, 0, 0, 0, 0])
      await killHard(harness.record('demo,x').pid ?? 0)
      await harness.succeed('start', 'demo,x')
    } finally {
      clearInterval(watch)
    }
    const daemons = harness.processes().filter(({ command }) => command.startsWith('ccr daemon'))
    expect(daemons).toHaveLength(1)
    expect(harness.record('demo,x').token).toBe(token)
    expect(squatter.taken.size).toBeGreaterThan(0)
    expect(squatter.received).not.toContain(token)
    await untouched()
  },
)

test(
  'for a session without a record, whose name it has, no process is signalled',
  ANOTHER_USER,
  async () => {
    await harness.succeed('start', 'demo,x')
    await harness.succeed('stop', 'demo,x')
    const squatter = await squatOn({ manner: 'lies', names: names() })
    await vi.waitUntil(() => squatter.taken.size === names().length, PATIENCE)
    rmSync(harness.file('demo,x', 'session.json'))
    await harness.succeed('stop --force', 'demo,x')
    await harness.succeed('stop --all --force')
    const ref = harness.ref('demo,x')
    expect(await isHeld(ref.home, serveLock(ref))).toBe(false)
    expect(await holdersOf(ref.home, serveLock(ref))).toEqual([])
    expect(await isHeld(ref.home, operationLock(ref))).toBe(false)
    await untouched()
  },
)

test('a daemon of ours that hangs is still ended by --force', LINUX, async () => {
  await harness.succeed('start', 'demo,x')
  const { pid } = harness.record('demo,x')
  process.kill(pid ?? 0, 'SIGSTOP')
  rmSync(harness.file('demo,x', 'session.json'))
  await harness.succeed('stop --force', 'demo,x')
  expect(processStart(pid ?? 0)).toBeNull()
  await untouched()
})
