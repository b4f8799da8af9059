/** What a provider itself says that an answer cost, on its way to the ledger. */
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { gatewayServer, type GatewayServer } from '../../test/support/gateway.ts'
import { events, http } from '../../test/support/replies.ts'
import { startUpstream, type Upstream } from '../../test/support/upstream.ts'
import type { PriceConfig } from '../config/config.ts'
import type { RequestRow } from '../store/ledger.ts'

let upstream: Upstream
let server: GatewayServer
beforeEach(async () => {
  upstream = await startUpstream()
})
afterEach(async () => {
  await server.close()
  await upstream.close()
})

const TOKENS = { prompt_tokens: 1000, completion_tokens: 100, total_tokens: 1100 }
const ENDED = { choices: [{ delta: { content: 'Hello' }, finish_reason: 'stop' }] }

interface Setup {
  readonly name?: string
  readonly url?: string
  readonly prices?: Readonly<Record<string, PriceConfig>>
}

async function serve({ name = 'openrouter', url = upstream.chatUrl, prices = {} }: Setup = {}) {
  const provider = { name, url, apiKey: 'k', models: ['m'], missing: [] }
  server = await gatewayServer({ providers: [provider], prices }, `${name},m`)
}

interface Got {
  readonly row: RequestRow
  readonly body: string
}

async function ask(stream: boolean): Promise<Got> {
  const messages = [{ role: 'user', content: 'hi' }]
  const question = { model: 'ccr-deadbeef', max_tokens: 9, messages, stream }
  const before = server.rows.length
  const response = await server.post(question)
  const body = await response.text().catch(() => '')
  await vi.waitFor(() => expect(server.rows).toHaveLength(before + 1))
  return { row: server.rows.at(-1)!, body }
}

const chunks = (usage: object) => events([ENDED, { choices: [], usage: { ...TOKENS, ...usage } }])
const PRICE = { input: 1, output: 10, date: '2026-11-01' }
const BY_LIST = (1000 + 100 * 10) / 1e6

describe('what a provider says that an answer cost', () => {
  it.each([
    ['streamed', true],
    ['collected', false],
  ])('is the cost in the ledger, and nothing that the client sees: %s', async (_, stream) => {
    await serve()
    upstream.script(chunks({ cost: 0.0123, is_byok: false, cost_details: { x: 1 } }))
    const { row, body } = await ask(stream)
    expect(row).toMatchObject({
      input: 1000,
      output: 100,
      cost: 0.0123,
      priceSource: 'provider',
      priceDate: null,
    })
    expect(body).toContain('Hello')
    expect(body).not.toContain('cost')
    expect(body).not.toContain('byok')
    expect(body).not.toContain('charged')
  })

  it('comes before the prices of the config, also where it is nothing', async () => {
    await serve({ prices: { openrouter: PRICE } })
    upstream.script([chunks({ cost: 0.5 }), chunks({ cost: 0 })])
    expect((await ask(true)).row).toMatchObject({ cost: 0.5, priceSource: 'provider' })
    expect((await ask(true)).row).toMatchObject({ cost: 0, priceSource: 'provider' })
  })

  it.each([
    ['text', { cost: '0.5' }],
    ['below zero', { cost: -0.5 }],
    ['null', { cost: null }],
    ['missing', {}],
  ])('is ignored where it is %s', async (_, usage) => {
    await serve({ prices: { openrouter: PRICE } })
    upstream.script(chunks(usage))
    const { row } = await ask(true)
    expect(row).toMatchObject({ priceSource: 'config', priceDate: '2026-11-01' })
    expect(row.cost).toBeCloseTo(BY_LIST, 12)
  })

  it.each(['cost', 'cost_in_usd_ticks'])(
    'is not believed of a server that is not known to say it: %s',
    async (field) => {
      await serve({ name: 'p', prices: { p: PRICE } })
      upstream.script(chunks({ [field]: 0 }))
      const { row } = await ask(true)
      expect(row.priceSource).toBe('config')
      expect(row.cost).toBeCloseTo(BY_LIST, 12)
    },
  )

  it('has the charge for the user’s key besides the fee', async () => {
    await serve()
    const details = { cost_details: { upstream_inference_cost: 0.01 } }
    upstream.script(chunks({ cost: 0.0005, is_byok: true, ...details }))
    expect((await ask(true)).row.cost).toBeCloseTo(0.0105, 12)
  })

  it('is read in ticks from xAI', async () => {
    await serve({ name: 'xai' })
    upstream.script(chunks({ cost_in_usd_ticks: 37_756_000 }))
    expect((await ask(true)).row).toMatchObject({ cost: 0.0037756, priceSource: 'provider' })
  })

  it('is found where the answer passes through, once it is whole', async () => {
    await serve({ url: upstream.messagesUrl })
    const usage = { input_tokens: 9, output_tokens: 1, cost: 0.25 }
    upstream.script(http(200, { type: 'message', content: [], stop_reason: 'end_turn', usage }))
    expect((await ask(false)).row).toMatchObject({ cost: 0.25, priceSource: 'provider' })
    const started = { type: 'message_start', message: { id: 'm', usage: { ...usage, cost: 0 } } }
    const block = { type: 'content_block_start', index: 0, content_block: { type: 'text' } }
    const ended = { type: 'message_delta', delta: { stop_reason: 'end_turn' }, usage }
    upstream.script([
      events([started, block, ended, { type: 'message_stop' }]),
      events([started, block], { ending: 'cut' }),
    ])
    expect((await ask(true)).row).toMatchObject({ cost: 0.25, priceSource: 'provider' })
    expect((await ask(true)).row).toMatchObject({ input: 9, cost: null, outcome: 'error' })
  })

  it('is not that of a target that failed before', async () => {
    await serve({ prices: { openrouter: PRICE } })
    const failed = { choices: [], usage: { ...TOKENS, cost: 9 } }
    upstream.script([events([failed, { error: { message: 'no', code: 503 } }]), chunks({})])
    const { row } = await ask(true)
    expect(row).toMatchObject({ attempts: 2, priceSource: 'config' })
  })
})
