/** A full disk, and a home that cannot be written: a clear error, exit code 1, nothing left. */
import { execFileSync } from 'node:child_process'
import { readdirSync, rmSync, writeFileSync } from 'node:fs'
import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { messagesClient } from '../support/client.ts'
import type { Ran } from '../support/ccr.ts'
import { settled } from './invariants.ts'
import { faultWorld, killHard, PATIENCE, type World } from './world.ts'
import { requires } from '../support/requires.ts'

const MOUNTS = requires(canMount(), {
  what: 'mounting a small file system (root)',
  fine: 'a full disk and a read-only file system are tested where root runs this',
})

let world: World
let mounted: boolean
beforeEach(async () => {
  mounted = false
  world = await faultWorld()
})
afterEach(async () => {
  if (mounted) {
    for (const { pid } of world.processes()) await killHard(pid)
    const unmount = (): unknown => execFileSync('umount', [world.ccr.ccrHome], { stdio: 'ignore' })
    await vi.waitFor(unmount, PATIENCE) // the last thread of a killed process may still be there
  }
  await world.remove()
})

/** Puts a small disk of its own under the home. */
async function smallDisk(): Promise<void> {
  mount(world.ccr.ccrHome)
  mounted = true
  await world.ccr.configure({ Providers: [{ name: 'demo' }] })
}

function mount(folder: string): void {
  execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=128k,mode=700', 'tmpfs', folder], {
    stdio: 'ignore',
  })
}

function canMount(): boolean {
  const folder = mkdtempSync(join(tmpdir(), 'ccr-mount-'))
  try {
    mount(folder)
    execFileSync('umount', [folder])
    return true
  } catch {
    return false
  } finally {
    rmSync(folder, { recursive: true })
  }
}

const filler = (): string => join(world.ccr.ccrHome, 'filler')

/** Writes until nothing more fits, to the last byte of the last block. */
function fill(): void {
  for (const size of [65_536, 4_096, 512, 1]) {
    for (;;) {
      try {
        writeFileSync(filler(), Buffer.alloc(size), { flag: 'a' })
      } catch {
        break
      }
    }
  }
}

const below = (folder: string): string[] => readdirSync(folder, { recursive: true }).map(String)

/** The command failed in words, and nothing of it runs. */
async function failed({ code, stdout, stderr }: Ran, ...words: string[]): Promise<void> {
  expect([code, stdout]).toEqual([1, ''])
  for (const word of words) expect(stderr).toContain(word)
  expect(stderr).not.toContain('bug')
  expect(stderr).not.toMatch(/^ +at /m)
  await vi.waitUntil(() => world.processes().length === 0, PATIENCE)
}

const FULL = ['ccr: cannot write', 'no space left on device', 'Check the free space']

describe('a full disk', MOUNTS, () => {
  beforeEach(smallDisk)

  test('the first start says so and leaves no file', async () => {
    fill()
    const before = below(world.ccr.ccrHome)
    await failed(await world.run('start', 'demo,x'), ...FULL)
    expect(below(world.ccr.ccrHome)).toEqual(before)
    rmSync(filler())
    await world.succeed('start', 'demo,x')
  })

  test('a later start says so, leaves the files as they were, and works when there is room', async () => {
    await world.succeed('start', 'demo,x')
    const { port, token } = world.record('demo,x')
    await world.succeed('stop', 'demo,x')
    fill()
    const before = below(world.ccr.ccrHome)
    const record = world.record('demo,x')
    await failed(await world.run('start', 'demo,x'), ...FULL)
    expect(below(world.ccr.ccrHome)).toEqual(before)
    expect(world.record('demo,x')).toEqual(record)
    rmSync(filler())
    await world.succeed('start', 'demo,x')
    expect(world.record('demo,x')).toMatchObject({ port, token })
  })

  test('a running session goes on, also when it cannot be restarted, and counts its clients', async () => {
    await world.succeed('start', 'demo,x')
    const { pid, port, token } = world.record('demo,x')
    fill()
    const client = await world.attach('demo,x')
    const { code, stderr } = await world.run('restart', 'demo,x')
    expect([code, stderr]).toEqual([1, expect.stringContaining('no space left on device')])
    expect(await world.view('demo,x')).toMatchObject({ state: 'running', pid, referenceCount: 1 })
    const baseUrl = `http://127.0.0.1:${String(port)}`
    const session = { sessionId: '', port: port ?? 0, pid: pid ?? 0, token, baseUrl }
    expect((await messagesClient(session, 'any').post()).status).toBe(200)
    expect('alive' in client && client.alive).toBe(true)
    rmSync(filler())
    await world.succeed('restart', 'demo,x')
    await settled(world, new Map([['demo,x', { port, token }]]))
  })

  test('a stop ends the session although it cannot be noted, and says what was not', async () => {
    await world.succeed('start', 'demo,x')
    fill()
    await failed(await world.run('stop', 'demo,x'), ...FULL)
    expect(await world.view('demo,x')).toMatchObject({ state: 'stopped' })
    rmSync(filler())
    await world.succeed('stop', 'demo,x')
    expect(world.record('demo,x')).toMatchObject({ desired: 'stopped' })
    expect(below(world.ccr.ccrHome).filter((name) => name.endsWith('.tmp'))).toEqual([])
  })
})

describe('a home that cannot be written', () => {
  test('because a file is in its place', async () => {
    const home = join(world.ccr.home, 'a file')
    writeFileSync(home, 'mine')
    for (const command of ['start', 'restart', 'stop', 'status']) {
      const ran = await world.run(command, 'demo,x', { env: { CCR_HOME: home } })
      expect([command, ran.code, ran.stdout]).toEqual([command, 1, ''])
      expect(ran.stderr).toContain(home)
      expect(ran.stderr).toContain('CCR_HOME=FOLDER')
      expect(ran.stderr).not.toContain('bug')
    }
    expect(below(world.ccr.home).filter((name) => name.startsWith('a file'))).toEqual(['a file'])
  })

  test('because its file system is read-only', MOUNTS, async () => {
    await smallDisk()
    const remount = (how: string): unknown =>
      execFileSync('mount', ['-o', `remount,${how}`, world.ccr.ccrHome])
    remount('ro')
    await failed(await world.run('start', 'demo,x'), 'ccr: cannot write', 'read-only')
    remount('rw')
    await world.succeed('start', 'demo,x')
    await world.succeed('stop', 'demo,x')
    const before = below(world.ccr.ccrHome)
    remount('ro')
    await failed(await world.run('start', 'demo,x'), 'read-only')
    expect(below(world.ccr.ccrHome)).toEqual(before)
    remount('rw')
    await world.succeed('start', 'demo,x')
  })
})
