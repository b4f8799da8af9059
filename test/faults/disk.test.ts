/** A full disk, and a home that cannot be written: a clear error, exit code 1, nothing left. */
import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { messagesClient } from '../support/client.ts'
import type { Ran } from '../support/ccr.ts'
import { settled } from './invariants.ts'
import { startHarness, killHard, PATIENCE, type Harness } from './harness.ts'
import { fakeAgent } from '../support/fake-agent.ts'
import { GIT, requires } from '../support/requires.ts'

const MOUNTS = requires(canMount(), {
  what: 'mounting a small file system (root)',
  fine: 'a full disk and a read-only file system are tested where root runs this',
})

let harness: Harness
let mounted: boolean
beforeEach(async () => {
  mounted = false
  harness = await startHarness()
})
afterEach(async () => {
  if (mounted) {
    for (const { pid } of harness.processes()) await killHard(pid)
    const unmount = (): unknown =>
      execFileSync('umount', [harness.ccr.ccrHome], { stdio: 'ignore' })
    await vi.waitFor(unmount, PATIENCE) // the last thread of a killed process may still be there
  }
  await harness.remove()
})

/** Puts a small disk of its own under the home. */
async function smallDisk(): Promise<void> {
  mount(harness.ccr.ccrHome)
  mounted = true
  await harness.ccr.configure({ Providers: [{ name: 'demo' }] })
}

function mount(folder: string, size = '128k'): void {
  execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${size},mode=700`, 'tmpfs', folder], {
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

const filler = (): string => join(harness.ccr.ccrHome, 'filler')

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
  await vi.waitUntil(() => harness.processes().length === 0, PATIENCE)
}

const FULL = ['ccr: cannot write', 'no space left on device', 'Check the free space']

describe('a full disk', MOUNTS, () => {
  beforeEach(smallDisk)

  test('the first start says so and leaves no file', async () => {
    fill()
    const before = below(harness.ccr.ccrHome)
    await failed(await harness.run('start', 'demo,x'), ...FULL)
    expect(below(harness.ccr.ccrHome)).toEqual(before)
    rmSync(filler())
    await harness.succeed('start', 'demo,x')
  })

  test('a later start says so, leaves the files as they were, and works when there is room', async () => {
    await harness.succeed('start', 'demo,x')
    const { port, token } = harness.record('demo,x')
    await harness.succeed('stop', 'demo,x')
    fill()
    const before = below(harness.ccr.ccrHome)
    const record = harness.record('demo,x')
    await failed(await harness.run('start', 'demo,x'), ...FULL)
    expect(below(harness.ccr.ccrHome)).toEqual(before)
    expect(harness.record('demo,x')).toEqual(record)
    rmSync(filler())
    await harness.succeed('start', 'demo,x')
    expect(harness.record('demo,x')).toMatchObject({ port, token })
  })

  test('a running session goes on, also when it cannot be restarted, and counts its clients', async () => {
    await harness.succeed('start', 'demo,x')
    const { pid, port, token } = harness.record('demo,x')
    fill()
    const client = await harness.attach('demo,x')
    const { code, stderr } = await harness.run('restart', 'demo,x')
    expect([code, stderr]).toEqual([1, expect.stringContaining('no space left on device')])
    expect(await harness.view('demo,x')).toMatchObject({ state: 'running', pid, referenceCount: 1 })
    const baseUrl = `http://127.0.0.1:${String(port)}`
    const session = { sessionId: '', port: port ?? 0, pid: pid ?? 0, token, baseUrl }
    expect((await messagesClient(session, 'any').post()).status).toBe(200)
    expect('alive' in client && client.alive).toBe(true)
    rmSync(filler())
    await harness.succeed('restart', 'demo,x')
    await settled(harness, new Map([['demo,x', { port, token }]]))
  })

  test('a stop ends the session although it cannot be noted, and says what was not', async () => {
    await harness.succeed('start', 'demo,x')
    fill()
    await failed(await harness.run('stop', 'demo,x'), ...FULL)
    expect(await harness.view('demo,x')).toMatchObject({ state: 'stopped' })
    rmSync(filler())
    await harness.succeed('stop', 'demo,x')
    expect(harness.record('demo,x')).toMatchObject({ desired: 'stopped' })
    expect(below(harness.ccr.ccrHome).filter((name) => name.endsWith('.tmp'))).toEqual([])
  })
})

describe('a full disk under ccr compare', { ...MOUNTS, ...GIT }, () => {
  let repo: string
  let client: Record<string, string>
  beforeEach(async () => {
    mount(harness.ccr.ccrHome, '4m')
    mounted = true
    await harness.ccr.configure({ Providers: [{ name: 'demo' }] })
    client = { ...(await fakeAgent(join(harness.ccr.home, 'client'))) }
    repo = join(harness.ccr.home, 'repo')
    mkdirSync(repo)
    writeFileSync(join(repo, 'a.txt'), 'one\n')
    git('init', '--quiet')
    git('add', '--all')
    git('-c', 'user.name=U', '-c', 'user.email=u@example.org', 'commit', '--quiet', '-m', 'Start')
  })

  const git = (...args: string[]): string =>
    execFileSync('git', args, { cwd: repo, encoding: 'utf8' })
  const compare = (...args: string[]): Promise<Ran> =>
    harness.ccr.run(['compare', ...args], { cwd: repo, env: client })
  const BOTH = ['-m', 'demo,a', '-m', 'demo,b']
  /** What is left of runs: their folders, branches, worktrees. */
  const left = (): string[] => [
    ...below(harness.ccr.ccrHome).filter((name) => /^compare\//.test(name)),
    ...git('branch', '--list', 'ccr/*').split('\n').filter(Boolean),
    ...git('worktree', 'list').trim().split('\n').slice(1),
  ]
  const plain = (text: string, words: readonly string[]): void => {
    for (const word of words) expect(text).toContain(word)
    expect(text).not.toContain('bug')
    expect(text).not.toMatch(/^ +at /m)
  }

  test('sessions that run answer, and a page that has no room is told behind the answers', async () => {
    await harness.succeed('start', 'demo,a')
    await harness.succeed('start', 'demo,b')
    fill()
    const page = join(harness.ccr.ccrHome, 'page.html')
    const { code, stdout, stderr } = await compare(...BOTH, '--html', page, 'hi')
    expect([code, stdout]).toEqual([1, expect.stringMatching(/demo,a[^]*demo,b/)])
    plain(stderr, ['no space left', 'everything else was done'])
    expect(await compare(...BOTH, 'hi')).toMatchObject({ code: 0 })
  })

  test('agents do not begin, and leave nothing', async () => {
    fill()
    const { code, stdout, stderr } = await compare('--agent', ...BOTH, '1')
    expect([code, stdout]).toEqual([1, ''])
    plain(stderr, FULL)
    expect(left()).toEqual([])
  })

  test('that fills while agents work: what they did is shown, told, and can be cleaned', async () => {
    await harness.succeed('start', 'demo,a')
    await harness.succeed('start', 'demo,b')
    const task = `
      fs.writeFileSync('a.txt', 'two\\n')
      for (const size of [65536, 4096, 512, 1]) for (;;) {
        try { fs.writeFileSync(${JSON.stringify(filler())}, Buffer.alloc(size), { flag: 'a' }) } catch { break }
      }`
    const { code, stdout, stderr } = await compare('--agent', ...BOTH, task)
    expect([code, stdout]).toEqual([1, expect.stringMatching(/A +demo,a[^]*B +demo,b/)])
    plain(stderr, FULL)
    expect((await compare('list')).stdout).toContain('interrupted')
    rmSync(filler())
    const { stdout: shown } = await compare('show')
    expect(shown).toContain('a.txt')
    fill()
    expect(await compare('diff', 'A')).toMatchObject({ code: 0 })
    rmSync(filler())
    expect(await compare('apply', 'A')).toMatchObject({ code: 0 })
    expect(git('diff', '--stat')).toContain('a.txt')
    expect(await compare('clean')).toMatchObject({ code: 0 })
    expect(left()).toEqual([])
  })
})

describe('a home that cannot be written', () => {
  test('because a file is in its place', async () => {
    const home = join(harness.ccr.home, 'a file')
    writeFileSync(home, 'mine')
    for (const command of ['start', 'restart', 'stop', 'status']) {
      const ran = await harness.run(command, 'demo,x', { env: { CCR_HOME: home } })
      expect([command, ran.code, ran.stdout]).toEqual([command, 1, ''])
      expect(ran.stderr).toContain(home)
      expect(ran.stderr).toContain('CCR_HOME=FOLDER')
      expect(ran.stderr).not.toContain('bug')
    }
    expect(below(harness.ccr.home).filter((name) => name.startsWith('a file'))).toEqual(['a file'])
  })

  test('because its file system is read-only', MOUNTS, async () => {
    await smallDisk()
    const remount = (how: string): unknown =>
      execFileSync('mount', ['-o', `remount,${how}`, harness.ccr.ccrHome])
    remount('ro')
    await failed(await harness.run('start', 'demo,x'), 'ccr: cannot write', 'read-only')
    remount('rw')
    await harness.succeed('start', 'demo,x')
    await harness.succeed('stop', 'demo,x')
    const before = below(harness.ccr.ccrHome)
    remount('ro')
    await failed(await harness.run('start', 'demo,x'), 'read-only')
    expect(below(harness.ccr.ccrHome)).toEqual(before)
    remount('rw')
    await harness.succeed('start', 'demo,x')
  })
})
