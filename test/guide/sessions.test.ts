/** The guide, sentence by sentence: what sessions are, and the commands on them. */
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { collected } from '../support/ccr.ts'
import { messagesClient } from '../support/client.ts'
import { answerOf, GPT4, startHarness, OPUS, TURBO, type Harness } from './harness.ts'
import { PTY } from '../support/requires.ts'

let harness: Harness

beforeEach(async () => {
  harness = await startHarness()
})
afterEach(() => harness.remove())

describe('Multi-Session Support Guide', () => {
  it('"Claude Code Router now supports running multiple concurrent sessions with different model configurations."', async () => {
    await Promise.all([GPT4, OPUS, TURBO].map((preference) => harness.ccr.start(preference)))
    const models = (await harness.sessions()).map(({ provider, model }) => `${provider},${model}`)
    expect(models.sort()).toEqual([
      'anthropic,claude-3-opus',
      'openrouter,gpt-4',
      'openrouter,gpt-4-turbo',
    ])
  })

  it('"Each session runs independently on its own port with isolated configuration."', async () => {
    const gpt4 = await harness.ccr.start(GPT4)
    const opus = await harness.ccr.start(OPUS)
    expect(gpt4.port).not.toBe(opus.port)
    expect(gpt4.token).not.toBe(opus.token)
    const stranger = messagesClient({ ...opus, token: gpt4.token }, 'any')
    expect((await stranger.post()).status).toBe(401)

    process.kill(gpt4.pid, 'SIGKILL')
    expect((await messagesClient(opus, 'any').post()).status).toBe(200)
    expect(await harness.session(OPUS)).toMatchObject({ pid: opus.pid, port: opus.port })
  })
})

describe('Overview', () => {
  it('"You can now run multiple instances of Claude Code Router simultaneously, each configured with different models/providers."', async () => {
    const gpt4 = messagesClient(await harness.ccr.start(GPT4), 'any')
    const opus = messagesClient(await harness.ccr.start(OPUS), 'any')
    const answers = await Promise.all([gpt4.post(), opus.post()])
    expect(answers.map(({ headers }) => headers.get('x-ccr-model'))).toEqual([
      'openrouter,gpt-4',
      'anthropic,claude-3-opus',
    ])
  })

  it('"This is achieved using the `CCR_MODEL_PREFERENCE` environment variable."', async () => {
    await harness.bash(`ccr start && export CCR_MODEL_PREFERENCE=${GPT4} && ccr start`)
    const preferences = (await harness.sessions()).map((session) => session.modelPreference)
    expect(preferences).toEqual(['', GPT4])
  })
})

describe('Usage', () => {
  describe('Starting a Session with a Specific Model', () => {
    const started = async (preference: string): Promise<unknown> => {
      const { code, stdout } = await harness.ccr.run(['start'], { preference })
      const { sessionId, port, pid, provider, model } = await harness.session(preference)
      expect(code).toBe(0)
      for (const fact of [sessionId, port, pid, preference]) expect(stdout).toContain(String(fact))
      return { provider, model }
    }

    it('"Use the `CCR_MODEL_PREFERENCE` environment variable to specify which model/provider to use"', async () => {
      expect(await started('azure,gpt-35')).toEqual({ provider: 'azure', model: 'gpt-35' })
    })

    it('"Start a session with OpenRouter\'s GPT-4"', async () => {
      expect(await started(GPT4)).toEqual({ provider: 'openrouter', model: 'gpt-4' })
    })

    it('"Start a session with Anthropic\'s Claude 3 Opus"', async () => {
      expect(await started(OPUS)).toEqual({ provider: 'anthropic', model: 'claude-3-opus' })
    })

    it('"Start a session with just a model name (will find first available provider)"', async () => {
      expect(await started(TURBO)).toEqual({ provider: 'openrouter', model: 'gpt-4-turbo' })
    })
  })

  describe('Using Claude Code with a Specific Model', () => {
    it('"Once a session is running, use the same environment variable to connect to it"', async () => {
      const { pid } = await harness.ccr.start(GPT4)
      const client = await harness.client(GPT4)
      expect(await harness.sessions()).toMatchObject([{ pid, referenceCount: 1 }])
      await client.leave()
    })

    it.each([
      ['Use GPT-4 session', GPT4, 'gpt-4'],
      ['Use Claude Opus session', OPUS, 'claude-3-opus'],
      ['Use default session (no preference)', undefined, 'llama-3'],
    ])('"%s"', async (_, preference, model) => {
      const options = preference === undefined ? {} : { preference }
      const { code, stdout } = await harness.ccr.run(['code', 'Hello, world!'], options)
      expect({ code, stdout }).toEqual({
        code: 0,
        stdout: `200 ${answerOf(model, 'Hello, world!')}\n`,
      })
    })
  })

  describe('Managing Sessions', () => {
    it('"View All Active Sessions"', async () => {
      expect((await harness.bash('ccr sessions')).stdout).toBe(
        'Active Sessions:\n================\n\nNo active sessions.\n',
      )
      const opus = await harness.ccr.start(OPUS)
      const gpt4 = await harness.ccr.start(GPT4)
      await harness.ccr.start()
      await harness.ccr.run(['stop'], { preference: OPUS })
      const byDefault = await harness.session('')
      expect((await harness.bash('ccr sessions')).stdout).toBe(
        `Active Sessions:\n================\n\n` +
          `Session ID: default\nModel: default\nPort: ${byDefault.port}\nPID: ${byDefault.pid}\n` +
          `Reference Count: 0\n\n` +
          `Session ID: ${gpt4.sessionId}\nModel: ${GPT4}\nPort: ${gpt4.port}\nPID: ${gpt4.pid}\n` +
          `Reference Count: 0\n`,
      )
      expect(opus.port).toBeLessThan(gpt4.port)
    })

    it('"Check Status of a Specific Session"', async () => {
      await harness.ccr.start(OPUS)
      const { sessionId, port, pid } = await harness.ccr.start(GPT4)
      const { code, stdout } = await harness.bash(`CCR_MODEL_PREFERENCE=${GPT4} ccr status`)
      expect(code).toBe(0)
      for (const fact of [sessionId, port, pid, GPT4]) expect(stdout).toContain(String(fact))
      expect(stdout).toMatch(/^State: +running$/m)
      expect(stdout).toMatch(/^Model: +openrouter,gpt-4$/m)
      expect(stdout).not.toContain('opus')
    })

    it('"Stop a Specific Session"', async () => {
      await harness.ccr.start(GPT4)
      const opus = await harness.ccr.start(OPUS)
      const { code, stdout } = await harness.bash(`CCR_MODEL_PREFERENCE=${GPT4} ccr stop`)
      expect(code).toBe(0)
      expect(stdout).toContain('stopped')
      expect(await harness.sessions()).toMatchObject([{ modelPreference: OPUS, pid: opus.pid }])
    })

    it('"Restart a Specific Session"', async () => {
      const gpt4 = await harness.ccr.start(GPT4)
      const opus = await harness.ccr.start(OPUS)
      const { code } = await harness.bash(`CCR_MODEL_PREFERENCE=${GPT4} ccr restart`)
      expect(code).toBe(0)
      const after = await harness.session(GPT4)
      expect(after).toMatchObject({ port: gpt4.port, state: 'running' })
      expect(after.pid).not.toBe(gpt4.pid)
      expect((await messagesClient(gpt4, 'any').post()).status).toBe(200)
      expect(await harness.session(OPUS)).toMatchObject({ pid: opus.pid })
    })
  })
})

describe('Session Identification', () => {
  it('"Sessions are identified by a hash of the model preference string."', async () => {
    for (const preference of [GPT4, OPUS]) {
      const hash = createHash('sha256').update(preference).digest('hex')
      expect((await harness.ccr.start(preference)).sessionId).toBe(hash.slice(0, 8))
    }
  })

  it('"Same model preferences always connect to the same session"', async () => {
    const first = await harness.ccr.start(GPT4)
    const again = await harness.ccr.run(['start'], { preference: GPT4 })
    expect(again.code).toBe(0)
    expect(again.stdout).toContain('already running')
    expect(await harness.ccr.start(` ${GPT4} `).catch(() => harness.session(GPT4))).toMatchObject({
      sessionId: first.sessionId,
      pid: first.pid,
    })
    const clients = [await harness.client(GPT4), await harness.client(GPT4)]
    expect(await harness.sessions()).toMatchObject([{ pid: first.pid, referenceCount: 2 }])
    for (const client of clients) await client.leave()

    await harness.ccr.run(['stop'], { preference: GPT4 })
    const { sessionId, port, token } = first
    expect(await harness.ccr.start(GPT4)).toMatchObject({ sessionId, port, token })
  })

  it('"Different model preferences create separate sessions"', async () => {
    await harness.ccr.start('openrouter/gpt-4')
    await harness.ccr.start('openrouter,gpt-4')
    const all = await harness.sessions()
    expect(all.map(({ provider, model }) => `${provider},${model}`)).toEqual([
      'openrouter,gpt-4',
      'openrouter,gpt-4',
    ])
    for (const fact of ['sessionId', 'port', 'pid', 'logFile'] as const) {
      expect(new Set(all.map((one) => one[fact])).size).toBe(2)
    }
  })

  it('"Sessions persist across terminal sessions"', PTY, async () => {
    const command = `CCR_MODEL_PREFERENCE=${GPT4} ccr start`
    const terminal = harness.shell('script', ['-qec', command, '/dev/null'])
    expect((await collected(terminal)).stdout).toContain('is running')
    // The terminal is gone; in a new one the same session answers.
    const { pid } = await harness.session(GPT4)
    expect(terminalOf(pid)).toBe(0)
    const { stdout } = await harness.bash(`CCR_MODEL_PREFERENCE=${GPT4} ccr code "Still there?"`)
    expect(stdout).toBe(`200 ${answerOf('gpt-4', 'Still there?')}\n`)
    expect(await harness.sessions()).toMatchObject([{ pid }])
  })
})

/** The controlling terminal of a process, 0 for none: the fifth field behind its name. */
function terminalOf(pid: number): number {
  const stat = readFileSync(join('/proc', String(pid), 'stat'), 'utf8')
  return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[4])
}
