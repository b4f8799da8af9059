/** The real client with providers of each protocol. */
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { awsEvent } from '../support/aws-event-stream.ts'
import type { Ccr, Ran } from '../support/ccr.ts'
import { startForeign, type Foreign, type Received, type Step } from './foreign.ts'
import { converseHistory, geminiHistory, responsesHistory, type Exchange } from './histories.ts'
import { clientHome } from './harness.ts'

/** Tokens in and out, in the words of each format. */
const USAGE = {
  input_tokens: 1234,
  output_tokens: 56,
  promptTokenCount: 1234,
  candidatesTokenCount: 56,
}

const bash = (command: string) => ({ command, description: 'a command of the test' })
const FIRST = bash('echo first-$((1 + 1))')
const SECOND = bash('echo "grüne \\"Rosen\\" $((2 + 2))"')

const called = (input: object) => ({ name: 'Bash', arguments: JSON.stringify(input) })

/** Google's signatures are base64, and so are Bedrock's. */
const STATE = Buffer.from('what the model keeps to itself').toString('base64')

interface FormatCase {
  readonly provider: string
  readonly model: string
  readonly url: (origin: string) => string
  readonly transformer?: string
  readonly path: string
  readonly key: Readonly<Record<string, string>>
  readonly history: (body: unknown) => readonly Exchange[]
  /** Thinks, then calls Bash with FIRST and SECOND at once. */
  readonly calls: Step
  /** How the state of that thinking stands in the next request. */
  readonly state: RegExp
  /** A call of Bash whose answer ends before its end word, the connection in order. */
  readonly brokenCall: (input: object) => Step
}

const CASES: readonly FormatCase[] = [
  {
    provider: 'responses',
    model: 'gpt-5',
    url: (origin) => `${origin}/v1/responses`,
    transformer: 'openai-responses',
    path: '/v1/responses',
    key: { authorization: 'Bearer fake-key' },
    history: responsesHistory,
    calls: { say: { toolCalls: [called(FIRST), called(SECOND)], reasoning: 'Two commands.' } },
    state: /"type":"reasoning","summary":\[\],"encrypted_content":"[\w+/=]{20,}"/,
    brokenCall: (input) => ({
      say: { toolCalls: [called(input)] },
      breaks: { at: 0.5, ending: 'close' },
    }),
  },
  {
    provider: 'gemini',
    model: 'gemini-3-pro-preview',
    url: (origin) => `${origin}/v1beta/models/`,
    transformer: 'gemini',
    path: '/v1beta/models/gemini-3-pro-preview:streamGenerateContent?alt=sse',
    key: { 'x-goog-api-key': 'fake-key' },
    history: geminiHistory,
    calls: {
      say: geminiAnswer(
        { text: 'Two commands.', thought: true },
        { functionCall: { name: 'Bash', args: FIRST }, thoughtSignature: STATE },
        { functionCall: { name: 'Bash', args: SECOND } },
      ),
    },
    state: new RegExp(`"thoughtSignature":"${STATE}"`),
    // The call is whole; the word that this was all is missing.
    brokenCall: (args) => ({ say: sse(candidate({ functionCall: { name: 'Bash', args } })) }),
  },
  {
    provider: 'bedrock',
    model: 'us.anthropic.claude-sonnet-4-5-20250929-v1:0',
    // Claude is asked by InvokeModel unless the address says Converse.
    url: (origin) => `${origin}/model/any/converse-stream`,
    path: '/model/us.anthropic.claude-sonnet-4-5-20250929-v1%3A0/converse-stream',
    key: { authorization: 'Bearer fake-key' },
    history: converseHistory,
    calls: { say: converseAnswer('Two commands.', FIRST, SECOND) },
    state: new RegExp(
      `"reasoningContent":{"reasoningText":{"text":"Two commands.","signature":"${STATE}"}}`,
    ),
    brokenCall: (input) => ({ say: converse(thoughtAndCalls('Once.', input)) }),
  },
]

function geminiAnswer(...parts: readonly object[]): Step['say'] {
  return sse(...parts.map((part) => candidate(part)), {
    ...candidate({ text: '' }, 'STOP'),
    usageMetadata: { promptTokenCount: 9, candidatesTokenCount: 9, totalTokenCount: 18 },
  })
}

function candidate(part: object, finishReason?: string): object {
  return { candidates: [{ content: { role: 'model', parts: [part] }, finishReason }] }
}

function sse(...chunks: readonly object[]): Step['say'] {
  const text = chunks.map((chunk) => `data: ${JSON.stringify(chunk)}\r\n\r\n`).join('')
  return { type: 'text/event-stream', bytes: Buffer.from(text) }
}

function converseAnswer(thought: string, ...inputs: readonly object[]): Step['say'] {
  return converse([
    ...thoughtAndCalls(thought, ...inputs),
    awsEvent('messageStop', { stopReason: 'tool_use' }),
    awsEvent('metadata', { usage: { inputTokens: 9, outputTokens: 9, totalTokens: 18 } }),
  ])
}

function thoughtAndCalls(thought: string, ...inputs: readonly object[]): readonly Buffer[] {
  const delta = (contentBlockIndex: number, more: object) =>
    awsEvent('contentBlockDelta', { contentBlockIndex, delta: more })
  const calls = inputs.flatMap((input, n) => [
    awsEvent('contentBlockStart', {
      contentBlockIndex: n + 1,
      start: { toolUse: { toolUseId: `tooluse_${String(n)}`, name: 'Bash' } },
    }),
    delta(n + 1, { toolUse: { input: JSON.stringify(input).slice(0, 9) } }),
    delta(n + 1, { toolUse: { input: JSON.stringify(input).slice(9) } }),
    awsEvent('contentBlockStop', { contentBlockIndex: n + 1 }),
  ])
  return [
    awsEvent('messageStart', { role: 'assistant' }),
    delta(0, { reasoningContent: { text: thought } }),
    delta(0, { reasoningContent: { signature: STATE } }),
    awsEvent('contentBlockStop', { contentBlockIndex: 0 }),
    ...calls,
  ]
}

function converse(events: readonly Buffer[]): Step['say'] {
  return { type: 'application/vnd.amazon.eventstream', bytes: Buffer.concat(events) }
}

function halfText(ending: 'cut' | 'close'): Step {
  return {
    say: { content: 'half of an answer that breaks off before its end' },
    breaks: { at: 0.6, ending },
  }
}

let upstream: Foreign
let ccr: Ccr

beforeAll(async () => {
  upstream = await startForeign()
  ccr = await clientHome({
    Providers: CASES.map(({ provider, model, url, transformer }) => ({
      name: provider,
      api_base_url: url(upstream.origin),
      api_key: 'fake-key',
      models: [model],
      ...(transformer ? { transformer: { use: [transformer] } } : {}),
    })),
    Router: {},
  })
})
afterAll(async () => {
  await ccr.remove()
  await upstream.close()
})

describe.each(CASES)('the real client and $provider', (format) => {
  const { provider, model, history } = format
  let before: number
  beforeEach(() => {
    before = upstream.requests.length
  })
  const sent = (): readonly Received[] => upstream.requests.slice(before)
  const code = (args: readonly string[], env = {}): Promise<Ran> =>
    ccr.run(['code', ...args], { preference: `${provider},${model}`, env })
  const ask = (prompt: string, ...args: readonly string[]): Promise<Ran> =>
    code(['-p', prompt, '--dangerously-skip-permissions', ...args])

  it('a plain answer and its usage', async () => {
    upstream.script({ say: { content: 'Grüße vom anderen Format 👋', usage: USAGE } })
    const ran = await ask('say hello', '--output-format', 'json')
    expect(JSON.parse(ran.stdout)).toMatchObject({
      result: 'Grüße vom anderen Format 👋',
      stop_reason: 'end_turn',
      usage: { input_tokens: 1234, output_tokens: 56 },
    })
    expect(sent()).toHaveLength(1)
    expect(sent()[0]).toMatchObject({ path: format.path, headers: format.key })
    expect(sent()[0]?.raw).toContain('say hello')
    expect(sent()[0]?.raw).toContain(ccr.work)
    expect(history(sent()[0]?.body)).toEqual([])
  })

  it('calls of Bash run, their output goes back, and so does the state of the thinking', async () => {
    const third = bash('echo third-$((3 + 3)); exit 7')
    upstream.script(
      format.calls,
      { say: { toolCalls: [called(third)] } },
      { say: { content: 'done it' } },
    )
    const ran = await ask('run them')
    expect(ran).toMatchObject({ code: 0, stdout: 'done it\n' })
    expect(sent()).toHaveLength(3)
    expect(history(sent()[1]?.body)).toMatchObject([
      { name: 'Bash', input: FIRST, output: expect.stringContaining('first-2') as string },
      { name: 'Bash', input: SECOND, output: expect.stringContaining('grüne') as string },
    ])
    expect(sent()[1]?.raw).toMatch(format.state)
    expect(history(sent()[2]?.body)).toMatchObject([
      { input: FIRST },
      { input: SECOND },
      { input: third, output: expect.stringMatching(/third-6|exit code 7/i) as string },
    ])
  })

  it('the state of the thinking comes back after a resume, and a compaction leaves a legal conversation', async () => {
    upstream.script(format.calls, { say: { content: 'done it' } })
    await ask('run them')
    upstream.script({ say: { content: 'resumed' } })
    expect(await ask('go on', '--continue')).toMatchObject({ code: 0, stdout: 'resumed\n' })
    expect(sent()).toHaveLength(3)
    expect(sent()[2]?.raw).toMatch(format.state)
    expect(history(sent()[2]?.body)).toMatchObject([{ input: FIRST }, { input: SECOND }])
    upstream.script({ say: { content: '<summary>two commands were run</summary>' } })
    expect((await ask('/compact', '--continue')).code).toBe(0)
    expect(sent()[3]?.raw).toContain('Respond with TEXT ONLY')
    expect(sent()[3]?.raw).toMatch(format.state)
    upstream.script({ say: { content: 'after it' } })
    expect(await ask('and now', '--continue')).toMatchObject({ code: 0, stdout: 'after it\n' })
    expect(sent()[4]?.raw).toContain('two commands were run')
    history(sent()[4]?.body)
  })

  it('a text that ends in its middle as if whole: the client asks again, gets it all', async () => {
    upstream.script(halfText('close'), { say: { content: 'the whole answer' } })
    const ran = await ask('say hello')
    expect(ran).toMatchObject({ code: 0, stdout: 'the whole answer\n' })
    expect(sent()).toHaveLength(2)
  })

  it('a text that is cut whenever it is asked for ends in an error that says so', async () => {
    upstream.script(...Array.from({ length: 9 }, () => halfText('cut')))
    const ran = await code(['-p', 'say hello'], { CLAUDE_CODE_MAX_RETRIES: '1' })
    expect(ran.code).toBe(1)
    expect(ran.stdout).toMatch(/^API Error: .*(closed the connection|may be incomplete)/)
    expect(ran.stdout).not.toContain('half of')
  })

  it('a call that ends in its middle as if whole: it runs once, not half', async () => {
    const input = bash(`echo x >> ${provider}.log; wc -l < ${provider}.log`)
    upstream.script(
      format.brokenCall(input),
      { say: { toolCalls: [called(input)] } },
      { say: { content: 'ran once' } },
    )
    const ran = await ask('run it')
    expect(ran).toMatchObject({ code: 0, stdout: 'ran once\n' })
    expect(sent()).toHaveLength(3)
    expect(history(sent()[2]?.body)).toHaveLength(1)
    expect(await readFile(join(ccr.work, `${provider}.log`), 'utf8')).toBe('x\n')
  })
})
