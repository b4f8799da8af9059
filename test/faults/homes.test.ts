/**
 * Homes that are not as ccr left them: root's files after a `sudo ccr`, another user's, read-only,
 * full, not even a folder. Every command that only looks says in words what is wrong and what mends
 * it, tells all else that it knows, and ends; those that need the home fail likewise and leave nothing.
 */
import { execFileSync, spawn } from 'node:child_process'
import {
  chmodSync,
  lchownSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { BIN, collected, type Ran } from '../support/ccr.ts'
import { claimPorts, type PortBlock } from '../support/ports.ts'
import { requires } from '../support/requires.ts'
import { canBeAnother, OTHER } from './squatter.ts'
import { PATIENCE } from './harness.ts'

const ANOTHER_USER = requires(canBeAnother(), {
  what: 'a second user (root, and a checkout that others can read)',
  fine: 'root may read and write everything; this is tested where root can become another user',
})

let top: string
let home: string
let ports: PortBlock
let mounted: string[]
beforeEach(async () => {
  ports = await claimPorts()
  mounted = []
  top = mkdtempSync(join(tmpdir(), 'ccr-homes-'))
  chmodSync(top, 0o755)
  home = join(top, 'user', '.claude-code-router')
  mkdirSync(home, { recursive: true })
  const config = { PORT: ports.port, Providers: [{ name: 'demo' }], Router: { default: 'demo,a' } }
  writeFileSync(join(home, 'config.json'), JSON.stringify(config))
  give(top, OTHER)
  for (const path of [join(top, 'user'), home]) chmodSync(path, 0o700)
})
afterEach(async () => {
  for (const folder of mounted) execFileSync('mount', ['-o', 'remount,rw', folder])
  give(top, OTHER)
  execFileSync('chmod', ['-R', 'u+rwX', top])
  await ccr('stop --all --force')
  for (const folder of mounted) execFileSync('umount', [folder])
  rmSync(top, { recursive: true, force: true })
  await ports.release()
})

/** Gives the whole folder to another user. */
function give(path: string, uid: number): void {
  lchownSync(path, uid, uid)
  if (!lstatSync(path).isDirectory()) return
  for (const name of readdirSync(path)) give(join(path, name), uid)
}

/** A command of the other user; one that does not end is ended, and then has no exit code. */
function ccr(command: string, env: Readonly<Record<string, string>> = {}): Promise<Ran> {
  const child = spawn(process.execPath, [BIN, ...command.split(' ')], {
    uid: OTHER,
    gid: OTHER,
    cwd: '/',
    timeout: 45_000,
    env: {
      ...{ PATH: '/usr/bin:/bin', HOME: dirname(home), CCR_HOME: home, SHELL: '/bin/sh' },
      ...{ CCR_MODEL_PREFERENCE: 'demo,x', CLAUDE_PATH: '/bin/true', ...env },
    },
  })
  child.stdin.end()
  return collected(child)
}

const session = (...names: readonly string[]): string =>
  join(home, 'sessions', '4a3b544b', ...names)

/** A session was started and stopped, and a request was recorded. */
async function used(): Promise<void> {
  expect(await ccr('start')).toMatchObject({ code: 0 })
  const { stdout } = await ccr('env')
  const value = (name: string): string => new RegExp(`${name}='(.*)'`).exec(stdout)?.[1] ?? ''
  await fetch(`${value('ANTHROPIC_BASE_URL')}/v1/messages`, {
    method: 'POST',
    headers: { authorization: `Bearer ${value('ANTHROPIC_AUTH_TOKEN')}` },
    body: JSON.stringify({ model: 'm', max_tokens: 9, messages: [{ role: 'user', content: 'x' }] }),
  }).then((response) => response.text())
  expect(await ccr('stop')).toMatchObject({ code: 0 })
  // A process that is about to go still has its files open.
  await expect.poll(daemons, PATIENCE).toEqual([])
}

interface Broken {
  /** Makes it so; gives the path that the commands must name. */
  readonly breaks: () => string | Promise<string>
  readonly cure: RegExp
  /** Commands that say it; `doctor` always does. */
  readonly say: readonly string[]
}

/** Commands that only look. */
const LOOKS = [
  'doctor',
  'status',
  'sessions',
  'sessions --all --json',
  'usage',
  'env',
  'stop',
  'stop --all',
  'config check',
  'config path',
  'models',
  'top',
  'budget',
  'logs',
  'preset list',
  'statusline',
  '--version',
  '--help',
  'help stop',
]
/** Commands that need a session. */
const STARTS = ['start', 'restart', 'code -p hi']
const ABOUT_SESSIONS = ['sessions', 'sessions --all --json', 'stop --all', 'models', 'top']
const ONE_SESSION = ['status', 'env', 'stop', ...STARTS]
const TAKE_OVER = /sudo chown -R \S+ \S*claude-code-router/

const rooted = (path: () => string) => async (): Promise<string> => {
  await used()
  give(path(), 0)
  return path()
}

const HOMES: Readonly<Record<string, Broken>> = {
  'is root’s': {
    breaks: rooted(() => home),
    cure: TAKE_OVER,
    say: [...ABOUT_SESSIONS, ...ONE_SESSION, 'usage', 'logs', 'config check'],
  },
  'belongs to another user, in a folder of that user': {
    breaks: async () => {
      await rooted(() => top)()
      return dirname(home)
    },
    cure: /CCR_HOME=FOLDER/,
    say: [...ABOUT_SESSIONS, ...ONE_SESSION, 'usage', 'logs'],
  },
  'has sessions of root’s only': {
    breaks: rooted(() => join(home, 'sessions')),
    cure: TAKE_OVER,
    say: [...ABOUT_SESSIONS, ...ONE_SESSION, 'logs'],
  },
  'has one session of root’s': {
    breaks: rooted(() => session()),
    cure: TAKE_OVER,
    say: [...ABOUT_SESSIONS, ...ONE_SESSION, 'logs'],
  },
  'has a session.json of root’s': {
    breaks: rooted(() => session('session.json')),
    cure: TAKE_OVER,
    say: [...ABOUT_SESSIONS, ...ONE_SESSION],
  },
  'has a router.log of root’s': {
    breaks: rooted(() => session('router.log')),
    cure: TAKE_OVER,
    say: ['logs', ...STARTS],
  },
  'has an env.json of root’s': {
    breaks: rooted(() => session('env.json')),
    cure: TAKE_OVER,
    say: [],
  },
  'has a lock secret of root’s': {
    breaks: rooted(() => join(home, '.lock-secret')),
    cure: TAKE_OVER,
    say: [...ABOUT_SESSIONS, ...ONE_SESSION],
  },
  'has a config of root’s': {
    breaks: async () => {
      chmodSync(join(home, 'config.json'), 0o600)
      return rooted(() => join(home, 'config.json'))()
    },
    cure: TAKE_OVER,
    say: ['status', 'config check', 'models', 'budget', 'env', ...STARTS],
  },
  'has figures of root’s': {
    breaks: rooted(() => join(home, 'usage')),
    cure: TAKE_OVER,
    say: ['usage', 'top'],
  },
  'has a database of root’s': {
    breaks: rooted(() => join(home, 'usage', 'usage-1.db')),
    cure: TAKE_OVER,
    say: ['usage', 'top'],
  },
  'is read-only before the first start': {
    breaks: () => {
      chmodSync(home, 0o500)
      return home
    },
    cure: /chmod u\+rwx/,
    say: ['env', ...STARTS],
  },
  'is read-only after a session': {
    breaks: async () => {
      await used()
      execFileSync('chmod', ['-R', 'a-w', home])
      return home
    },
    cure: /chmod u\+rwx/,
    say: STARTS,
  },
  'is on a read-only file system': {
    breaks: async () => {
      small('400k')
      await used()
      execFileSync('mount', ['-o', 'remount,ro', home])
      return home
    },
    cure: /read-only[^]*CCR_HOME=FOLDER/,
    say: STARTS,
  },
  'is full': {
    breaks: async () => {
      small('400k')
      await used()
      // SQLite removes its log once nobody has the database open, which would make room later.
      await ccr('usage')
      fill()
      return home
    },
    cure: /space|room/,
    say: STARTS,
  },
  'was full before the first start': {
    breaks: () => {
      small('64k')
      fill()
      return home
    },
    cure: /space|room/,
    say: ['env', ...STARTS],
  },
  'cannot be made': {
    breaks: () => {
      rmSync(home, { recursive: true })
      chmodSync(dirname(home), 0o500)
      return dirname(home)
    },
    cure: /chmod u\+rwx/,
    say: [...STARTS],
  },
  'is a file': {
    breaks: () => {
      rmSync(home, { recursive: true })
      writeFileSync(home, 'mine')
      return home
    },
    cure: /mv \S+[^]*CCR_HOME=FOLDER/,
    say: [...ABOUT_SESSIONS, ...ONE_SESSION, 'usage', 'logs'],
  },
  'has a file as sessions': {
    breaks: () => {
      writeFileSync(join(home, 'sessions'), 'mine')
      return join(home, 'sessions')
    },
    cure: /mv \S+/,
    say: [...ABOUT_SESSIONS, 'status', 'logs', ...STARTS],
  },
  'is a link to itself': {
    breaks: () => {
      rmSync(home, { recursive: true })
      symlinkSync(home, home)
      return home
    },
    cure: /Remove the link/,
    say: [...ABOUT_SESSIONS, ...ONE_SESSION, 'usage', 'logs'],
  },
  'is a link to nowhere': {
    breaks: () => {
      rmSync(home, { recursive: true })
      symlinkSync(join(top, 'gone'), home)
      return home
    },
    cure: /Remove the link/,
    say: [...STARTS],
  },
}

/** Puts a disk of its own under the home. */
function small(size: string): void {
  const config = join(home, 'config.json')
  const text = execFileSync('cat', [config])
  execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${size},mode=700,uid=${OTHER}`, 'tmpfs', home])
  mounted.push(home)
  writeFileSync(config, text, { mode: 0o600 })
  give(home, OTHER)
}

function fill(): void {
  for (const size of [65_536, 4_096, 512, 1]) {
    for (;;) {
      try {
        writeFileSync(join(home, 'filler'), Buffer.alloc(size), { flag: 'a' })
      } catch {
        break
      }
    }
  }
}

const mounts = ['is on a read-only file system', 'is full', 'was full before the first start']
const MOUNTS = requires(canBeAnother() && canMount(), {
  what: 'mounting a small file system, and a second user (root)',
  fine: 'a full disk and a read-only file system are tested where root runs this',
})

function canMount(): boolean {
  const folder = mkdtempSync(join(tmpdir(), 'ccr-mount-'))
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=64k', 'tmpfs', folder], { stdio: 'ignore' })
    execFileSync('umount', [folder])
    return true
  } catch {
    return false
  } finally {
    rmSync(folder, { recursive: true })
  }
}

/** It ended by itself, and what it says is for people. */
function inWords(command: string, { code, stdout, stderr }: Ran): void {
  const text = `${stdout}${stderr}`
  expect([0, 1, 3, 127], `${command}\n${text}`).toContain(code)
  expect(text, command).not.toMatch(/^ +at .*:\d+:\d+/m)
  expect(text, command).not.toMatch(/a bug in ccr|Cannot read propert|\bE[A-Z]{3,}: /)
  if (code === 1 && stdout === '') expect(stderr.trim().split('\n').length, command).not.toBe(1)
}

describe.each(Object.entries(HOMES))('a home that %s', (name, { breaks, cure, say }) => {
  test(
    'is told of by every command that meets it',
    { ...(mounts.includes(name) ? MOUNTS : ANOTHER_USER) },
    async () => {
      const path = await breaks()
      const shown = dirname(home)
      const looks = await inTurns(LOOKS, ccr)
      const starts = await inTurns(STARTS, ccr, 1)
      for (const [command, ran] of [...looks, ...starts]) {
        inWords(command, ran)
        if (command !== 'doctor' && !say.includes(command)) continue
        const text = `${ran.stdout}${ran.stderr}`.replaceAll('~', shown)
        expect(text, command).toContain(path)
        expect(text, command).toMatch(cure)
        if (STARTS.includes(command)) expect(ran, command).toMatchObject({ code: 1, stdout: '' })
      }
      for (const command of ['--version', '--help', 'help stop', 'config path', 'statusline']) {
        expect(new Map(looks).get(command), command).toMatchObject({ code: 0 })
      }
      if (!say.includes('start')) expect(await ccr('stop')).toMatchObject({ code: 0 })
      await expect.poll(daemons, PATIENCE).toEqual([]) // one that was stopped may be about to go
    },
  )
})

/** All of them, so many at a time. */
async function inTurns(
  commands: readonly string[],
  run: (command: string) => Promise<Ran>,
  atOnce = 4,
): Promise<(readonly [string, Ran])[]> {
  const now = commands.slice(0, atOnce)
  if (now.length === 0) return []
  const ran = await Promise.all(now.map(async (command) => [command, await run(command)] as const))
  return [...ran, ...(await inTurns(commands.slice(atOnce), run, atOnce))]
}

/** Processes that serve a session of this home. */
function daemons(): string[] {
  const all = execFileSync('ps', ['-eo', 'pid=,args=', 'e'], { encoding: 'utf8' }).split('\n')
  return all.filter((line) => line.includes(`CCR_HOME=${home}`) && line.includes('ccr daemon'))
}

test(
  'a folder of PATH that may not be entered keeps no command from going on',
  ANOTHER_USER,
  async () => {
    const closed = join(top, 'closed')
    mkdirSync(closed, { mode: 0o700 })
    const env = { PATH: `${closed}:/usr/bin:/bin`, CLAUDE_PATH: '' }
    for (const command of ['doctor', 'code -p hi']) {
      const ran = await ccr(command, env)
      inWords(command, ran)
      expect(`${ran.stdout}${ran.stderr}`).toContain('claude (Claude Code) is not installed')
    }
  },
)

test(
  'figures that cannot be recorded fail no request, and status says so',
  ANOTHER_USER,
  async () => {
    await used()
    give(join(home, 'usage'), 0)
    const ran = await ccr('start')
    expect(ran).toMatchObject({ code: 0 })
    const { stdout } = await ccr('env')
    const value = (name: string): string => new RegExp(`${name}='(.*)'`).exec(stdout)?.[1] ?? ''
    const ask = (): Promise<number> =>
      fetch(`${value('ANTHROPIC_BASE_URL')}/v1/messages`, {
        method: 'POST',
        headers: { authorization: `Bearer ${value('ANTHROPIC_AUTH_TOKEN')}` },
        body: JSON.stringify({
          model: 'm',
          max_tokens: 9,
          messages: [{ role: 'user', content: 'x' }],
        }),
      }).then(async (response) => {
        await response.text()
        return response.status
      })
    expect([await ask(), await ask()]).toEqual([200, 200])
    await expect
      .poll(async () => (await ccr('status')).stdout, { timeout: 30_000 })
      .toMatch(/cannot be recorded: .*usage.*belongs to root/)
    expect(await ccr('stop')).toMatchObject({ code: 0 })
  },
)
