/** `ccr code` with the built ccr, a real daemon and a stand-in for claude. */
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { chmod, readFile, rm, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { createInterface } from 'node:readline'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { type Ccr, collected, type RunOptions, throwawayCcr } from '../support/ccr.ts'
import { text } from '../support/replies.ts'
import { startUpstream, withResolvers } from '../support/upstream.ts'
import { fakeClaude, type Shown } from './fake-claude.ts'
import { LINUX, POSIX } from '../support/requires.ts'

let ccr: Ccr
let path: string

beforeEach(async () => {
  ccr = await throwawayCcr({ Providers: [{ name: 'demo' }], Router: { default: 'demo,demo-a' } })
  path = `${await fakeClaude(ccr.home)}:${dirname(process.execPath)}`
})
afterEach(() => ccr.remove())

const options = (fake?: string, more: RunOptions = {}): RunOptions => ({
  ...more,
  env: { PATH: path, ...(fake === undefined ? {} : { FAKE: fake }), ...more.env },
})

interface Listed {
  readonly sessionId: string
  readonly pid: number
  readonly port: number
  readonly referenceCount: number
  readonly state: string
}

async function sessions(): Promise<Listed[]> {
  return JSON.parse((await ccr.run(['sessions', '--json'])).stdout) as Listed[]
}

async function show(argv: string[], more?: RunOptions): Promise<Shown & { stderr: string }> {
  const { code, stdout, stderr } = await ccr.run(['code', ...argv], options('show', more))
  expect(code, stderr).toBe(0)
  return { ...(JSON.parse(stdout) as Shown), stderr }
}

/** A running `ccr code` whose lines are read one after the other. */
interface Client {
  readonly child: ChildProcess
  readonly line: () => Promise<string>
  readonly ask: (prompt: string) => Promise<string>
  readonly ended: Promise<{ code: number | null; signal: NodeJS.Signals | null; stderr: string }>
}

function client(fake: string, more?: RunOptions): Client {
  const child = ccr.spawn(['code'], options(fake, more))
  const lines = createInterface({ input: child.stdout! })[Symbol.asyncIterator]()
  let stderr = ''
  child.stderr!.setEncoding('utf8').on('data', (text: string) => (stderr += text))
  const line = async (): Promise<string> => {
    const next = await lines.next()
    if (next.done === true) throw new Error(`no more lines; stderr: ${stderr}`)
    return next.value
  }
  const ended = once(child, 'close').then(([code, signal]) => ({
    code: code as number | null,
    signal: signal as NodeJS.Signals | null,
    stderr,
  }))
  return {
    child,
    line,
    ended,
    ask: (prompt) => {
      child.stdin!.write(`${prompt}\n`)
      return line()
    },
  }
}

describe('the arguments', () => {
  it('reach claude as they are: the prompt, spaces, lines, nothing, quotes, options, a leading --', async () => {
    const argv = [
      '--',
      'Write a function',
      'two\nlines',
      '',
      'ünïcødé 🎉',
      `it's "$HOME" \`x\` %PATH% \\`,
      '--config',
      'x',
      '--help',
      '-v',
      '--',
    ]
    expect((await show(argv)).argv).toEqual(argv)
    expect((await show([])).argv).toEqual([])
    expect((await show(['Write a function'])).argv).toEqual(['Write a function'])
    expect((await show(['--help'])).argv).toEqual(['--help'])
  })

  it('run in the folder of the user', async () => {
    expect((await show([])).cwd).toBe(ccr.work)
  })
})

describe('the prices that claude counts with', () => {
  const LIMITED = ['-p', 'hi', '--max-budget-usd', '1']

  it('stand in its first argument: the demo costs nothing, whatever name it is called by', async () => {
    const current = { env: { FAKE_VERSION: '2.1.330 (Claude Code)' } }
    const { argv, env, stderr } = await show(LIMITED, current)
    expect(argv).toEqual(['--managed-settings', argv[1], ...LIMITED])
    const { modelPricing } = JSON.parse(argv[1] ?? '') as {
      modelPricing: { overrides: Record<string, unknown> }
    }
    const free = { input: 0, output: 0, cacheRead: 0, cacheWrite: 0 }
    expect(modelPricing.overrides).toMatchObject({
      [env['ANTHROPIC_MODEL'] ?? '']: free,
      'demo,demo-a': free,
      'claude-haiku-4-5': free,
    })
    expect(stderr).not.toContain('--max-budget-usd')
  })

  it('are missing where an old claude does not take them, which a limit makes worth a note', async () => {
    const { argv, stderr } = await show(LIMITED)
    expect(argv).toEqual(LIMITED)
    expect(stderr).toContain('--max-budget-usd counts the price of a Claude model')
    expect((await show(['-p', 'hi'])).stderr).not.toContain('price')
  })
})

describe('the names of the models', () => {
  const NEW = { env: { FAKE_VERSION: '2.1.330 (Claude Code)' } }
  const DISCOVERY = 'CLAUDE_CODE_ENABLE_GATEWAY_MODEL_DISCOVERY'

  it('come before the arguments of the user, as settings without a secret', async () => {
    await ccr.configure({ Providers: [{ name: 'demo', models: ['demo-a', 'claude-x'] }] })
    const { argv, env } = await show(['Write a function', '--', '-x'], {
      preference: 'demo,demo-a',
      ...NEW,
    })
    const [option, settings = '', ...rest] = argv
    expect([option, ...rest]).toEqual(['--managed-settings', 'Write a function', '--', '-x'])
    expect(JSON.parse(settings)).toMatchObject({
      modelPicker: {
        options: [
          {
            model: env['ANTHROPIC_MODEL'],
            label: 'demo,demo-a',
            description: expect.stringContaining('The model of this session') as string,
          },
          {
            model: expect.stringMatching(/^ccr-m-[0-9a-f]{12}$/) as string,
            label: 'demo,claude-x',
            description: expect.stringContaining('Context window unknown') as string,
          },
        ],
        replaceBuiltInOptions: true,
      },
    })
    expect(settings).not.toContain(env['ANTHROPIC_AUTH_TOKEN'])
    expect(env['ANTHROPIC_DEFAULT_MODEL']).toBe(env['ANTHROPIC_MODEL'])
    expect(env[DISCOVERY]).toBeUndefined()
  })

  it('stay away from subcommands, from settings of the user, and from a claude that is too old', async () => {
    expect((await show(['mcp', 'list'], NEW)).argv).toEqual(['mcp', 'list'])
    const theirs = ['--managed-settings', '{}', 'hello']
    expect((await show(theirs, NEW)).argv).toEqual(theirs)
    const { argv, env } = await show(['Hello'], { env: { FAKE_VERSION: '2.1.242 (Claude Code)' } })
    expect(argv).toEqual(['Hello'])
    expect(env[DISCOVERY]).toBe('1')
  })

  it('are left out in a second start of a claude that turns out not to take them', async () => {
    const file = join(ccr.home, 'changing')
    const script = `#!/bin/sh
case "$1" in
  --version) if [ -e "$0.old" ]; then echo '2.0.1 (Claude Code)'; else echo '2.1.330 (Claude Code)'; fi; touch "$0.old" ;;
  --managed-settings) echo "error: unknown option '$1'" >&2; exit 1 ;;
  *) echo "started with $*" ;;
esac
`
    await writeFile(file, script, { mode: 0o755 })
    const of = () => ccr.run(['code', 'Write'], { env: { CLAUDE_PATH: file } })
    expect(await of()).toMatchObject({ code: 0, stdout: 'started with Write\n' })
    const second = await of()
    expect(second).toMatchObject({ code: 0, stdout: 'started with Write\n' })
    expect(second.stderr).not.toContain('unknown option')
  })
})

describe('--pref in first place', () => {
  it.each([
    ['provider,model', 'demo,demo-b'],
    ['provider/model', 'demo/demo-b'],
    ['a model alone', 'demo-b'],
    ['a name of Preferences', 'other'],
  ])('chooses the session by %s; all behind it is claude’s', async (_, preference) => {
    await ccr.configure({
      Providers: [{ name: 'demo', models: ['demo-a', 'demo-b'] }],
      Router: { default: 'demo,demo-a' },
      Preferences: { other: 'demo,demo-b' },
    })
    const behind = ['-p', 'hi', '--pref', 'x', '--', '--pref=y']
    const { argv, env, stderr } = await show(['--pref', preference, ...behind])
    expect(argv).toEqual(behind)
    expect(env).toMatchObject({
      CCR_MODEL_PREFERENCE: preference,
      ANTHROPIC_CUSTOM_MODEL_OPTION_NAME: 'demo,demo-b',
    })
    expect(stderr).not.toContain('--pref')
    expect((await show([`--pref=${preference}`, '-p', 'hi'])).argv).toEqual(['-p', 'hi'])
    expect(await sessions()).toHaveLength(1)
  })

  it('wins over CCR_MODEL_PREFERENCE, and says so', async () => {
    const shell = { preference: 'demo,demo-a' }
    const { env, stderr } = await show(['--pref', 'demo,demo-b'], shell)
    expect(env['CCR_MODEL_PREFERENCE']).toBe('demo,demo-b')
    expect(stderr).toContain(
      'using --pref demo,demo-b; CCR_MODEL_PREFERENCE=demo,demo-a is ignored',
    )
    expect((await show(['--pref', 'demo,demo-a'], shell)).stderr).not.toContain('counts')
  })

  it('works without a config for the demo', async () => {
    await rm(join(ccr.ccrHome, 'config.json'))
    expect((await show(['--pref', 'demo'])).env['CCR_MODEL_PREFERENCE']).toBe('demo')
  })

  it.each([
    [
      'leads nowhere',
      ['--pref', 'nope', '-p', 'hi'],
      1,
      ['--pref nope matches no model', 'ccr models'],
    ],
    ['is missing', ['--pref'], 2, ['--pref needs a preference', 'ccr code --pref provider,model']],
  ])('that %s starts nothing and says what to do', async (_, argv, exit, message) => {
    const { code, stdout, stderr } = await ccr.run(['code', ...argv], options('show'))
    expect({ code, stdout }).toEqual({ code: exit, stdout: '' })
    for (const words of message) expect(stderr).toContain(words)
    expect(await sessions()).toEqual([])
  })

  it('is claude’s anywhere else', async () => {
    for (const argv of [
      ['-p', 'hi', '--pref', 'nope'],
      ['--', '--pref', 'nope'],
    ]) {
      const shown = await show(argv)
      expect(shown.argv).toEqual(argv)
      expect(shown.env).not.toHaveProperty('CCR_MODEL_PREFERENCE')
    }
  })
})

describe('the environment', () => {
  it('leads to the session, by its own token and a neutral name', async () => {
    const { env } = await show([], {
      preference: 'demo,demo-b',
      env: { ANTHROPIC_API_KEY: 'sk-theirs', CLAUDE_CODE_USE_BEDROCK: '1', API_TIMEOUT_MS: '1234' },
    })
    const [session] = await sessions()
    const record = JSON.parse(
      await readFile(join(ccr.ccrHome, 'sessions', session!.sessionId, 'session.json'), 'utf8'),
    ) as { token: string }
    expect(env).toMatchObject({
      CLAUDE_CODE_PROVIDER_MANAGED_BY_HOST: '1',
      ANTHROPIC_BASE_URL: `http://127.0.0.1:${session!.port}`,
      ANTHROPIC_AUTH_TOKEN: record.token,
      ANTHROPIC_MODEL: `ccr-${session!.sessionId}`,
      ANTHROPIC_CUSTOM_MODEL_OPTION: `ccr-${session!.sessionId}`,
      ANTHROPIC_CUSTOM_MODEL_OPTION_NAME: 'demo,demo-b',
      CLAUDE_CODE_MAX_CONTEXT_TOKENS: '200000',
      CLAUDE_CODE_AUTO_MODE_SERVER: '0',
      API_TIMEOUT_MS: '1234',
      CCR_MODEL_PREFERENCE: 'demo,demo-b',
    })
    expect(env).not.toHaveProperty('ANTHROPIC_API_KEY')
    expect(env).not.toHaveProperty('CLAUDE_CODE_USE_BEDROCK')
  })

  it('of the default session names the default of the config', async () => {
    expect((await show([])).env).toMatchObject({
      ANTHROPIC_MODEL: 'ccr-default',
      ANTHROPIC_CUSTOM_MODEL_OPTION_NAME: 'demo,demo-a',
      API_TIMEOUT_MS: '600000',
    })
  })

  it('keeps the bare name of a Claude model where all goes to Anthropic itself', async () => {
    await ccr.configure({
      Providers: [
        {
          name: 'anthropic',
          api_base_url: 'https://api.anthropic.com/v1/messages',
          api_key: 'sk-ant-x',
          models: ['claude-opus-4-8'],
        },
      ],
    })
    const { env } = await show([], { preference: 'anthropic,claude-opus-4-8' })
    expect(env).toMatchObject({ ANTHROPIC_MODEL: 'claude-opus-4-8' })
    expect(env).not.toHaveProperty('ANTHROPIC_CUSTOM_MODEL_OPTION')
    expect(env).not.toHaveProperty('CLAUDE_CODE_AUTO_MODE_SERVER')
    expect(env).not.toHaveProperty('CLAUDE_CODE_MAX_CONTEXT_TOKENS')
  })
})

describe('the session', () => {
  it('is started, answers, is counted while claude lives, and stays when claude has ended', async () => {
    const one = client('ask')
    await one.line()
    expect(await one.ask('hello')).toMatch(/^200 .*demo-a/)
    expect(await sessions()).toMatchObject([{ sessionId: 'default', referenceCount: 1 }])
    one.child.stdin!.end()
    expect(await one.ended).toMatchObject({ code: 0 })
    const [after] = await sessions()
    expect(after).toMatchObject({ sessionId: 'default', referenceCount: 0 })

    await show([])
    expect((await sessions())[0]?.pid).toBe(after?.pid)
  })

  it('of a demo preference needs no config file', async () => {
    const { env } = await show([], { preference: 'demo,any-name', env: { CCR_HOME: ccr.work } })
    expect(env['ANTHROPIC_CUSTOM_MODEL_OPTION_NAME']).toBe('demo,any-name')
    await ccr.run(['stop', '--all', '--force'], { env: { CCR_HOME: ccr.work } })
  })

  it('comes back after a crash, on the same port, and claude goes on', async () => {
    const one = client('ask')
    await one.line()
    const [before] = await sessions()
    process.kill(before!.pid, 'SIGKILL')
    expect(await one.ask('still there?')).toMatch(/^200 /)
    await vi.waitFor(
      async () =>
        expect(await sessions()).toMatchObject([{ port: before!.port, referenceCount: 1 }]),
      { timeout: 20_000, interval: 50 },
    )
    expect((await sessions())[0]?.pid).not.toBe(before!.pid)
    one.child.stdin!.end()
    expect(await one.ended).toMatchObject({ code: 0, stderr: '' })
  })

  it('is revived once however many clients it has', async () => {
    const clients = [client('ask'), client('ask'), client('ask')]
    await Promise.all(clients.map((one) => one.line()))
    const [before] = await sessions()
    process.kill(before!.pid, 'SIGKILL')
    await Promise.all(clients.map((one) => one.ask('still there?')))
    await vi.waitFor(async () => expect(await sessions()).toMatchObject([{ referenceCount: 3 }]), {
      timeout: 20_000,
      interval: 50,
    })
    for (const one of clients) one.child.stdin!.end()
    for (const one of clients) expect((await one.ended).stderr).toBe('')
  })

  it('that crashes three times in a minute is left alone, and the user is told', async () => {
    const one = client('ask')
    await one.line()
    for (let crash = 1; crash <= 3; crash += 1) {
      await vi.waitFor(
        async () => expect(await sessions()).toMatchObject([{ referenceCount: 1 }]),
        { timeout: 20_000, interval: 50 },
      )
      process.kill((await sessions())[0]!.pid, 'SIGKILL')
    }
    await vi.waitFor(async () => expect(await sessions()).toEqual([]), {
      timeout: 20_000,
      interval: 50,
    })
    one.child.stdin!.end()
    const { stderr } = await one.ended
    expect(stderr).toContain('crashed three times in a minute')
    expect(stderr).toContain('router.log')
    expect(await sessions()).toEqual([])
  })

  it('may be restarted under claude', async () => {
    const one = client('ask')
    await one.line()
    const [before] = await sessions()
    expect((await ccr.run(['restart'])).code).toBe(0)
    expect(await one.ask('hello')).toMatch(/^200 /)
    await vi.waitFor(
      async () =>
        expect(await sessions()).toMatchObject([{ port: before!.port, referenceCount: 1 }]),
      { timeout: 20_000, interval: 50 },
    )
    one.child.stdin!.end()
    expect(await one.ended).toMatchObject({ code: 0, stderr: '' })
  })

  it('that the user stops stays stopped; claude ends, and the exit code says so', async () => {
    const one = client('wait')
    await one.line()
    expect((await ccr.run(['stop'])).code).toBe(0)
    const { code, stderr } = await one.ended
    expect(code).toBe(5) // what the fake claude makes of SIGTERM
    expect(stderr).toContain('was stopped')
    expect(await sessions()).toEqual([])
  })

  it('that is stopped under a running answer: the client prints it and ends by itself', async () => {
    const upstream = await startUpstream()
    try {
      const gate = withResolvers<null>()
      upstream.script(text('the whole answer', { before: gate.promise }))
      await ccr.configure({
        Providers: [{ name: 'fake', api_base_url: upstream.chatUrl, api_key: 'k', models: ['m'] }],
        Router: { default: 'fake,m' },
      })
      const one = client('print:2000')
      await upstream.request(0)
      const stopped = ccr.run(['stop', '--drain', '60'])
      await vi.waitFor(
        async () => expect(await sessions()).toMatchObject([{ state: 'draining' }]),
        { timeout: 20_000, interval: 50 },
      )
      gate.resolve(null)
      expect(await stopped).toMatchObject({ code: 0 })
      expect((await stopped).stdout).toContain('1 terminal was attached')
      expect(await one.line()).toBe('200 the whole answer')
      expect(await one.ended).toMatchObject({ code: 0, signal: null })
    } finally {
      await upstream.close()
    }
  })

  it('that the user stops and starts counts a client that lived on, and heals it again', async () => {
    const one = client('ask')
    await one.line()
    expect(await one.ask('hello')).toMatch(/^200 /)
    expect((await ccr.run(['stop'])).code).toBe(0)
    expect((await ccr.run(['start'])).code).toBe(0)
    await vi.waitFor(async () => expect(await sessions()).toMatchObject([{ referenceCount: 1 }]), {
      timeout: 20_000,
      interval: 50,
    })
    process.kill((await sessions())[0]!.pid, 'SIGKILL')
    expect(await one.ask('still there?')).toMatch(/^200 /)
    one.child.stdin!.end()
    expect(await one.ended).toMatchObject({ code: 0 })
    expect((await one.ended).stderr).toContain('the session is running again')
  })

  it('is joined from a shell that lacks a variable of the config, which the session keeps', async () => {
    await ccr.configure({ Providers: [{ name: 'demo' }], APIKEY: '${CCR_TEST_LOCK}' })
    const preference = 'demo,demo-a'
    const env = { CCR_TEST_LOCK: 'k' }
    expect((await ccr.run(['start'], { preference, env })).code).toBe(0)
    const { code, stderr } = await ccr.run(['code'], options('show', { preference }))
    expect(code, stderr).toBe(0)
  })

  it('of an own config file is another session, and claude gets every argument after code', async () => {
    const file = join(ccr.home, 'own.json')
    await writeFile(file, JSON.stringify({ Providers: [{ name: 'demo' }] }))
    const run = await ccr.run(['--config', file, 'code', '--config', 'x'], options('show', {}))
    expect(run.code, run.stderr).toBe(0)
    const { argv, env } = JSON.parse(run.stdout) as Shown
    expect(argv).toEqual(['--config', 'x'])
    expect(env['ANTHROPIC_MODEL']).toMatch(/^ccr-[0-9a-f]{8}$/)
    expect((await ccr.run(['status', '--config', file])).code).toBe(0)
    expect((await ccr.run(['status'])).code).not.toBe(0)
  })

  it('is named when the same model runs under another spelling', async () => {
    await show([], { preference: 'demo,demo-b' })
    const { stderr } = await show([], { preference: 'demo/demo-b' })
    expect(stderr).toContain("spelled 'demo,demo-b'")
  })

  it('warns of a preference that is not configured, and goes by the config', async () => {
    const { stderr, env } = await show([], { preference: 'nobody,nothing' })
    expect(stderr).toContain('nobody')
    expect(env['ANTHROPIC_CUSTOM_MODEL_OPTION_NAME']).toBe('nobody,nothing -> demo,demo-a')
  })
})

describe('the end of claude', () => {
  it.each([0, 1, 7, 255])('with exit code %d is the end of ccr', async (code) => {
    expect((await ccr.run(['code'], options(`exit:${code}`))).code).toBe(code)
  })

  it.each([
    ['SIGTERM', 143],
    ['SIGKILL', 137],
    ['SIGINT', 130],
  ])('by %s gives 128+N', async (signal, code) => {
    expect((await ccr.run(['code'], options(`die:${signal}`))).code).toBe(code)
  })

  it.each(['SIGTERM', 'SIGHUP'] as const)('follows a %s to the launcher', async (signal) => {
    const one = client('wait')
    await one.line()
    one.child.kill(signal)
    expect(await one.line()).toBe(signal)
    expect(await one.ended).toMatchObject({ code: 5 })
  })

  it.each([
    ['SIGINT', 130],
    ['SIGQUIT', 131],
  ] as const)('follows a %s that only the launcher got', async (signal, code) => {
    const one = client('wait')
    await one.line()
    one.child.kill(signal)
    expect(await one.ended).toMatchObject({ code, signal: null })
  })

  it(
    'is its own where a terminal sends a SIGINT to both: it gets one, not two',
    POSIX,
    async () => {
      const one = client('wait:interrupted')
      await one.line()
      process.kill(-one.child.pid!, 'SIGINT') // a command of the test has a process group of its own
      expect(await one.line()).toBe('SIGINT')
      expect(await one.ended).toMatchObject({ code: 6, signal: null })
    },
  )

  it('follows the hard death of the launcher', LINUX, async () => {
    const one = client('wait:deaf')
    await one.line()
    one.child.kill('SIGKILL')
    // The pipe closes only when claude, who holds it too, has ended.
    expect(await one.line()).toBe('SIGTERM')
    expect(await one.ended).toMatchObject({ signal: 'SIGKILL' })
    await vi.waitFor(async () => expect(await sessions()).toMatchObject([{ referenceCount: 0 }]), {
      interval: 50,
    })
  })
})

describe('without a claude to run', () => {
  it('says how to install it, exits 127 and starts no session', async () => {
    const { code, stderr } = await ccr.run(['code', 'hi'], { env: { PATH: '/nonexistent' } })
    expect(code).toBe(127)
    expect(stderr).toContain('npm install -g @anthropic-ai/claude-code')
    expect(await sessions()).toEqual([])
  })

  it('names a CLAUDE_PATH that leads nowhere', async () => {
    const { code, stderr } = await ccr.run(
      ['code'],
      options(undefined, { env: { CLAUDE_PATH: '/no/claude' } }),
    )
    expect(code).toBe(127)
    expect(stderr).toContain('/no/claude')
    expect(await sessions()).toEqual([])
  })

  it('exits 126 for one that may not be run', async () => {
    const file = join(ccr.home, 'claude')
    await writeFile(file, 'x')
    await chmod(file, 0o644)
    const { code, stderr } = await ccr.run(
      ['code'],
      options(undefined, { env: { CLAUDE_PATH: file } }),
    )
    expect(code).toBe(126)
    expect(stderr).toContain('chmod +x')
    expect(await sessions()).toEqual([])
  })

  it('exits 127 for one whose interpreter is missing, and names it', async () => {
    const file = join(ccr.home, 'claude')
    await writeFile(file, '#!/no/such/interpreter\n')
    await chmod(file, 0o755)
    const { code, stderr } = await ccr.run(
      ['code'],
      options(undefined, { env: { CLAUDE_PATH: file } }),
    )
    expect(code).toBe(127)
    expect(stderr).toContain(file)
  })

  it('takes CLAUDE_PATH of the config first', async () => {
    await ccr.configure({ CLAUDE_PATH: '/from/config', Providers: [{ name: 'demo' }] })
    const { code, stderr } = await ccr.run(['code'], options())
    expect(code).toBe(127)
    expect(stderr).toContain("CLAUDE_PATH of the config is '/from/config'")
  })
})

describe('NON_INTERACTIVE_MODE', () => {
  const demo = { Providers: [{ name: 'demo' }], Router: { default: 'demo,demo-a' } }
  const QUIET = { CI: 'true', FORCE_COLOR: '0', NODE_NO_READLINE: '1', TERM: 'dumb' }
  const terminal = { env: { TERM: 'xterm-256color', FORCE_COLOR: '3' } }

  it.each([true, 'true'])('tells claude that no user is present (%j)', async (written) => {
    await ccr.configure({ ...demo, NON_INTERACTIVE_MODE: written })
    expect((await show([], terminal)).env).toMatchObject(QUIET)
  })

  it('leaves the environment alone when false or absent', async () => {
    expect((await show([], terminal)).env).toMatchObject(terminal.env)
    await ccr.configure({ ...demo, NON_INTERACTIVE_MODE: false })
    const { env } = await show([], terminal)
    expect(env).toMatchObject(terminal.env)
    expect(env).not.toHaveProperty('CI')
  })

  it('ends the input of claude at once, though that of ccr stays open', async () => {
    await ccr.configure({ ...demo, NON_INTERACTIVE_MODE: true })
    const one = client('wait')
    expect(await one.line()).toMatch(/^ready/)
    expect(await one.ended).toMatchObject({ code: 0, signal: null })
  })

  it('does not reach a shell that ccr activate sets up', async () => {
    await ccr.configure({ ...demo, NON_INTERACTIVE_MODE: true })
    const { stdout } = await ccr.run(['env', '--start'])
    expect(stdout).toContain('ANTHROPIC_BASE_URL')
    expect(stdout).not.toMatch(/\b(CI|TERM)\b/)
  })
})

it('a config that cannot be read stops ccr code with line and column, before claude', async () => {
  await writeFile(join(ccr.ccrHome, 'config.json'), '{\n  "Providers": [,]\n}')
  const { code, stdout, stderr } = await ccr.run(['code'], options())
  expect({ code, stdout }).toEqual({ code: 1, stdout: '' })
  expect(stderr).toMatch(/config\.json:2:\d+/)
})

it('a reader of the output that goes away is no error', async () => {
  const child = ccr.spawn(['help'])
  child.stdout!.destroy()
  expect(await collected(child)).toMatchObject({ code: 0, stderr: '' })
})
