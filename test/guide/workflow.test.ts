/** The guide, sentence by sentence: working with several sessions, what for, and how far it goes. */
import { connect } from 'node:net'
import { networkInterfaces } from 'node:os'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { processStart } from '../../src/lib/process.ts'
import { portClaims } from '../../src/session/ports.ts'
import { messagesClient } from '../support/client.ts'
import { text } from '../support/replies.ts'
import { answerOf, GPT4, startHarness, OPUS, TURBO, type Harness } from './harness.ts'

/** For a machine that is busy; what is waited for comes in milliseconds. */
const PATIENCE = { timeout: 20_000, interval: 20 }

let harness: Harness

beforeEach(async () => {
  harness = await startHarness()
})
afterEach(() => harness.remove())

const code = (preference: string, prompt: string): string =>
  `CCR_MODEL_PREFERENCE=${preference} ccr code "${prompt}"`

/** From now on no request is answered before there are `count` of them. */
function answerTogether(count: number): void {
  const all = harness.upstream.request(count - 1)
  harness.upstream.script(async ({ body }) => {
    await all
    return text(answerOf(body.model, 'all at once'))
  })
}

describe('Example Workflow', () => {
  it('"Running Multiple Models in Parallel": Terminal 1, Terminal 2 and Terminal 3 are answered at the same time', async () => {
    const terminals = [
      ['openrouter/gpt-4-turbo', 'gpt-4-turbo'],
      ['anthropic,claude-3-opus-20240229', 'claude-3-opus-20240229'],
      ['anthropic,claude-3-5-sonnet-20241022', 'claude-3-5-sonnet-20241022'],
    ] as const
    answerTogether(3)
    const runs = await Promise.all(
      terminals.map(([preference]) =>
        harness.bash(`CCR_MODEL_PREFERENCE=${preference} ccr start\n${code(preference, 'Work')}`),
      ),
    )
    for (const [n, [, model]] of terminals.entries()) {
      expect(runs[n]?.code).toBe(0)
      expect(runs[n]?.stdout).toContain(`200 ${answerOf(model, 'all at once')}\n`)
    }
  })

  it('"You can switch between sessions in the same terminal by changing the environment variable"', async () => {
    const { code: exit, stdout } = await harness.bash(
      [
        'export CCR_MODEL_PREFERENCE=openrouter/gpt-4',
        'ccr code "Task 1"',
        'CCR_MODEL_PREFERENCE=anthropic,claude-3-opus',
        'ccr code "Task 2"',
        'unset CCR_MODEL_PREFERENCE',
        'ccr code "Task 3"',
        'CCR_MODEL_PREFERENCE= ccr code "Task 4"',
      ].join('\n'),
    )
    expect(exit).toBe(0)
    expect(stdout.trimEnd().split('\n')).toEqual([
      `200 ${answerOf('gpt-4', 'Task 1')}`,
      `200 ${answerOf('claude-3-opus', 'Task 2')}`,
      `200 ${answerOf('llama-3', 'Task 3')}`,
      `200 ${answerOf('llama-3', 'Task 4')}`,
    ])
  })
})

describe('Shell Aliases (Optional)', () => {
  it('"For convenience, you can create shell aliases": every command works through one', async () => {
    const { code: exit, stdout } = await harness.bash(
      [
        `alias ccr-gpt4='CCR_MODEL_PREFERENCE=openrouter/gpt-4-turbo ccr'`,
        'ccr-gpt4 start',
        'ccr-gpt4 code "Use GPT-4"',
        'ccr-gpt4 status',
        'ccr-gpt4 restart',
        'ccr-gpt4 stop',
      ].join('\n'),
    )
    expect(exit).toBe(0)
    expect(stdout).toContain(`200 ${answerOf('gpt-4-turbo', 'Use GPT-4')}\n`)
    expect(await harness.sessions()).toEqual([])
  })
})

describe('Troubleshooting: Session Not Found', () => {
  it('"If you get a \\"service not running\\" error, make sure": the status of a session that does not run says so, and the two points', async () => {
    await harness.ccr.start(OPUS)
    const { code: exit, stdout } = await harness.ccr.run(['status'], { preference: GPT4 })
    expect(exit).toBe(3)
    expect(stdout).toContain('service not running')
    expect(stdout).toContain("1. You're using the exact same CCR_MODEL_PREFERENCE value")
    expect(stdout).toContain('2. The session is actually running (check with `ccr sessions`)')
    expect(stdout).toContain(`CCR_MODEL_PREFERENCE=${GPT4} ccr start`)
  })

  it('"You\'re using the exact same `CCR_MODEL_PREFERENCE` value": another spelling of a running session is named', async () => {
    const { sessionId } = await harness.ccr.start('openrouter/gpt-4')
    const { code: exit, stdout } = await harness.ccr.run(['status'], {
      preference: 'openrouter,gpt-4',
    })
    expect(exit).toBe(3)
    expect(stdout).toContain('openrouter/gpt-4')
    expect(stdout).toContain(sessionId)
  })

  it('"The session is actually running (check with `ccr sessions`)"', async () => {
    const { pid } = await harness.ccr.start(GPT4)
    expect((await harness.bash('ccr sessions')).stdout).toContain(`Model: ${GPT4}\n`)
    process.kill(pid, 'SIGKILL')
    expect((await harness.bash('ccr sessions')).stdout).toContain('No active sessions.')
    const { code: exit, stdout } = await harness.ccr.run(['status'], { preference: GPT4 })
    expect(exit).toBe(3)
    expect(stdout).toContain('service not running')
  })
})

describe('Benefits', () => {
  it('"Model Comparison: Run the same prompt against different models simultaneously"', async () => {
    answerTogether(2)
    const both = `${code(GPT4, 'Same')} & ${code(OPUS, 'Same')} & wait`
    const { stdout } = await harness.bash(both)
    expect(stdout.trimEnd().split('\n').sort()).toEqual([
      `200 ${answerOf('claude-3-opus', 'all at once')}`,
      `200 ${answerOf('gpt-4', 'all at once')}`,
    ])
    expect(harness.newRequests().sort()).toEqual(['claude-3-opus: Same', 'gpt-4: Same'])
  })

  it('"Task Optimization: Use different models for different types of tasks"', async () => {
    await harness.bash(`${code(GPT4, 'Write code')}\n${code(OPUS, 'Review code')}`)
    expect(harness.newRequests()).toEqual(['gpt-4: Write code', 'claude-3-opus: Review code'])
  })

  it('"Cost Management: Use expensive models only when needed": a session that runs beside gets no request', async () => {
    await harness.ccr.start(OPUS)
    const cheap = await harness.ccr.start(GPT4)
    await messagesClient(cheap, 'claude-3-5-haiku-20241022').post()
    await messagesClient(cheap, 'claude-opus-4-8').post()
    await harness.bash('ccr code "Cheap"')
    expect(harness.upstream.requests.map(({ body }) => body.model)).toEqual([
      'gpt-4',
      'gpt-4',
      'llama-3',
    ])
  })

  it('"A/B Testing: Compare model outputs side by side"', async () => {
    const { stdout } = await harness.bash(
      `paste -d '|' <(${code(GPT4, 'Q')}) <(${code(TURBO, 'Q')})`,
    )
    expect(stdout).toBe(`200 ${answerOf('gpt-4', 'Q')}|200 ${answerOf('gpt-4-turbo', 'Q')}\n`)
  })

  it('"Team Collaboration: Different team members can use different models": two homes with the same ports do not meet', async () => {
    const other = await startHarness()
    try {
      await other.configure({ PORT: harness.ccr.port })
      const mine = await harness.ccr.start(GPT4)
      const theirs = await other.ccr.start(GPT4)
      expect(theirs.port).not.toBe(mine.port)
      expect(await harness.sessions()).toMatchObject([{ pid: mine.pid }])
      expect(await other.sessions()).toMatchObject([{ pid: theirs.pid }])
      const stranger = messagesClient({ ...theirs, token: mine.token }, 'any')
      expect((await stranger.post()).status).toBe(401)
      await other.bash('ccr stop --all')
      expect(await harness.sessions()).toMatchObject([{ pid: mine.pid }])
    } finally {
      await other.remove()
    }
  })
})

describe('Limitations', () => {
  it('"Maximum 100 concurrent sessions (port range limitation)"', () => {
    const claims = portClaims({ id: 'a3f2d8e1', port: null }, 3456, [])
    expect(new Set(claims.map(({ port }) => port)).size).toBe(100)
  })

  it('"Each session uses its own memory and resources"', async () => {
    await harness.ccr.start(GPT4)
    await harness.ccr.start(OPUS)
    const all = await harness.sessions()
    expect(new Set(all.map(({ pid }) => pid)).size).toBe(2)
    for (const { rssBytes } of all) expect(rssBytes).toBeGreaterThan(10_000_000)
  })

  it('"Sessions are local to the machine (not shared across network)"', async () => {
    const { port } = await harness.ccr.start(GPT4)
    const outside = Object.values(networkInterfaces()).flatMap((addresses = []) =>
      addresses.filter(({ internal, family }) => !internal && family === 'IPv4'),
    )
    // Linux answers on all of 127/8: what listens on every address would answer here too.
    const others = process.platform === 'linux' ? ['127.0.0.2'] : []
    for (const address of [...outside.map((one) => one.address), ...others]) {
      expect(`${address} ${await connected(address, port)}`).toBe(`${address} ECONNREFUSED`)
    }
    expect(await connected('127.0.0.1', port)).toBe('open')
  })
})

describe('Best Practices', () => {
  it('"Stop Unused Sessions: Free up resources and ports"', async () => {
    const { port, pid } = await harness.ccr.start(GPT4)
    await harness.bash(`CCR_MODEL_PREFERENCE=${GPT4} ccr stop`)
    // Its parent may not have taken notice yet; the process itself is over.
    await vi.waitFor(() => expect(processStart(pid)).toBeNull(), PATIENCE)
    expect(await connected('127.0.0.1', port)).toBe('ECONNREFUSED')
  })

  it('"Use Meaningful Preferences: Makes it easier to remember which session is which"', async () => {
    await harness.configure({ Preferences: { fast: 'openrouter,gpt-4', anthropic: 'fast' } })
    const start = await harness.ccr.run(['start'], { preference: 'fast' })
    expect(start.stdout).toMatch(/^Model: +fast \(openrouter,gpt-4\)$/m)
    expect((await harness.bash('ccr sessions')).stdout).toContain('\nModel: fast\n')
    const status = await harness.ccr.run(['status'], { preference: 'fast' })
    expect(status.stdout).toMatch(/^Preference: +fast$/m)
    expect(status.stdout).toMatch(/^Model: +openrouter,gpt-4$/m)
    await harness.bash(code('fast', 'Quick'))
    expect(harness.newRequests()).toEqual(['gpt-4: Quick'])

    // A session of its own, by its string; and a name wins over a provider that is called so.
    await harness.ccr.start('openrouter,gpt-4')
    const named = await harness.ccr.run(['code', 'Named'], { preference: 'anthropic' })
    expect(named.stdout).toBe(`200 ${answerOf('gpt-4', 'Named')}\n`)
    expect(named.stderr).toContain(
      'is also a provider; CCR_MODEL_PREFERENCE=anthropic means "fast"',
    )
    expect(await harness.sessions()).toMatchObject([
      { modelPreference: 'fast', provider: 'openrouter', model: 'gpt-4' },
      { modelPreference: 'openrouter,gpt-4', provider: 'openrouter', model: 'gpt-4' },
      { modelPreference: 'anthropic', provider: 'openrouter', model: 'gpt-4' },
    ])

    const slip = await harness.ccr.run(['start'], { preference: 'fasst' })
    expect(slip.stderr).toContain("Did you mean 'fast'")
  })

  it('"Use Meaningful Preferences": names that lead in a circle are refused with their place', async () => {
    await harness.configure({ Preferences: { fast: 'quick', quick: 'fast' } })
    const { code: exit, stderr } = await harness.ccr.run(['start'], { preference: 'fast' })
    expect(exit).toBe(1)
    expect(stderr).toMatch(/config\.json:\d+:\d+: Preferences\["fast"\] stands for "quick"/)
  })

  it('"Monitor Resources: Each session uses separate memory"', async () => {
    await harness.ccr.start(GPT4)
    const { stdout } = await harness.bash(`CCR_MODEL_PREFERENCE=${GPT4} ccr status`)
    expect(stdout).toMatch(/^Memory: +\d+ MiB$/m)
  })

  it('"Check Sessions Regularly: Use `ccr sessions` to see what\'s running"', async () => {
    await harness.ccr.start(GPT4)
    await harness.ccr.start(OPUS)
    const models = async (): Promise<(string | undefined)[]> =>
      [...(await harness.bash('ccr sessions')).stdout.matchAll(/^Model: (.*)$/gm)].map((m) => m[1])
    expect(await models()).toEqual([GPT4, OPUS])
    process.kill((await harness.session(GPT4)).pid, 'SIGKILL')
    expect(await models()).toEqual([OPUS])
  })
})

/** `open`, or why there is no connection. */
function connected(host: string, port: number): Promise<string> {
  return new Promise((resolve) => {
    const socket = connect(port, host)
    socket.once('connect', () => {
      socket.destroy()
      resolve('open')
    })
    socket.once('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? ''))
  })
}
