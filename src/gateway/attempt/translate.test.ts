/** One request to one target, whose bytes the test gives: what is let go, reported and never shown. */
import { describe, expect, it, vi } from 'vitest'
import { GatewayError } from '../../messages/error.ts'
import type { StreamEvent } from '../../messages/events.ts'
import type { MessagesRequest } from '../../messages/request.ts'
import { providerOf } from '../../providers/configured/provider.ts'
import type { Call } from '../../providers/configured/call.ts'
import type { Answer } from '../../upstream/answer.ts'
import { type Exchange, translate } from './translate.ts'
import type { RequestTransformers } from './user-transformers.ts'
import { passThrough } from './forward.ts'

const KEY = 'sk-secret-1234567890'

interface UpstreamAnswer {
  readonly status?: number
  readonly type?: string
  /** An error breaks the body off. */
  readonly body: Iterable<string | Uint8Array | Error>
}

const NOTHING: UpstreamAnswer = { body: [] }

interface Outcome {
  readonly pieces: readonly (Uint8Array | readonly StreamEvent[])[]
  readonly error: GatewayError | undefined
  readonly calls: readonly Call[]
  /** How often an answer was let go, and whether its body was read or ended. */
  readonly released: number
  readonly closed: number
  readonly usage: readonly object[]
  readonly stops: readonly string[]
  readonly dropped: readonly string[]
  readonly refused: readonly string[]
}

interface Asking {
  readonly protocol: 'chat' | 'responses' | 'messages'
  readonly request?: Partial<MessagesRequest>
  readonly userTransformers?: RequestTransformers
  /** The client takes so many pieces and leaves; all of them where absent. */
  readonly takes?: number
}

async function ask(answers: readonly UpstreamAnswer[], asking: Asking): Promise<Outcome> {
  const { protocol, userTransformers, takes = Infinity } = asking
  const path = protocol === 'chat' ? 'chat/completions' : protocol
  const entry = {
    name: 'p',
    url: `https://p.test/v1/${path}`,
    apiKey: KEY,
    models: [],
    missing: [],
  }
  const provider = providerOf(entry).to('m')
  const { api } = provider
  const target = { provider: 'p', model: 'm' }
  const request: MessagesRequest = {
    model: 'x',
    max_tokens: 100,
    messages: [{ role: 'user', content: 'hi' }],
    ...asking.request,
  }
  const calls: Call[] = []
  const [usage, stops, dropped, refused]: [object[], string[], string[], string[]] = [
    [],
    [],
    [],
    [],
  ]
  const seen = { released: 0, closed: 0 }
  async function* body(parts: UpstreamAnswer['body']): AsyncGenerator<Uint8Array> {
    try {
      for (const part of parts) {
        await Promise.resolve()
        if (part instanceof Error) throw part
        yield typeof part === 'string' ? Buffer.from(part) : part
      }
    } finally {
      seen.closed += 1
    }
  }
  const exchange: Exchange = {
    ...{ request, provider, target, inputEstimate: 7 },
    signal: new AbortController().signal,
    upstream: {
      send(call) {
        const {
          status = 200,
          type = 'text/event-stream',
          body: parts,
        } = answers[calls.length] ?? NOTHING
        calls.push(call)
        const answer: Answer = {
          status,
          headers: { 'content-type': type },
          body: body(parts),
          release: () => (seen.released += 1),
        }
        return Promise.resolve(answer)
      },
      close: () => Promise.resolve(),
    },
    onUsage: (counts) => usage.push(counts),
    onStop: (reason) => stops.push(reason),
    onDropped: (names) => dropped.push(...names),
    refused: [],
    onRefused: (what) => refused.push(what),
    userTransformers,
  }
  const pieces: (Uint8Array | readonly StreamEvent[])[] = []
  const reading = (): AsyncGenerator<Uint8Array | readonly StreamEvent[]> => {
    if (api.kind === 'translate') {
      return translate(
        exchange,
        api.protocol,
        api.protocol.encode(request, target),
        (events) => events,
      )
    }
    const original = { request, headers: {} }
    return passThrough({ ...exchange, dialect: api.dialect }, original, '')
  }
  let error: GatewayError | undefined
  try {
    for await (const piece of reading()) {
      pieces.push(piece)
      if (pieces.length >= takes) break
    }
  } catch (thrown) {
    error = thrown as GatewayError
  }
  // A body that nobody began to read has nothing to close.
  const read = calls.filter((_, n) => answers[n]?.type !== 'text/html')
  await vi.waitFor(() => expect(seen.closed).toBe(read.length))
  return { pieces, error, calls, ...seen, usage, stops, dropped, refused }
}

const chunk = (value: unknown): string => `data: ${JSON.stringify(value)}\n\n`
const HELLO = chunk({ choices: [{ delta: { content: 'hello' } }] })
const STOP = chunk({ choices: [{ delta: {}, finish_reason: 'stop' }] })
const COUNTS = chunk({ choices: [], usage: { prompt_tokens: 5, completion_tokens: 6 } })
const DONE = 'data: [DONE]\n\n'
const LEAK = { message: `the key ${KEY} is wrong`, code: 503 }
const LOST = new GatewayError('api_error', 'the connection broke', { status: 502 })

const event = (data: { readonly type: string; readonly [field: string]: unknown }): string =>
  `event: ${data.type}\ndata: ${JSON.stringify(data)}\n\n`
const STARTED = event({
  type: 'message_start',
  message: { id: 'm', type: 'message', role: 'assistant', content: [], usage: { input_tokens: 5 } },
})
const BLOCK = event({
  type: 'content_block_start',
  index: 0,
  content_block: { type: 'text', text: '' },
})
const PIECE = event({
  type: 'content_block_delta',
  index: 0,
  delta: { type: 'text_delta', text: 'hello' },
})

describe('whatever becomes of an answer, it is let go', () => {
  it.each<[string, UpstreamAnswer, Asking]>([
    ['translated, whole', { body: [HELLO, STOP, COUNTS, DONE] }, { protocol: 'chat' }],
    ['translated, broken off', { body: [HELLO, LOST] }, { protocol: 'chat' }],
    [
      'translated, an error',
      { status: 500, type: 'application/json', body: ['{}'] },
      { protocol: 'chat' },
    ],
    ['translated, a web page', { type: 'text/html', body: ['<html>'] }, { protocol: 'chat' }],
    [
      'translated, the client left',
      { body: [HELLO, HELLO, HELLO] },
      { protocol: 'chat', takes: 1 },
    ],
    [
      'passed through, broken off',
      { body: [STARTED, BLOCK, PIECE, LOST] },
      { protocol: 'messages' },
    ],
    ['passed through, an error', { status: 500, body: ['{}'] }, { protocol: 'messages' }],
    ['passed through, nothing', { body: [' \n'] }, { protocol: 'messages' }],
    ['passed through, no message', { body: ['[1]'] }, { protocol: 'messages' }],
    [
      'passed through, the client left',
      { body: [STARTED, BLOCK, PIECE, PIECE, PIECE] },
      { protocol: 'messages', request: { stream: true }, takes: 1 },
    ],
  ])('%s', async (_, upstream, asking) => {
    expect((await ask([upstream], asking)).released).toBeGreaterThanOrEqual(1)
  })
})

describe('an answer of Responses that is said to be completed', () => {
  const completed = (output_tokens: number, output: readonly object[]): UpstreamAnswer => ({
    body: [
      event({ type: 'response.output_text.delta', delta: 'hello' }),
      event({
        type: 'response.completed',
        response: { status: 'completed', output, usage: { input_tokens: 5, output_tokens } },
      }),
    ],
  })
  const call = { type: 'function_call', call_id: 'c', name: 'T', arguments: '{}' }

  // llama.cpp's, Ollama's and LiteLLM's servers say so of answers that were cut.
  it.each([
    ['has reached the limit', completed(100, []), 'max_tokens'],
    ['is shorter', completed(99, []), 'end_turn'],
    ['ends in a whole call', completed(100, [call]), 'tool_use'],
  ])('and %s', async (_, answer, reason) => {
    expect((await ask([answer], { protocol: 'responses' })).stops).toEqual([reason])
  })
})

describe('a key is never shown', () => {
  it.each<[string, UpstreamAnswer, Asking]>([
    [
      'by an error',
      { status: 401, type: 'application/json', body: [JSON.stringify({ error: LEAK })] },
      { protocol: 'chat' },
    ],
    ['by an error in a stream', { body: [chunk({ error: LEAK })] }, { protocol: 'chat' }],
    ['by an error behind words', { body: [HELLO, chunk({ error: LEAK })] }, { protocol: 'chat' }],
    [
      'by a document',
      { type: 'application/json', body: [JSON.stringify({ type: 'error', error: LEAK })] },
      { protocol: 'messages' },
    ],
    [
      'by an error in a stream that passes through',
      { body: [STARTED, event({ type: 'error', error: LEAK })] },
      { protocol: 'messages', request: { stream: true } },
    ],
    [
      'by an error behind words that pass through',
      { body: [STARTED, BLOCK, PIECE, event({ type: 'error', error: LEAK })] },
      { protocol: 'messages', request: { stream: true } },
    ],
  ])('%s', async (_, upstream, asking) => {
    const { error, pieces } = await ask([upstream], asking)
    const outcome = `${JSON.stringify(error?.envelope())} ${error?.message ?? ''} ${pieces.map(String).join(' ')}`
    expect(outcome).toContain('is wrong')
    expect(outcome).not.toContain(KEY)
  })
})

describe('an answer that breaks off', () => {
  it('is partial once it has content, so that no other provider is tried and billed', async () => {
    expect((await ask([{ body: [HELLO, LOST] }], { protocol: 'chat' })).error?.partial).toBe(true)
    expect((await ask([{ body: [COUNTS, LOST] }], { protocol: 'chat' })).error?.partial).toBe(false)
    const half = { type: 'application/json', body: ['{"type":"message"', LOST] }
    expect((await ask([half], { protocol: 'messages' })).error?.partial).toBe(true)
  })

  it('with an error among its events is an error for who wanted a document, not half of one', async () => {
    const broken = event({ type: 'error', error: { type: 'overloaded_error', message: 'busy' } })
    const { error, pieces } = await ask([{ body: [STARTED, BLOCK, PIECE, broken] }], {
      protocol: 'messages',
    })
    expect([error?.kind, pieces]).toEqual(['overloaded_error', []])
  })

  it('is counted as far as the provider reported it', async () => {
    const chat = await ask([{ body: [HELLO, COUNTS, LOST] }], { protocol: 'chat' })
    expect([chat.usage, chat.stops]).toEqual([
      [expect.objectContaining({ input_tokens: 5, output_tokens: 6 })],
      [],
    ])
    const passed = await ask([{ body: [STARTED, BLOCK, PIECE, LOST] }], {
      protocol: 'messages',
      request: { stream: true },
    })
    expect(passed.usage).toEqual([expect.objectContaining({ input_tokens: 5 })])
  })
})

describe('a request that was refused as it stood', () => {
  const REFUSED: UpstreamAnswer = {
    status: 400,
    type: 'application/json',
    body: [JSON.stringify({ error: { message: 'Unsupported parameter: reasoning_effort' } })],
  }
  const whole: UpstreamAnswer = { body: [HELLO, STOP, COUNTS, DONE] }
  const request = { output_config: { effort: 'max' } }

  it('is sent once more without it, which is reported and remembered', async () => {
    const { calls, dropped, refused, error } = await ask([REFUSED, whole], {
      protocol: 'chat',
      request,
    })
    expect(error).toBeUndefined()
    expect([calls.length, dropped, refused]).toEqual([2, ['thinking'], ['thinking']])
  })

  it('is learnt of only where the second try was answered, and there is no third', async () => {
    const { calls, refused, error } = await ask([REFUSED, REFUSED], { protocol: 'chat', request })
    expect(error?.kind).toBe('invalid_request_error')
    expect([calls.length, refused]).toEqual([2, []])
  })
})

describe('an answer without an end', () => {
  const MB = Buffer.alloc(1024 * 1024, 32)
  function* many(first: string, piece: Uint8Array): Generator<string | Uint8Array> {
    yield first
    for (let n = 0; n < 80; n += 1) yield piece
  }

  it.each<[string, string]>([
    ['a document', '{"type":"message","content":"'],
    ['nothing but white space', ' '],
  ])('is given up where it is %s', async (_, first) => {
    const upstream = { type: 'application/json', body: many(first, MB) }
    const { error, closed } = await ask([upstream], { protocol: 'messages' })
    expect(error).toMatchObject({ status: 502 })
    expect(error?.message).toContain('longer answer than ccr reads')
    expect(closed).toBe(1)
  })

  it('streams on and on where it says something', async () => {
    const text = 'x'.repeat(1024 * 1024)
    const long = event({
      type: 'content_block_delta',
      index: 0,
      delta: { type: 'text_delta', text },
    })
    function* body(): Generator<string> {
      yield STARTED + BLOCK
      for (let n = 0; n < 70; n += 1) yield long
    }
    const asking = { protocol: 'messages', request: { stream: true }, takes: 70 } as const
    const { error, pieces } = await ask([{ body: body() }], asking)
    expect([error, pieces.length]).toEqual([undefined, 70])
  })
})

describe("the user's transformers", () => {
  const through = (response: RequestTransformers['response']): RequestTransformers => ({
    request: (body) => Promise.resolve({ body: { ...body, mine: 1 }, headers: { 'x-own': '1' } }),
    response,
  })

  it.each(['chat', 'messages'] as const)('change the call on its way: %s', async (protocol) => {
    const body = protocol === 'chat' ? [HELLO, STOP, DONE] : ['{"type":"message","content":[]}']
    const userTransformers = through((answer) => Promise.resolve(answer))
    const { calls } = await ask([{ body }], { protocol, userTransformers })
    expect(JSON.parse(Buffer.from(calls[0]?.body ?? '').toString())).toMatchObject({
      mine: 1,
      model: 'm',
    })
    expect(calls[0]?.headers).toMatchObject({ 'x-own': '1' })
  })
})

it('a call whose id the conversation has already gets a new one, and the client’s model name', async () => {
  const call = { index: 0, id: 'call_1', function: { name: 'Read', arguments: '{}' } }
  const upstream = {
    body: [chunk({ choices: [{ delta: { tool_calls: [call] } }] }), STOP, DONE],
  }
  const used = { type: 'tool_use', id: 'call_1', name: 'Read', input: {} }
  const result = { type: 'tool_result', tool_use_id: 'call_1', content: 'x' }
  const messages = [
    { role: 'user', content: 'hi' },
    { role: 'assistant', content: [used] },
    { role: 'user', content: [result] },
  ]
  const fresh = JSON.stringify((await ask([upstream], { protocol: 'chat' })).pieces)
  expect(fresh).toContain('"id":"call_1"')
  const { pieces } = await ask([upstream], { protocol: 'chat', request: { messages } })
  const events = JSON.stringify(pieces)
  expect(events).toContain('"model":"x"')
  expect(events).toContain('"id":"toolu_')
  expect(events).not.toContain('"call_1"')
})
