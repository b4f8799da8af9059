/** A daemon that runs and does not answer: commands that wait for it say so, and how to end it. */
import { once } from 'node:events'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { acquire } from '../../src/lib/lock.ts'
import { operationLock } from '../../src/session/paths.ts'
import { POSIX } from '../support/requires.ts'
import { startHarness, PATIENCE, type Harness } from './harness.ts'

let harness: Harness
let pid: number
beforeEach(async () => {
  harness = await startHarness()
  await harness.succeed('start', 'demo,x')
  pid = harness.record('demo,x').pid ?? 0
  process.kill(pid, 'SIGSTOP') // its port still takes connections
})
afterEach(async () => {
  await harness.run('stop --force', 'demo,x')
  await harness.remove()
})

const LINE = (): RegExp =>
  new RegExp(
    String.raw`^ccr: session \w{8} \(demo,x\) does not answer \(pid ${String(pid)}\): .+\. ` +
      String.raw`To end it: CCR_MODEL_PREFERENCE=demo,x ccr stop --force$`,
    'm',
  )

test.each(['status', 'sessions', 'sessions --json', 'top', 'doctor', 'env', 'models'])(
  'ccr %s says so in one line on stderr, and goes on',
  POSIX,
  async (command) => {
    const { code, stdout, stderr } = await harness.run(command, 'demo,x')
    expect(stderr).toMatch(LINE())
    expect(stderr.match(/does not answer/g)).toHaveLength(1)
    expect(stdout).not.toBe('')
    expect([0, 1, 3]).toContain(code)
  },
)

test.each(['start', 'code', 'restart', 'stop'])(
  'ccr %s says so long before it gives up',
  POSIX,
  async (command) => {
    const env = { CLAUDE_PATH: '/bin/true' }
    const child = harness.ccr.spawn([command], { preference: 'demo,x', env })
    let stderr = ''
    child.stderr?.on('data', (part: Buffer) => (stderr += part.toString('utf8')))
    await vi.waitFor(() => expect(stderr).toMatch(LINE()), PATIENCE)
    expect(child.exitCode).toBeNull()
    child.kill('SIGKILL')
    await once(child, 'exit')
  },
)

test('a start gives up once, with the same command; the force ends what hangs', POSIX, async () => {
  const { code, stdout, stderr } = await harness.run('start', 'demo,x')
  expect([code, stdout]).toEqual([1, ''])
  expect(stderr).toMatch(/End it with: CCR_MODEL_PREFERENCE=demo,x ccr stop --force/)
  expect(await harness.succeed('stop --force', 'demo,x')).toContain('stopped.')
  await harness.succeed('start', 'demo,x')
})

test.each(['start', 'restart', 'stop'])(
  'ccr %s that waits for another command to end says so, too',
  POSIX,
  async (command) => {
    process.kill(pid, 'SIGCONT')
    if (command === 'start') await harness.succeed('stop', 'demo,x')
    const held = await acquire(harness.ccr.ccrHome, operationLock(harness.ref('demo,x')))
    const child = harness.ccr.spawn([command], { preference: 'demo,x' })
    let stderr = ''
    child.stderr?.on('data', (part: Buffer) => (stderr += part.toString('utf8')))
    await vi.waitFor(() => expect(stderr).toContain('another ccr command is at work'), PATIENCE)
    held.release()
    expect(await once(child, 'exit')).toEqual([0, null])
  },
)

test('a daemon that goes on is waited for after all', POSIX, async () => {
  const child = harness.ccr.spawn(['start'], { preference: 'demo,x' })
  let stderr = ''
  child.stderr?.on('data', (part: Buffer) => (stderr += part.toString('utf8')))
  await vi.waitFor(() => expect(stderr).toMatch(LINE()), PATIENCE)
  process.kill(pid, 'SIGCONT')
  const [code] = (await once(child, 'exit')) as [number | null]
  expect(code).toBe(0)
})
