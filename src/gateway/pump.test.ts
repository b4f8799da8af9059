import { afterEach, expect, it } from 'vitest'
import { gatewayServer } from '../../test/support/gateway.ts'
import type { GatewayServer } from '../../test/support/gateway.ts'
import { text } from '../../test/support/replies.ts'
import { startUpstream } from '../../test/support/upstream.ts'
import type { Upstream } from '../../test/support/upstream.ts'

let upstream: Upstream
let server: GatewayServer

afterEach(async () => {
  await server.close()
  await upstream.close()
})

it('a document that breaks off on its way through is an error, and nothing of it is given', async () => {
  upstream = await startUpstream(text('Hello', { ending: 'cut' }))
  const provider = { name: 'p', url: upstream.messagesUrl, apiKey: 'k', models: ['m'], missing: [] }
  server = await gatewayServer({ providers: [provider] }, 'p,m')
  const messages = [{ role: 'user', content: 'hi' }]
  const response = await server.post({ model: 'ccr-deadbeef', max_tokens: 9, messages })
  expect(response.status).toBe(502)
  expect(await response.json()).toMatchObject({ type: 'error', error: { type: 'api_error' } })
  expect(upstream.requests).toHaveLength(1)
})
