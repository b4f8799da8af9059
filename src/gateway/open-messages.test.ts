/** Messages APIs whose streams stay open behind the end of an answer, or break there. */
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import type { GatewayError } from '../messages/error.ts'
import type { ProviderApi } from '../providers/configured/api.ts'
import { providerOf } from '../providers/configured/provider.ts'
import { type ForwardExchange, passThrough } from './attempt/forward.ts'

const event = (data: { readonly type: string; readonly [field: string]: unknown }): string =>
  `event: ${data.type}\ndata: ${JSON.stringify(data)}\n\n`
const BEGUN = [
  event({
    type: 'message_start',
    message: {
      ...{ id: 'm', type: 'message', role: 'assistant', model: 'x', content: [] },
      usage: { input_tokens: 5, output_tokens: 1 },
    },
  }),
  event({ type: 'content_block_start', index: 0, content_block: { type: 'text', text: '' } }),
  event({ type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text: 'hello' } }),
  event({ type: 'content_block_stop', index: 0 }),
].join('')
const ENDED = event({
  type: 'message_delta',
  delta: { stop_reason: 'end_turn', stop_sequence: null },
  usage: { output_tokens: 2 },
})
const STOP = event({ type: 'message_stop' })
type Later = () => Promise<Uint8Array>
const OPENED: Later = () => new Promise(() => undefined)

interface Outcome {
  text: string
  error: GatewayError | undefined
  isOver: boolean
  silences: number
  released: number
}

/** Reads an answer in the background; what stands there at each moment is the outcome. */
function read(
  parts: readonly (string | Error | Later)[],
  { url = 'https://relay.test/v1/messages', stream = true } = {},
): Outcome {
  const entry = { name: 'p', url, apiKey: 'k', models: [], missing: [] }
  const request = {
    ...{ model: 'x', max_tokens: 9, stream },
    messages: [{ role: 'user' as const, content: 'hi' }],
  }
  const outcome: Outcome = { text: '', error: undefined, isOver: false, silences: 0, released: 0 }
  async function* body(): AsyncGenerator<Uint8Array> {
    for (const part of parts) {
      await Promise.resolve()
      if (part instanceof Error) throw part
      yield typeof part === 'string' ? Buffer.from(part) : await part()
    }
  }
  const provider = providerOf(entry).to('m')
  const { dialect } = provider.api as Extract<ProviderApi, { kind: 'forward' }>
  const exchange: ForwardExchange = {
    dialect,
    ...{ request, provider, target: { provider: 'p', model: 'm' } },
    ...{ inputEstimate: 7, signal: new AbortController().signal, refused: [] },
    upstream: {
      send: () =>
        Promise.resolve({
          status: 200,
          headers: { 'content-type': 'text/event-stream' },
          body: body(),
          release: () => (outcome.released += 1),
        }),
      close: () => Promise.resolve(),
    },
    grace: {
      ...{ marked: 60_000, unmarked: 20_000, empty: 20_000 },
      onSilence: () => (outcome.silences += 1),
    },
    ...{ onUsage: () => undefined, onStop: () => undefined },
    ...{ onDropped: () => undefined, onRefused: () => undefined },
  }
  const all = async (): Promise<void> => {
    for await (const piece of passThrough(exchange, { request, headers: {} }, '')) {
      outcome.text += Buffer.from(piece).toString()
    }
  }
  void all()
    .catch((thrown: unknown) => (outcome.error = thrown as GatewayError))
    .finally(() => (outcome.isOver = true))
  return outcome
}

const pass = (ms: number): Promise<unknown> => vi.advanceTimersByTimeAsync(ms)

beforeEach(() => {
  vi.useFakeTimers()
})
afterEach(() => {
  vi.useRealTimers()
})

it('an answer that is put right ends 20 s after its stop reason, and it is remembered', async () => {
  const outcome = read([BEGUN + ENDED, OPENED])
  await pass(19_999)
  expect(outcome).toMatchObject({ text: BEGUN + ENDED, isOver: false, silences: 0 })
  await pass(1)
  expect(outcome).toMatchObject({ text: BEGUN + ENDED + STOP, error: undefined, isOver: true })
  expect(outcome).toMatchObject({ silences: 1, released: 1 })
})

it('its document does too, where no stream was asked for', async () => {
  const outcome = read([BEGUN + ENDED, OPENED], { stream: false })
  await pass(20_000)
  expect(JSON.parse(outcome.text)).toMatchObject({
    content: [{ type: 'text', text: 'hello' }],
    stop_reason: 'end_turn',
  })
})

it('words that come late are kept', async () => {
  const late: Later = () =>
    new Promise((resolve) => {
      setTimeout(() => {
        resolve(Buffer.from(STOP))
      }, 15_000)
    })
  const outcome = read([BEGUN + ENDED, late])
  await pass(15_000)
  expect(outcome).toMatchObject({ text: BEGUN + ENDED + STOP, isOver: true, silences: 0 })
})

it('nothing is waited for once its last event has come', async () => {
  const outcome = read([BEGUN + ENDED + STOP, OPENED])
  await pass(0)
  expect(outcome).toMatchObject({ text: BEGUN + ENDED + STOP, isOver: true, silences: 0 })
})

it('a connection that ends or breaks behind the stop reason leaves it whole', async () => {
  for (const parts of [[BEGUN + ENDED], [BEGUN + ENDED, new Error('reset')]]) {
    const outcome = read(parts)
    await pass(0)
    expect(outcome).toMatchObject({ text: BEGUN + ENDED + STOP, error: undefined, silences: 0 })
    expect(vi.getTimerCount()).toBe(0)
  }
})

it('before the stop reason there is no such end', async () => {
  const outcome = read([BEGUN, OPENED])
  await pass(60_000)
  expect(outcome).toMatchObject({ text: BEGUN, isOver: false, silences: 0 })
})

it('Anthropic’s answers end as Anthropic ends them', async () => {
  const url = 'https://api.anthropic.com/v1/messages'
  const outcome = read([BEGUN + ENDED, OPENED], { url })
  await pass(60_000)
  expect(outcome).toMatchObject({ text: BEGUN + ENDED, isOver: false, silences: 0 })
  const broken = read([BEGUN + ENDED, new Error('reset')], { url })
  await pass(0)
  expect(broken.error?.message).toBe('reset')
})
