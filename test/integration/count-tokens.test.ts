/** Counting as a user's daemon does it: in the built worker, never by a request to the provider. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { throwawayCcr, type Ccr, type LiveSession } from '../support/ccr.ts'
import { startUpstream, type Upstream } from '../support/upstream.ts'

let upstream: Upstream
let ccr: Ccr
let session: LiveSession

beforeAll(async () => {
  upstream = await startUpstream()
  ccr = await throwawayCcr({
    Providers: [{ name: 'fake', api_base_url: upstream.chatUrl, api_key: 'k', models: ['gpt-4o'] }],
    Router: { default: 'fake,gpt-4o' },
  })
  session = await ccr.start()
})
afterAll(async () => {
  await ccr.remove()
  await upstream.close()
})

async function count(body: object): Promise<number> {
  const response = await fetch(`${session.baseUrl}/v1/messages/count_tokens?beta=true`, {
    method: 'POST',
    headers: { authorization: `Bearer ${session.token}` },
    body: JSON.stringify({ model: 'm', messages: [{ role: 'user', content: 'hi' }], ...body }),
  })
  expect(response.status).toBe(200)
  return ((await response.json()) as { input_tokens: number }).input_tokens
}

const FABLE = 'The quick brown fox jumps over the lazy dog. '

describe('POST /v1/messages/count_tokens', () => {
  it('counts by the tokenizer: ten tokens for each of these sentences', async () => {
    const tokens = await count({ messages: [{ role: 'user', content: FABLE.repeat(500) }] })
    expect(tokens).toBeGreaterThan(4_950)
    expect(tokens).toBeLessThan(5_050)
  })

  it('answers a burst for one conversation, each part of it at once', async () => {
    const system = [{ type: 'text', text: FABLE.repeat(2_000) }]
    const burst = Array.from({ length: 26 }, (_, n) =>
      count({ system, tools: [{ name: `tool_${String(n)}`, input_schema: { type: 'object' } }] }),
    )
    const counts = await Promise.all(burst)
    for (const tokens of counts) expect(Math.abs(tokens - 20_035)).toBeLessThan(120)
  })

  it('takes no base64 for text, and a run without a space for no reason to hang', async () => {
    const data = 'iVBORw0K'.repeat(50_000)
    const source = { type: 'base64', media_type: 'image/png', data }
    const image = await count({
      messages: [{ role: 'user', content: [{ type: 'image', source }] }],
    })
    expect(image).toBeLessThan(2_000)
    const run = await count({ messages: [{ role: 'user', content: 'x'.repeat(200_000) }] })
    expect(run).toBeGreaterThan(10_000)
  })

  it('sends no request to a provider', () => {
    expect(upstream.requests).toHaveLength(0)
  })
})
