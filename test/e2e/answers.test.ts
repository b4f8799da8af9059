/** The real client asks once: answer, standard input, usage, models. */
import { existsSync } from 'node:fs'
import { mkdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { text } from '../support/replies.ts'
import type { Seen } from '../support/upstream.ts'
import { messagesText, startHarness, type Harness } from './harness.ts'

let on: Harness
let before: number

beforeAll(async () => {
  on = await startHarness()
})
afterAll(() => on.close())
beforeEach(() => {
  before = on.upstream.requests.length
  on.upstream.script(text('hello from the fake'))
})

const sent = (): readonly Seen[] => on.upstream.requests.slice(before)

describe('ccr code', () => {
  it('gives a plain answer, and the upstream sees the model of the preference', async () => {
    const ran = await on.ask('say hello')
    expect(ran).toMatchObject({ code: 0, stdout: 'hello from the fake\n' })
    expect(sent()).toHaveLength(1)
    const [request] = sent()
    expect(request?.body.model).toBe('model-a')
    expect(request?.headers.authorization).toBe('Bearer fake-key')
    expect(messagesText(request!)).toContain('say hello')
    expect(messagesText(request!)).toContain(on.ccr.work)
  })

  it.each([
    [['say hello', '-p']],
    [['-p', 'say hello']],
    [['--output-format', 'text', '-p', 'say hello']],
    [['-p', '--', 'say hello']],
    [['--print', '--append-system-prompt', 'be brief, --model x', 'say hello']],
  ])('hands the prompt through: %j', async (args) => {
    const ran = await on.code(args)
    expect(ran).toMatchObject({ code: 0, stdout: 'hello from the fake\n' })
    expect(messagesText(sent()[0]!)).toContain('say hello')
  })

  it('hands what comes on stdin through', async () => {
    const child = on.ccr.spawn(['code', '-p', 'what is this?'], { preference: 'fake,model-a' })
    child.stdin?.end('words from a pipe')
    const code = await new Promise((resolve) => child.on('close', resolve))
    expect(code).toBe(0)
    expect(messagesText(sent()[0]!)).toContain('words from a pipe')
  })

  it('reports the usage of the upstream', async () => {
    on.upstream.script(text('counted', { usage: { input: 5000, output: 77, cached: 3000 } }))
    const ran = await on.code(['-p', 'count', '--output-format', 'json'])
    expect(JSON.parse(ran.stdout)).toMatchObject({
      result: 'counted',
      usage: { input_tokens: 2000, cache_read_input_tokens: 3000, output_tokens: 77 },
    })
  })

  it('a --model of the user wins', async () => {
    const ran = await on.ask('say hello', { args: ['--model', 'fake,model-b'] })
    expect(ran).toMatchObject({ code: 0, stdout: 'hello from the fake\n' })
    expect(sent().map((request) => request.body.model)).toEqual(['model-b'])
  })

  it('without a preference the default session takes the default route', async () => {
    const ran = await on.ask('say hello', { preference: '' })
    expect(ran).toMatchObject({ code: 0, stdout: 'hello from the fake\n' })
    expect(sent().map((request) => request.body.model)).toEqual(['model-b'])
  })

  it('gives the exit code of the client', async () => {
    const ran = await on.code(['-p', 'x', '--no-such-option'])
    expect(ran.code).toBe(1)
    expect(ran.stderr).toContain('--no-such-option')
    expect(sent()).toHaveLength(0)
  })
})

describe('settings that the user saved', () => {
  const folder = (): string => join(on.ccr.home, '.claude')
  const file = (): string => join(folder(), 'settings.json')
  const helperRan = (): string => join(on.ccr.home, 'helper-ran')

  beforeAll(async () => {
    await mkdir(folder(), { recursive: true })
    await writeFile(
      file(),
      JSON.stringify({
        model: 'opus',
        apiKeyHelper: `touch '${helperRan()}'; echo other-key`,
        env: {
          ANTHROPIC_BASE_URL: 'http://127.0.0.1:9',
          ANTHROPIC_AUTH_TOKEN: 'other-token',
          ANTHROPIC_MODEL: 'other-model',
          ANTHROPIC_SMALL_FAST_MODEL: 'other-small',
          CLAUDE_CODE_USE_BEDROCK: '1',
        },
      }),
    )
  })
  afterAll(() => rm(file()))

  it('change nothing', async () => {
    const ran = await on.ask('say hello')
    expect(ran).toMatchObject({ code: 0, stdout: 'hello from the fake\n' })
    expect(sent().map((request) => request.body.model)).toEqual(['model-a'])
    expect(existsSync(helperRan())).toBe(false)
  })

  it('and what stands in the environment changes nothing', async () => {
    const ran = await on.ask('say hello', {
      env: {
        ANTHROPIC_API_KEY: 'sk-other',
        ANTHROPIC_BASE_URL: 'http://127.0.0.1:9',
        ANTHROPIC_MODEL: 'other-model',
        CLAUDE_CODE_USE_VERTEX: '1',
        HTTP_PROXY: 'http://127.0.0.1:9',
      },
    })
    expect(ran).toMatchObject({ code: 0, stdout: 'hello from the fake\n' })
    expect(sent().map((request) => request.body.model)).toEqual(['model-a'])
  })

  it('but a --model of the command line does', async () => {
    const ran = await on.ask('say hello', { args: ['--model', 'fake,model-b'] })
    expect(ran.code).toBe(0)
    expect(sent().map((request) => request.body.model)).toEqual(['model-b'])
  })
})
