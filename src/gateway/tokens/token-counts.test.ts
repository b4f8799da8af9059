import { afterEach, expect, it, vi } from 'vitest'
import { silent } from '../../lib/log.ts'
import { GatewayError } from '../../messages/error.ts'
import type { MessagesRequest } from '../../messages/request.ts'
import { providerOf } from '../../providers/configured/provider.ts'
import type { Call } from '../../providers/configured/call.ts'
import type { Answer } from '../../upstream/answer.ts'
import type { Upstream } from '../../upstream/send.ts'
import { type Countable, type Counts, createCounts } from './token-counts.ts'
import { createEstimator } from './estimator.ts'

const REQUEST: MessagesRequest = {
  model: 'ccr-deadbeef',
  max_tokens: 9,
  messages: [{ role: 'user', content: 'one two three' }],
}

interface World {
  readonly counts: Counts
  readonly calls: Call[]
  readonly released: () => number
  readonly limits: number[]
}

interface Circumstances {
  readonly status?: number
  readonly body?: string
  readonly send?: Upstream['send']
  /** Tokens of each text; undefined: they cannot be counted. */
  readonly perText?: number | undefined
}

function world({
  status = 200,
  body = '{"input_tokens": 4711}',
  send,
  perText,
}: Circumstances): World {
  const calls: Call[] = []
  const limits: number[] = []
  let released = 0
  const answer = (): Answer => ({
    status,
    headers: {},
    body: bytes(body),
    release: () => (released += 1),
  })
  const counts = createCounts({
    counter: {
      count(texts, withinMs) {
        limits.push(withinMs)
        return Promise.resolve(perText === undefined ? undefined : texts.map(() => perText))
      },
      close: () => undefined,
    },
    estimator: createEstimator(),
    upstream: {
      send(call, signal) {
        calls.push(call)
        return send ? send(call, signal) : Promise.resolve(answer())
      },
      close: () => Promise.resolve(),
    },
    log: silent,
  })
  return { counts, calls, limits, released: () => released }
}

async function* bytes(body: string): AsyncGenerator<Uint8Array> {
  await Promise.resolve()
  for (let at = 0; at < body.length; at += 8_192) yield Buffer.from(body.slice(at, at + 8_192))
}

function countable(url: string, signal = new AbortController().signal): Countable {
  const entry = { name: 'p', url, apiKey: 'k', models: ['m'], missing: [] }
  const provider = providerOf(entry).to('m')
  return {
    request: REQUEST,
    bytes: Buffer.from(JSON.stringify(REQUEST)),
    client: { headers: {}, query: '' },
    candidates: [{ provider, target: { provider: 'p', model: 'm' } }],
    size: { bytes: 400, images: 0 },
    signal,
  }
}

const MESSAGES_URL = 'https://relay.test/v1/messages?key=1'
const CHAT_URL = 'https://relay.test/v1/chat/completions'
/** Bytes over four, as nothing else is known. */
const ESTIMATE = 100

afterEach(() => {
  vi.restoreAllMocks()
})

it('a provider that counts is called under its URL for messages, and its count is taken', async () => {
  const { counts, calls, released, limits } = world({})
  expect(await counts.of(countable(MESSAGES_URL))).toBe(4711)
  expect(calls).toMatchObject([
    { url: 'https://relay.test/v1/messages/count_tokens?key=1', idempotent: true },
  ])
  expect(JSON.parse(Buffer.from(calls[0]?.body ?? '').toString())).toMatchObject({ model: 'm' })
  expect([released(), limits]).toEqual([1, []])
})

it('a provider of another API is not called: the tokenizer counts', async () => {
  const { counts, calls } = world({ perText: 50 })
  const tokens = await counts.of(countable(CHAT_URL))
  expect(tokens).toBeGreaterThan(50)
  expect(calls).toEqual([])
})

it('tools that were added within the conversation count for a provider of another API', async () => {
  const definition = { name: 'Late', description: 'late', input_schema: { type: 'object' } }
  const added = { type: 'tool_addition', tool: { type: 'tool_definition', definition } }
  const messages = [...REQUEST.messages, { role: 'system', content: [added] }]
  const counted = countable(CHAT_URL)
  const tokens = async (request: MessagesRequest): Promise<number> =>
    world({ perText: 50 }).counts.of({ ...counted, request })
  expect(await tokens({ ...REQUEST, messages })).toBe(
    await tokens({ ...REQUEST, tools: [definition] }),
  )
})

it('without the tokenizer the estimate has to do', async () => {
  expect(await world({}).counts.of(countable(CHAT_URL))).toBe(ESTIMATE)
})

it.each([
  ['an error', { status: 404 }],
  ['an error that looks like a count', { status: 500, body: '{"input_tokens": 1}' }],
  ['no number', { body: '{"input_tokens": "4711"}' }],
  ['no JSON', { body: '<html>' }],
  ['more than a count can be', { body: `{"x": "${'y'.repeat(90_000)}", "input_tokens": 1}` }],
])('%s in place of a count is let go, and the estimate has to do', async (_, body) => {
  const { counts, released } = world(body)
  expect(await counts.of(countable(MESSAGES_URL))).toBe(ESTIMATE)
  expect(released()).toBe(1)
})

/** A provider that never answers; it hears when it is given up. */
const never: Upstream['send'] = (_, signal) =>
  new Promise((_resolve, reject) => {
    signal.addEventListener('abort', () => reject(new GatewayError('timeout_error', 'given up')))
  })

it('a provider that hangs is waited for ten seconds at most', async () => {
  const limit = new AbortController()
  const limits = vi.spyOn(AbortSignal, 'timeout').mockReturnValue(limit.signal)
  const { counts } = world({ send: never })
  const counted = counts.of(countable(MESSAGES_URL))
  await vi.waitFor(() => expect(limits).toHaveBeenCalledWith(10_000))
  limit.abort()
  expect(await counted).toBe(ESTIMATE)
})

it('a client that goes away takes its question back', async () => {
  const gone = new AbortController()
  const { counts, calls } = world({ send: never })
  const counted = counts.of(countable(MESSAGES_URL, gone.signal))
  await vi.waitFor(() => expect(calls).toHaveLength(1))
  gone.abort()
  await counted
})

const ROUTER = { default: 'p,m', longContext: 'p,long', longContextThreshold: 1_000 }

it.each([
  ['close below', 850, 50],
  ['close above', 1_150, 50],
  ['far below', 849, undefined],
  ['far above', 1_151, undefined],
])('an estimate %s the threshold is %s', async (_, tokens, perText) => {
  const { counts, limits } = world({ perText: 50 })
  const hints = { tokens, requestClass: 'main' }
  const weighed = await counts.weighed(REQUEST, hints, ROUTER)
  expect(weighed.requestClass).toBe('main')
  if (perText === undefined) expect([weighed, limits]).toEqual([hints, []])
  else expect([weighed.tokens < 100, limits]).toEqual([true, [1_000]])
})

it('nothing is counted where no model is for long contexts, and nothing changes without a count', async () => {
  const { counts, limits } = world({ perText: 50 })
  const hints = { tokens: 1_000 }
  expect(await counts.weighed(REQUEST, hints, { ...ROUTER, longContext: '' })).toBe(hints)
  expect(limits).toEqual([])
  expect(await world({}).counts.weighed(REQUEST, hints, ROUTER)).toEqual(hints)
})
