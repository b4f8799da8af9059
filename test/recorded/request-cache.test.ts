import { describe, expect, it } from 'vitest'
import { createRequestCache } from '../../src/gateway/incremental/request-cache.ts'
import { expectSame } from '../support/request-cache.ts'
import { clientRequests } from './fixtures.ts'

type Captured = Readonly<Record<string, unknown>> & { readonly messages: readonly object[] }

/** The requests that lead to a recorded one, message by message, as the client's mark of the cache moves. */
function* conversation(json: string): Generator<Buffer> {
  const request = JSON.parse(json) as Captured
  for (let count = 1; count <= request.messages.length; count += 1) {
    const sent = request.messages.slice(0, count)
    const last = { ...sent.at(-1), cache_control: { type: 'ephemeral' } }
    yield Buffer.from(JSON.stringify({ ...request, messages: [...sent.slice(0, -1), last] }))
  }
  yield Buffer.from(json)
}

describe('requests of the real client read alike with what is kept of earlier ones', () => {
  it.for(clientRequests())('%s', ([, json]) => expectSame([...conversation(json)]))

  it('also where conversations take turns', () => {
    const all = clientRequests().map(([, json]) => [...conversation(json)])
    const longest = Math.max(0, ...all.map(({ length }) => length))
    const turns = Array.from({ length: longest }, (_, turn) =>
      all.flatMap((one) => one[turn] ?? []),
    )
    const cache = createRequestCache()
    expectSame(turns.flat(), cache)
    expect(turns.flat().length).toBeGreaterThanOrEqual(all.length)
  })
})
