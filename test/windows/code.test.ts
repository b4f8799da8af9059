/** `ccr code` on Windows, with a stand-in for claude as npm installs it. */
import { existsSync, readFileSync } from 'node:fs'
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { installFakeClaude, installFakeExe, type Shown } from './fake-claude.ts'
import {
  type Home,
  NODE,
  type RunOptions,
  type Running,
  toWindows,
  WINDOWS,
  windowsHome,
} from './harness.ts'

const DEMO = { Providers: [{ name: 'demo' }], Router: { default: 'demo,demo-a' } }
const PATIENCE = { timeout: 120_000, interval: 50 } as const

let home: Home
let npm: string

beforeAll(async () => {
  home = await windowsHome(DEMO)
  npm = join(home.folder, 'AppData', 'Roaming', 'npm & more')
  await installFakeClaude(npm)
})
afterAll(() => home.remove())

const options = (fake: string, more: RunOptions = {}): RunOptions => ({
  path: [npm],
  ...more,
  env: { FAKE: fake, ...more.env },
})

async function show(words: readonly string[], more?: RunOptions): Promise<Shown> {
  return JSON.parse(await home.succeed(['code', ...words], options('show', more))) as Shown
}

describe('the arguments', WINDOWS, () => {
  it('reach the program behind claude.cmd as they are', async () => {
    const words = [
      '-p',
      'two words',
      '"quoted" and \'single\'',
      '100% of %PATH% and %1',
      '^caret^ a&b | c > d < e',
      '!bang! (parenthesis) `tick` $HOME',
      'ünïcødé 🎉 日本語',
      'C:\\Program Files\\x\\',
      'ends with a backslash\\',
      '\\"',
      'two\\\\"three" \\\\',
      ' blanks around ',
      '',
      'two\nlines',
      '*.js',
      '--',
      '-x',
    ]
    expect((await show(words)).argv).toEqual(words)
  })

  it('may be none', async () => {
    expect((await show([])).argv).toEqual([])
  })

  it('may be long', async () => {
    // 32,767 characters are what Windows takes in a command line.
    const long = 'x "y" '.repeat(4_000)
    expect((await show(['-p', long])).argv).toEqual(['-p', long])
  })

  it('are given to it in the folder of the user, with the session in the environment', async () => {
    const folder = join(home.work, 'späte Arbeit % 1')
    await mkdir(folder)
    const { cwd, env } = await show(['-p', 'hi'], { cwd: folder })
    expect(cwd).toBe(toWindows(folder))
    expect(env).toMatchObject({
      ANTHROPIC_BASE_URL: `http://127.0.0.1:${String(home.port)}`,
      ANTHROPIC_AUTH_TOKEN: home.token('default'),
    })
  })
})

describe('the program', WINDOWS, () => {
  it('behind a claude.cmd may be an .exe', async () => {
    const folder = join(home.folder, 'with exe')
    const program = toWindows(await installFakeExe(folder, NODE))
    const words = ['two words', '"%PATH%" ^&', 'ü\\']
    const shown = await show([program, ...words], { path: [folder] })
    expect(shown.argv).toEqual(words)
    expect(shown.execPath).toMatch(/claude-code\\bin\\claude\.exe$/)
  })

  it('is one that Windows can start: no script for a shell, nor one for the script host', async () => {
    const first = join(home.folder, 'first')
    await mkdir(first)
    await writeFile(join(first, 'claude'), '#!/bin/sh\nexit 98\n')
    await writeFile(join(first, 'claude.js'), 'process.exit(97)')
    expect((await show(['-p', 'hi'], { path: [first, npm] })).argv).toEqual(['-p', 'hi'])
  })

  it('is the one of CLAUDE_PATH, with backslashes, blanks and umlauts', async () => {
    const folder = join(home.folder, 'Öfter gebraucht')
    await installFakeClaude(folder)
    const env = { CLAUDE_PATH: toWindows(join(folder, 'claude')) }
    expect((await show(['-p', 'hi'], { path: [], env })).argv).toEqual(['-p', 'hi'])
    const script = join(folder, 'node_modules', '@anthropic-ai', 'claude-code', 'cli.js')
    const shown = await show(['-p', 'hi'], { path: [], env: { CLAUDE_PATH: toWindows(script) } })
    expect(shown.argv).toEqual(['-p', 'hi'])
  })

  it('that is missing is said to be, with the exit code of a missing program', async () => {
    const { code, stderr } = await home.run(['code', '-p', 'hi'])
    expect([code, stderr]).toEqual([127, expect.stringContaining('is not installed')])
  })

  it('decides the exit code', async () => {
    expect((await home.run(['code', '-p', 'hi'], options('exit:7'))).code).toBe(7)
  })

  it('is answered by the model of its preference', async () => {
    const words = ['code', '--pref', 'demo,demo-b', '-p', 'hello there']
    expect(await home.succeed(words, options('ask'))).toMatch(/^200 .*demo-b/)
  })
})

describe('a claude that runs', WINDOWS, () => {
  let folder: string
  let running: Running
  const pids = (): number[] => readFileSync(join(folder, 'ready'), 'utf8').split(' ').map(Number)
  const lives = (pid: number): Promise<boolean> =>
    home.node(`(() => { try { return process.kill(${String(pid)}, 0) } catch { return false } })()`)
  const references = async (): Promise<number | undefined> =>
    (await home.sessions()).find(({ sessionId }) => sessionId === 'default')?.referenceCount
  const begin = async (name: string): Promise<void> => {
    folder = join(home.folder, name)
    await mkdir(folder)
    const env = { FAKE_FOLDER: toWindows(folder) }
    running = home.start(['code', '-p', 'hi'], options('wait', { env }))
    await vi.waitUntil(() => existsSync(join(folder, 'ready')), PATIENCE)
  }

  it('is counted, and ended by a stop of its session', async () => {
    await begin('one')
    expect(await references()).toBe(1)
    expect(await home.succeed(['stop'])).toContain('1 terminal was attached')
    const { code, stderr } = await running.ended
    expect(code).not.toBe(0)
    expect(stderr).toContain('session default was stopped')
    await vi.waitUntil(async () => !(await lives(pids()[0] ?? 0)), PATIENCE)
  })

  it('goes on with the next daemon when its own is terminated', async () => {
    await begin('two')
    const [before] = (await home.sessions()).filter(({ sessionId }) => sessionId === 'default')
    await home.kill(before?.pid ?? 0)
    const revived = async (): Promise<boolean> => {
      const now = (await home.sessions()).find(({ sessionId }) => sessionId === 'default')
      return now?.state === 'running' && now.pid !== before?.pid && now.port === before?.port
    }
    await vi.waitUntil(revived, PATIENCE)
    await writeFile(join(folder, 'go'), '')
    const { code, stdout, stderr } = await running.ended
    expect(code, stderr).toBe(0)
    expect(stdout).toMatch(/^200 /)
  })

  it('ends with its launcher, whose session is then free', async () => {
    await begin('three')
    const [claude = 0, launcher = 0] = pids()
    await home.kill(launcher)
    await vi.waitUntil(async () => !(await lives(claude)), PATIENCE)
    await vi.waitUntil(async () => (await references()) === 0, PATIENCE)
    await home.succeed(['stop'])
  })
})
