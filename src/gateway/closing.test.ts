import { afterEach, expect, it, vi } from 'vitest'
import { gatewayServer } from '../../test/support/gateway.ts'
import { answer } from '../../test/support/replies.ts'
import { startUpstream } from '../../test/support/upstream.ts'
import type * as Counters from './tokens/tokenizer-thread.ts'
import type * as Extensions from '../user-code/request-extensions.ts'

/** What was opened, and whether it was closed. */
const seen = vi.hoisted(() => ({ counters: 0, extensions: 0 }))
vi.mock('./tokens/tokenizer-thread.ts', async (original) => {
  const { createTokenCounter } = await original<typeof Counters>()
  return {
    createTokenCounter(parts: Counters.CounterParts): Counters.TokenCounter {
      const counter = createTokenCounter(parts)
      seen.counters += 1
      return {
        ...counter,
        close() {
          seen.counters -= 1
          counter.close()
        },
      }
    },
  }
})
vi.mock('../user-code/request-extensions.ts', async (original) => {
  const { createRequestExtensions } = await original<typeof Extensions>()
  return {
    createRequestExtensions(parts: Parameters<typeof createRequestExtensions>[0]) {
      const extensions = createRequestExtensions(parts)
      seen.extensions += 1
      return {
        ...extensions,
        close() {
          seen.extensions -= 1
          return extensions.close()
        },
      }
    },
  }
})

afterEach(() => {
  seen.counters = seen.extensions = 0
})

it('a gateway that is closed, as after each edit of the config, leaves no thread and no connection', async () => {
  const hold = { ending: 'hold' } as const
  const upstream = await startUpstream(answer([{ text: 'half' }], { frames: 1, ...hold }))
  const provider = { name: 'p', url: upstream.chatUrl, apiKey: 'k', models: [], missing: [] }
  const server = await gatewayServer({ providers: [provider], router: { default: 'p,m' } })
  const messages = [{ role: 'user', content: 'hi' }]
  const response = server.post({ model: 'x', max_tokens: 9, stream: true, messages })
  const request = await upstream.request(0)
  expect(seen).toEqual({ counters: 1, extensions: 1 })
  await server.gateway.close()
  expect(seen).toEqual({ counters: 0, extensions: 0 })
  expect(await request.ended).toBe('client-left')
  await (await response).text().catch(() => undefined)
  await server.close()
  await upstream.close()
})
