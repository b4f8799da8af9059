import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { gatewayServer, type GatewayServer } from '../../../test/support/gateway.ts'
import { events, http, text } from '../../../test/support/replies.ts'
import { startUpstream, type Upstream } from '../../../test/support/upstream.ts'
import type { RequestRow } from '../../store/ledger.ts'

let upstream: Upstream
let server: GatewayServer
beforeEach(async () => {
  upstream = await startUpstream()
})
afterEach(async () => {
  await server.close()
  await upstream.close()
})

const PRICES = { 'p,m': { input: 1, output: 10, cacheRead: 0.1, date: '2026-11-01' } }

/** Provider `p` on the fake upstream, as Anthropic's own API or another. */
async function serve(protocol: 'chat' | 'messages', prices = PRICES): Promise<void> {
  const isAnthropic = protocol === 'messages'
  const url = isAnthropic ? upstream.messagesUrl : upstream.chatUrl
  const provider = { name: 'p', url, apiKey: 'k', models: ['m'], missing: [] }
  const transformer = isAnthropic ? { transformer: { use: ['Anthropic'] } } : {}
  server = await gatewayServer({ providers: [{ ...provider, ...transformer }], prices }, 'p,m')
}

const QUESTION = {
  model: 'ccr-deadbeef',
  max_tokens: 9,
  messages: [{ role: 'user', content: 'hi' }],
}

/** The row of one request, once it is there. */
async function rowOf(body: object, headers: Record<string, string> = {}): Promise<RequestRow> {
  const response = await server.post(body, { headers }).catch(() => undefined)
  await response?.text().catch(() => undefined)
  return vi.waitFor(() => {
    const row = server.rows.at(-1)
    if (row === undefined) throw new Error('no row yet')
    return row
  })
}

const COUNTS = { usage: { input: 1000, output: 100, cached: 400 } }
const COUNTED = { input: 600, cacheRead: 400, output: 100 }

describe('the row of a request', () => {
  it.each([
    ['translated', 'chat', true],
    ['translated and collected', 'chat', false],
    ['passed through', 'messages', true],
    ['passed through as a document', 'messages', false],
  ] as const)('has the tokens of the provider and their cost: %s', async (_, protocol, stream) => {
    await serve(protocol)
    upstream.script(text('Hello', COUNTS))
    const row = await rowOf({ ...QUESTION, stream })
    expect(row).toMatchObject({
      session: 'deadbeef',
      preference: 'p,m',
      class: 'other',
      route: 'preference',
      provider: 'p',
      model: 'm',
      ...COUNTED,
      priceSource: 'config',
      priceDate: '2026-11-01',
      status: 200,
      outcome: 'ok',
      error: null,
      stopReason: 'end_turn',
      attempts: 1,
      dropped: null,
    })
    expect(row.cost).toBeCloseTo((600 + 100 * 10 + 400 * 0.1) / 1e6, 12)
    expect(row.ttftMs).toBeLessThanOrEqual(row.durationMs + 1)
  })

  it('knows no cost without a price, and no tokens where none are reported', async () => {
    await serve('chat', {} as typeof PRICES)
    upstream.script([text('Hello', COUNTS), text('Hello', { usageIn: 'none' })])
    expect(await rowOf(QUESTION)).toMatchObject({ ...COUNTED, cost: null, priceSource: null })
    await server.post(QUESTION)
    await vi.waitFor(() => expect(server.rows).toHaveLength(2))
    expect(server.rows[1]).toMatchObject({ input: null, output: null, cost: null, outcome: 'ok' })
  })

  it('has reasoning, the conversation and what the request was for', async () => {
    await serve('chat')
    upstream.script(
      events([
        { choices: [{ delta: { content: 'x' }, finish_reason: 'stop' }] },
        {
          choices: [],
          usage: {
            prompt_tokens: 5,
            completion_tokens: 50,
            completion_tokens_details: { reasoning_tokens: 40 },
          },
        },
      ]),
    )
    const headers = {
      'x-claude-code-session-id': 'c-1',
      'x-claude-code-request-class': 'auxiliary',
    }
    expect(await rowOf({ ...QUESTION, thinking: { type: 'adaptive' } }, headers)).toMatchObject({
      conversation: 'c-1',
      class: 'auxiliary',
      output: 50,
      reasoning: 40,
      dropped: 'thinking',
    })
  })

  it.each([
    ['{"session_id":"0b7c1d9e-2f3a-4b5c-8d6e-7f8091a2b3c4"}'],
    ['user_1f_account__session_0b7c1d9e-2f3a-4b5c-8d6e-7f8091a2b3c4'],
  ])('finds the conversation in the body: %s', async (userId) => {
    await serve('chat')
    upstream.script(text('Hello'))
    const row = await rowOf({ ...QUESTION, metadata: { user_id: userId } })
    expect(row.conversation).toBe('0b7c1d9e-2f3a-4b5c-8d6e-7f8091a2b3c4')
  })

  const START = {
    type: 'message_start',
    message: { id: 'm', usage: { input_tokens: 700, output_tokens: 1 } },
  }
  const BLOCK = { type: 'content_block_start', index: 0, content_block: { type: 'text', text: '' } }
  const PIECE = {
    type: 'content_block_delta',
    index: 0,
    delta: { type: 'text_delta', text: 'half' },
  }

  it('keeps of an answer that breaks off what was reported until then', async () => {
    await serve('messages')
    upstream.script(events([START, BLOCK, PIECE], { ending: 'cut' }))
    expect(await rowOf({ ...QUESTION, stream: true })).toMatchObject({
      input: 700,
      output: 1,
      outcome: 'error',
      stopReason: null,
    })
  })

  it('keeps of a request whose client hangs up what was reported until then', async () => {
    await serve('messages')
    upstream.script(events([START, BLOCK, PIECE], { ending: 'hold' }))
    const abort = new AbortController()
    const response = await server.post({ ...QUESTION, stream: true }, { signal: abort.signal })
    const reader = response.body!.getReader()
    await reader.read()
    abort.abort()
    await vi.waitFor(() => expect(server.rows).toHaveLength(1))
    expect(server.rows[0]).toMatchObject({ input: 700, output: 1, outcome: 'aborted' })
  })

  it('has requests that failed, with nothing made up', async () => {
    await serve('chat')
    upstream.script(http(400, { error: { message: 'no' } }))
    expect(await rowOf(QUESTION)).toMatchObject({
      provider: 'p',
      input: null,
      cost: null,
      status: 400,
      outcome: 'error',
      error: 'invalid_request_error',
      attempts: 1,
    })
  })

  it('has requests that were refused before they had a route', async () => {
    await serve('chat')
    await (await server.post('{"model"')).text()
    await vi.waitFor(() => expect(server.rows).toHaveLength(1))
    expect(server.rows[0]).toMatchObject({ provider: null, model: null, status: 400, attempts: 0 })
  })

  it('counts what was tried before', async () => {
    await serve('chat')
    upstream.script([http(503, {}), text('Hello', COUNTS)])
    expect(await rowOf(QUESTION)).toMatchObject({ attempts: 2, ...COUNTED, outcome: 'ok' })
  })

  it('has no list price where the provider served it in another way', async () => {
    await serve('messages', {} as typeof PRICES)
    const usage = { input_tokens: 1, output_tokens: 1, service_tier: 'priority' }
    const message = { type: 'message', content: [], stop_reason: 'end_turn', usage }
    upstream.script(http(200, message))
    expect(await rowOf(QUESTION)).toMatchObject({ input: 1, cost: null, stopReason: 'end_turn' })
  })

  it('does not count requests for a count: they cost nothing', async () => {
    await serve('chat')
    const count = await server.post(QUESTION, { path: '/v1/messages/count_tokens' })
    await count.text()
    upstream.script(text('Hello'))
    await rowOf(QUESTION)
    expect(server.rows).toHaveLength(1)
  })
})
