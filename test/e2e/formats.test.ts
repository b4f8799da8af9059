import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { awsEvent } from '../support/aws-event-stream.ts'
import type { Ccr, Ran } from '../support/ccr.ts'
import { startForeign, type Foreign, type Received, type Step } from './foreign.ts'
import { converseHistory, geminiHistory, responsesHistory, type Exchange } from './histories.ts'
import { clientHome } from './stage.ts'

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
  },
  {
    provider: 'bedrock',
    model: 'us.anthropic.claude-sonnet-4-5-20250929-v1:0',
    url: (origin) => origin,
    path: '/model/us.anthropic.claude-sonnet-4-5-20250929-v1%3A0/converse-stream',
    key: { authorization: 'Bearer fake-key' },
    history: converseHistory,
    calls: { say: converseAnswer('Two commands.', FIRST, SECOND) },
    state: new RegExp(
      `"reasoningContent":{"reasoningText":{"text":"Two commands.","signature":"${STATE}"}}`,
    ),
  },
]

function geminiAnswer(...parts: readonly object[]): Step['say'] {
  const chunks = parts.map((part) => ({
    candidates: [{ content: { role: 'model', parts: [part] } }],
  }))
  const last = {
    candidates: [{ content: { role: 'model', parts: [{ text: '' }] }, finishReason: 'STOP' }],
    usageMetadata: { promptTokenCount: 9, candidatesTokenCount: 9, totalTokenCount: 18 },
  }
  const text = [...chunks, last].map((chunk) => `data: ${JSON.stringify(chunk)}\r\n\r\n`).join('')
  return { type: 'text/event-stream', bytes: Buffer.from(text) }
}

function converseAnswer(thought: string, ...inputs: readonly object[]): Step['say'] {
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
  const bytes = Buffer.concat([
    awsEvent('messageStart', { role: 'assistant' }),
    delta(0, { reasoningContent: { text: thought } }),
    delta(0, { reasoningContent: { signature: STATE } }),
    awsEvent('contentBlockStop', { contentBlockIndex: 0 }),
    ...calls,
    awsEvent('messageStop', { stopReason: 'tool_use' }),
    awsEvent('metadata', { usage: { inputTokens: 9, outputTokens: 9, totalTokens: 18 } }),
  ])
  return { type: 'application/vnd.amazon.eventstream', bytes }
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
  const ask = (prompt: string, ...args: readonly string[]): Promise<Ran> =>
    ccr.run(['code', '-p', prompt, '--dangerously-skip-permissions', ...args], {
      preference: `${provider},${model}`,
    })

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

  it('a text that is cut: the client asks again and gets the right one', async () => {
    const say = { content: 'half of an answer that breaks off before its end' }
    upstream.script(
      { say, breaks: { at: 0.6, ending: 'cut' } },
      { say: { content: 'the whole answer' } },
    )
    const ran = await ask('say hello')
    expect(ran).toMatchObject({ code: 0, stdout: 'the whole answer\n' })
    expect(sent()).toHaveLength(2)
  })

  it('a call that ends in the middle, as if whole: it runs once, not half', async () => {
    const say = { toolCalls: [called(bash(`echo x >> ${provider}.log; wc -l < ${provider}.log`))] }
    upstream.script(
      { say, breaks: { at: 0.5, ending: 'close' } },
      { say },
      { say: { content: 'ran once' } },
    )
    const ran = await ask('run it')
    expect(ran).toMatchObject({ code: 0, stdout: 'ran once\n' })
    expect(sent()).toHaveLength(3)
    expect(history(sent()[2]?.body)).toHaveLength(1)
    expect(await readFile(join(ccr.work, `${provider}.log`), 'utf8')).toBe('x\n')
  })
})
