/** Files of a session and its home that were damaged: a start heals them or says what to do. */
import { mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { settled } from './invariants.ts'
import { startHarness, killHard, PATIENCE, SEES_PROCESSES, type Harness } from './harness.ts'
import { SOCKET_LOCKS } from '../support/requires.ts'

let harness: Harness
beforeEach(async () => {
  harness = await startHarness()
})
afterEach(() => harness.remove())

const HALF = '{"id":"'
const TYPES = JSON.stringify({
  id: 7,
  preference: ['demo,x'],
  provider: {},
  host: 5,
  port: '3457',
  pid: -1.5,
  processStart: 12,
  token: null,
  desired: true,
  startedAt: 0,
  ownConfig: 'yes',
})
const BINARY = Buffer.from([0xff, 0xfe, 0x00, 0x01, 0x80, 0x0a, 0xc3, 0x28])

type Damage = (file: string) => void
const DAMAGES: Readonly<Record<string, Damage>> = {
  'is empty': (file) => writeFileSync(file, ''),
  'is binary': (file) => writeFileSync(file, BINARY),
  'is cut off': (file) => writeFileSync(file, HALF),
  'has the wrong types': (file) => writeFileSync(file, TYPES),
  'is null': (file) => writeFileSync(file, 'null'),
  'is gone': (file) => rmSync(file, { recursive: true }),
}

const SESSION_FILES = [
  'session.json',
  'router.pid',
  'reference-count.txt',
  'env.json',
  'crashes.json',
]

/** A file of the session, or of the home. */
const pathOf = (name: string): string =>
  name === '.lock-secret' ? join(harness.ccr.ccrHome, name) : harness.file('demo,x', name)

/** The commands look from processes of their own: this one knows the lost secret of the locks. */
async function onlyOneRuns(): Promise<void> {
  const listed = JSON.parse(await harness.succeed('sessions --json')) as object[]
  expect(listed).toMatchObject([{ modelPreference: 'demo,x', state: 'running', referenceCount: 0 }])
  const { pid } = listed[0] as { pid: number }
  if (SEES_PROCESSES) {
    // Who has just handed over or failed may still be about to end.
    const running = (): number[] => harness.processes().map((one) => one.pid)
    await vi.waitFor(() => expect(running()).toEqual([pid]), PATIENCE)
  }
  expect(readFileSync(pathOf('router.pid'), 'utf8')).toBe(`${String(pid)}\n`)
  expect(readFileSync(pathOf('reference-count.txt'), 'utf8')).toBe('0\n')
  expect(harness.record('demo,x')).toMatchObject({ pid, preference: 'demo,x', desired: 'running' })
}

describe.each([
  ['the files of the session', SESSION_FILES],
  ['the secret of the locks', ['.lock-secret']],
])('%s', (_, names) => {
  const present = (): void => {
    if (!names.includes('router.pid')) return
    writeFileSync(pathOf('router.pid'), '1\n') // a stop takes it away
    writeFileSync(pathOf('crashes.json'), '[]')
  }

  test.each(Object.entries(DAMAGES))(
    '%s: after a stop and after a crash the session starts',
    async (_damage, damage) => {
      await harness.succeed('start', 'demo,x')
      await harness.succeed('stop', 'demo,x')
      present()
      names.forEach((name) => damage(pathOf(name)))
      expect(JSON.parse(await harness.succeed('sessions --json'))).toEqual([])
      await harness.succeed('start', 'demo,x')
      await onlyOneRuns()

      await killHard(harness.record('demo,x').pid ?? 0)
      present()
      names.forEach((name) => damage(pathOf(name)))
      expect((await harness.run('status', 'demo,x')).code).toBe(3)
      await harness.succeed('start', 'demo,x')
      await onlyOneRuns()
      expect(await harness.succeed('stop', 'demo,x')).toContain('stopped.')
    },
  )
})

test.each([...SESSION_FILES, '.lock-secret'])(
  '%s is a folder: the session starts, or the message names the folder and says to remove it',
  async (name) => {
    await harness.succeed('start', 'demo,x')
    await harness.succeed('stop', 'demo,x')
    rmSync(pathOf(name), { force: true })
    mkdirSync(pathOf(name))
    const { code, stdout, stderr } = await harness.run('start', 'demo,x')
    if (code === 0) return
    expect([code, stdout]).toEqual([1, ''])
    expect(stderr).toContain(pathOf(name))
    expect(stderr).toContain('Remove that folder')
    expect(stderr).not.toContain('bug')
    await vi.waitUntil(() => harness.processes().length === 0, PATIENCE)
    rmSync(pathOf(name), { recursive: true })
    await harness.succeed('start', 'demo,x')
    await onlyOneRuns()
  },
)

test('a session that cannot be read keeps no other from starting, being listed and stopped', async () => {
  await harness.succeed('start', 'demo,x')
  await harness.succeed('stop', 'demo,x')
  rmSync(pathOf('session.json'))
  mkdirSync(pathOf('session.json'))
  await harness.succeed('start', 'demo,y')
  const listed = JSON.parse(await harness.succeed('sessions --json')) as object[]
  expect(listed).toMatchObject([{ modelPreference: 'demo,y' }])
  await harness.succeed('stop --all')
  expect(JSON.parse(await harness.succeed('sessions --json'))).toEqual([])
})

test.each([
  ['the other files of the session', ['router.pid', 'reference-count.txt', 'env.json']],
  ['the secret of the locks', ['.lock-secret']],
])(
  '%s damaged under a running daemon: it is still the one that is found, restarted and stopped',
  async (_, names) => {
    for (const damage of Object.values(DAMAGES)) {
      await harness.succeed('start', 'demo,x')
      const { pid, port, token } = harness.record('demo,x')
      names.forEach((name) => damage(pathOf(name)))
      expect(await harness.succeed('start', 'demo,x')).toContain('is already running.')
      expect(await harness.succeed('status', 'demo,x')).toMatch(
        new RegExp(`^PID: +${String(pid)}$`, 'm'),
      )
      await harness.succeed('restart', 'demo,x')
      expect(harness.record('demo,x')).toMatchObject({ port, token })
      expect(harness.record('demo,x').pid).not.toBe(pid)
      await onlyOneRuns()
      expect(await harness.succeed('stop', 'demo,x')).toContain('stopped.')
    }
  },
)

test('damaged files are private again when they are written anew', async () => {
  await harness.succeed('start', 'demo,x')
  await harness.succeed('stop', 'demo,x')
  for (const name of ['session.json', 'env.json', 'reference-count.txt']) {
    writeFileSync(pathOf(name), BINARY, { mode: 0o644 })
  }
  await harness.succeed('start', 'demo,x')
  for (const name of ['session.json', 'env.json', 'reference-count.txt', 'router.pid']) {
    expect(statSync(pathOf(name)).mode & 0o777, name).toBe(0o600)
  }
  await settled(harness, new Map())
})

describe.each(Object.entries(DAMAGES))(
  'session.json %s under a running daemon',
  SOCKET_LOCKS,
  (name, damage) => {
    /** How a record was lost matters little to what comes after: all commands for two ways. */
    const all = ['is cut off', 'is gone'].includes(name)

    test('the commands find it and act on it', async () => {
      await harness.succeed('start', 'demo,x')
      const { port, token } = harness.record('demo,x')
      const commands: readonly (readonly [string, string])[] = [
        ['start', 'is already running.'],
        ['status', 'running'],
        ['sessions', 'demo,x'],
        ['sessions prune', 'nothing to prune'],
        ['restart', 'was restarted.'],
        ['restart --all', 'was restarted.'],
      ]
      for (const [command, words] of commands.slice(all ? 0 : 4, all ? 6 : 5)) {
        const { pid } = harness.record('demo,x')
        damage(pathOf('session.json'))
        expect(await harness.succeed(command, 'demo,x')).toContain(words)
        const record = harness.record('demo,x')
        expect(record, command).toMatchObject({ port, token, desired: 'running' })
        expect(record.pid === pid, command).toBe(!command.startsWith('restart'))
      }
      await onlyOneRuns()
      for (const command of all ? ['stop', 'stop --force', 'stop --all'] : ['stop']) {
        await harness.succeed('start', 'demo,x')
        damage(pathOf('session.json'))
        expect(await harness.succeed(command, 'demo,x')).toContain('stopped.')
        await vi.waitUntil(() => harness.processes().length === 0, PATIENCE)
      }
    })
  },
)

test('the whole folder of a session is removed under its daemon: it is found, and writes it again', async () => {
  await harness.succeed('start', 'demo,x')
  const { pid, port, token } = harness.record('demo,x')
  rmSync(harness.ref('demo,x').dir, { recursive: true })
  expect(await harness.succeed('start', 'demo,x')).toContain('is already running.')
  expect(harness.record('demo,x')).toMatchObject({ pid, port, token })
  await onlyOneRuns()
})
