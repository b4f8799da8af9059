import { describe, expect, it } from 'vitest'
import { emptyConfig } from '../../config/defaults.ts'
import type { Config } from '../../config/config.ts'
import { GatewayError } from '../../messages/error.ts'
import type { FinalUsage } from '../../messages/events.ts'
import {
  type RecordedRequest,
  recordedRequest,
  type EndedRequest,
  usageRecord,
  estimatedCost,
  pricesOf,
} from './usage-record.ts'
import { clientIdentity } from '../client-headers.ts'
import type { MessagesRequest } from '../../messages/request.ts'
import type { Measured } from './request-metrics.ts'

/** No two numbers are the same, so that each field can only have its own. */
const USAGE = {
  input_tokens: 1_000,
  output_tokens: 200,
  cache_read_input_tokens: 30,
  cache_creation_input_tokens: 11,
  cache_creation: { ephemeral_5m_input_tokens: 4, ephemeral_1h_input_tokens: 7 },
  output_tokens_details: { thinking_tokens: 150 },
} as FinalUsage

const RATES = { input: 2, output: 50, cacheRead: 0.3, cacheWrite: 5, cacheWrite1h: 9 }
const COST = (1_000 * 2 + 200 * 50 + 30 * 0.3 + 4 * 5 + 7 * 9) / 1e6

const CONFIG: Config = {
  ...emptyConfig(),
  providers: [
    { name: 'p', url: 'https://p.test/v1', apiKey: 'k', models: [], missing: [] },
    { name: 'q', url: 'https://q.test/v1', apiKey: 'k', models: [], missing: [] },
  ],
  prices: {
    'p,m': { ...RATES, date: '2026-11-01' },
    'p,a,b': { input: 3, output: 3 },
    q: { input: 4, output: 4 },
  },
}
const prices = pricesOf(CONFIG)

const REQUEST: RecordedRequest = {
  at: 10_000,
  conversation: 'c-1',
  class: 'subagent',
  streamed: true,
}
const MEASURED: Measured = {
  reason: 'think',
  target: 'p,m',
  attempts: 3,
  dropped: ['top_k', 'thinking'],
  usage: USAGE,
  reportedUsd: undefined,
  stopReason: 'tool_use',
  ttftMs: 500,
}
const ENDED: EndedRequest = {
  session: { id: 'deadbeef', preference: 'fast' },
  request: REQUEST,
  measured: MEASURED,
  error: undefined,
  hungUp: false,
  at: 14_500,
}
const row = (ended: Partial<EndedRequest> = {}, measured: Partial<Measured> = {}) =>
  usageRecord({ ...ENDED, measured: { ...MEASURED, ...measured }, ...ended }, prices)

describe('the row of a request that has ended', () => {
  it('has each number in its column', () => {
    const { cost, ...others } = row()
    expect(others).toEqual({
      at: 10_000,
      session: 'deadbeef',
      preference: 'fast',
      conversation: 'c-1',
      class: 'subagent',
      route: 'think',
      provider: 'p',
      model: 'm',
      input: 1_000,
      output: 200,
      cacheRead: 30,
      cacheWrite: 4,
      cacheWrite1h: 7,
      reasoning: 150,
      priceSource: 'config',
      priceDate: '2026-11-01',
      ttftMs: 500,
      durationMs: 4_500,
      tokensPerSecond: 50,
      status: 200,
      outcome: 'ok',
      error: null,
      stopReason: 'tool_use',
      attempts: 3,
      dropped: 'top_k, thinking',
    })
    expect(cost).toBeCloseTo(COST, 12)
  })

  it('has null for what is not known', () => {
    expect(row({ measured: undefined, request: { ...REQUEST, conversation: undefined } })).toEqual({
      at: 10_000,
      session: 'deadbeef',
      preference: 'fast',
      conversation: null,
      class: 'subagent',
      route: null,
      provider: null,
      model: null,
      input: null,
      output: null,
      cacheRead: null,
      cacheWrite: null,
      cacheWrite1h: null,
      reasoning: null,
      cost: null,
      priceSource: null,
      priceDate: null,
      ttftMs: null,
      durationMs: 4_500,
      tokensPerSecond: null,
      status: 200,
      outcome: 'ok',
      error: null,
      stopReason: null,
      attempts: 0,
      dropped: null,
    })
  })

  it('takes the reported cost before any price', () => {
    expect(row({}, { reportedUsd: 0.5 })).toMatchObject({
      cost: 0.5,
      priceSource: 'provider',
      priceDate: null,
    })
  })

  it.each([
    ['p,a,b', { provider: 'p', model: 'a,b' }, 3],
    ['q,any', { provider: 'q', model: 'any' }, 4],
  ])('splits %s at its first comma, and finds its price', (target, expected, rate) => {
    const { cost, ...others } = row(
      {},
      { target, usage: { input_tokens: 1e6, output_tokens: 1e6 } },
    )
    expect(others).toMatchObject({ ...expected, priceSource: 'config', priceDate: null })
    expect(cost).toBeCloseTo(2 * rate, 9)
  })

  it('has the user’s price also where the provider served faster, but no list price', () => {
    const usage = { ...USAGE, service_tier: 'priority' } as FinalUsage
    expect(row({}, { usage }).priceSource).toBe('config')
    const listed = pricesOf({
      ...CONFIG,
      providers: [
        { name: 'openai', url: 'https://api.openai.com/v1', apiKey: 'k', models: [], missing: [] },
      ],
      prices: {},
    })
    const of = (usage: FinalUsage) =>
      usageRecord({ ...ENDED, measured: { ...MEASURED, target: 'openai,gpt-4o', usage } }, listed)
    expect(of(USAGE).cost).toBeGreaterThan(0)
    expect(of(USAGE)).not.toMatchObject({ priceSource: null })
    expect(of(usage)).toMatchObject({
      cost: null,
      priceSource: null,
      priceDate: null,
      input: 1_000,
    })
  })

  it('tells an error from a client that hung up', () => {
    const error = new GatewayError('overloaded_error', 'busy', { status: 503 })
    expect(row({ error })).toMatchObject({
      status: 503,
      outcome: 'error',
      error: 'overloaded_error',
    })
    expect(row({ error, hungUp: true }).outcome).toBe('aborted')
    expect(row({ hungUp: true }).outcome).toBe('aborted')
  })

  it('has the speed of a document over all of its time, and none where there is none', () => {
    expect(row({ request: { ...REQUEST, streamed: false } }).tokensPerSecond).toBeCloseTo(
      200 / 4.5,
      9,
    )
    expect(row({ at: 10_500 }).tokensPerSecond).toBeNull()
    expect(row({}, { ttftMs: undefined })).toMatchObject({ ttftMs: null })
    const silent = { ...USAGE, output_tokens: 0 } as FinalUsage
    expect(row({}, { usage: silent })).toMatchObject({ output: 0, tokensPerSecond: null })
  })

  it('took no less than no time when the clock was set back', () => {
    expect(row({ at: 9_000 })).toMatchObject({ at: 10_000, durationMs: 0, tokensPerSecond: null })
  })
})

describe('the price of a target', () => {
  it('is that of its provider, however often and in whichever order it is looked up', () => {
    const ofBoth = pricesOf(CONFIG)
    const targets = ['q,m', 'p,m', 'q,m', 'p,other', 'r,m', 'p,m']
    expect(targets.map((target) => ofBoth(target)?.price.input)).toEqual([
      4,
      2,
      4,
      undefined,
      undefined,
      2,
    ])
  })
})

describe('where a request comes from', () => {
  const of = (headers: Readonly<Record<string, string | string[]>>, request?: MessagesRequest) =>
    recordedRequest(clientIdentity(headers), 7, request)

  it.each([
    [{}, 'other'],
    [{ 'x-claude-code-session-id': 'c' }, 'main'],
    [{ 'x-claude-code-session-id': 'c', 'x-claude-code-agent-id': 'a' }, 'subagent'],
    [{ 'x-claude-code-agent-id': 'a', 'x-claude-code-request-class': 'compaction' }, 'compaction'],
  ])('is in the headers %o: %s', (headers, expected) => {
    expect(of(headers).class).toBe(expected)
  })

  it('has the first of several values, and when it came', () => {
    expect(of({ 'x-claude-code-session-id': ['c', 'd'] })).toEqual({
      at: 7,
      conversation: 'c',
      class: 'main',
      streamed: false,
    })
  })

  it('is named by the body only where no header names the conversation', () => {
    const id = '0b7c1d9e-2f3a-4b5c-8d6e-7f8091a2b3c4'
    const request = { model: 'm', messages: [], metadata: { user_id: `user_x_session_${id}` } }
    expect(of({}, request)).toMatchObject({ conversation: id, streamed: false })
    const header = { 'x-claude-code-session-id': 'c' }
    expect(of(header, { ...request, stream: true })).toMatchObject({
      conversation: 'c',
      streamed: true,
    })
    for (const metadata of [undefined, {}, { user_id: 7 }, { user_id: 'somebody' }]) {
      expect(of({}, { ...request, metadata }).conversation).toBeUndefined()
    }
  })
})

describe('what a request may cost', () => {
  const tag = { price: { input: 2, output: 10 }, source: 'config', date: null }
  const cost = (fields: object) =>
    estimatedCost({ model: 'm', messages: [], ...fields }, 1_000, tag)

  it('is its input and the longest answer that it allows, which is rarely longer than 4096', () => {
    expect(cost({ max_tokens: 100 })).toBeCloseTo((1_000 * 2 + 100 * 10) / 1e6, 12)
    const usual = (1_000 * 2 + 4_096 * 10) / 1e6
    for (const most of [4_096, 64_000, undefined, 'many']) {
      expect(cost({ max_tokens: most })).toBeCloseTo(usual, 12)
    }
  })

  it('is not known without a price', () => {
    expect(estimatedCost({ model: 'm', messages: [], max_tokens: 9 }, 1, undefined)).toBeNull()
  })
})
