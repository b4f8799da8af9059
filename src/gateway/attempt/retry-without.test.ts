import { describe, expect, it } from 'vitest'
import { GatewayError } from '../../messages/error.ts'
import { again, type Next, type Trying } from './retry-without.ts'

const invalid = (message: string, facts: object = {}) =>
  new GatewayError('invalid_request_error', message, facts)

/** Sends letters; `refuse` says what is wrong with them, and what may go is what its words name. */
async function tries(
  refuse: (letters: string) => GatewayError | undefined,
  { letters = 'abc', ...more }: Partial<Trying> & { readonly letters?: string } = {},
) {
  const sent: string[] = []
  const [dropped, remembered]: [string[], string[]] = [[], []]
  const trying: Trying = {
    to: { provider: 'p', model: 'm' },
    signal: new AbortController().signal,
    onDropped: (names) => dropped.push(...names),
    onRefused: (what) => remembered.push(what),
    ...more,
  }
  const answer = again(trying, letters, {
    send: (tried: string) => {
      sent.push(tried)
      const error = refuse(tried)
      return error === undefined ? Promise.resolve('ok') : Promise.reject(error)
    },
    *changes(tried, { message }): Generator<Next<string>> {
      for (const letter of message) {
        const isThere = /^[a-z]$/.test(letter) && tried.includes(letter)
        if (!isThere) continue
        yield {
          next: tried.replace(letter, ''),
          without: [letter],
          memory: letter < 'm' ? [letter] : [],
        }
      }
    },
  })
  const error = await answer.then(
    () => undefined,
    (thrown: unknown) => thrown,
  )
  return { sent, dropped, remembered, error }
}

/** Refuses the first of these letters that it sees. */
const without = (bad: string) => (letters: string) => {
  const found = Array.from(bad).find((letter) => letters.includes(letter))
  return found === undefined ? undefined : invalid(found)
}

describe('a request that is refused', () => {
  it('goes without one thing after the other, which is named and remembered', async () => {
    const { sent, dropped, remembered } = await tries(without('cxa'), { letters: 'abcx' })
    expect(sent).toEqual(['abcx', 'abx', 'ab', 'b'])
    expect([dropped, remembered]).toEqual([
      ['c', 'x', 'a'],
      ['c', 'a'],
    ])
  })

  it('gets back what was not the matter, which is neither named nor remembered', async () => {
    const { sent, dropped, remembered } = await tries((letters) =>
      letters.includes('b') ? invalid('a b') : undefined,
    )
    expect(sent).toEqual(['abc', 'bc', 'ac'])
    expect([dropped, remembered]).toEqual([['b'], ['b']])
  })

  it('is given up after two changes that did not help', async () => {
    const { sent, dropped, error } = await tries(() => invalid('a b c d'), { letters: 'abcd' })
    expect(sent).toEqual(['abcd', 'bcd', 'acd'])
    expect(dropped).toEqual([])
    expect(error).toMatchObject({ message: 'a b c d' })
  })

  it('is known to be refused for the same by words with another id of the request', async () => {
    let n = 0
    const { sent } = await tries(() => invalid(`a (request id: 20260101${String((n += 1))}7f3a)`))
    expect(sent).toEqual(['abc', 'bc'])
  })

  it('is known to be refused for the same by words with another place in the body', async () => {
    let n = 0
    const { sent } = await tries(() => invalid(`a at line 1 column ${String((n += 7))}`))
    expect(sent).toEqual(['abc', 'bc', 'ab'])
  })

  it('is sent seven times at most', async () => {
    const { sent, error } = await tries(without('abcdefgh'), { letters: 'abcdefgh' })
    expect(sent.at(-1)).toBe('gh')
    expect(error).toMatchObject({ message: 'g' })
  })
})

describe('nothing is sent again', () => {
  it('once the client has gone', async () => {
    const abort = new AbortController()
    const { sent } = await tries(
      () => {
        abort.abort()
        return invalid('a')
      },
      { signal: abort.signal },
    )
    expect(sent).toHaveLength(1)
  })

  it('later than a minute after the first try', async () => {
    for (const [ms, count] of [
      [60_000, 2],
      [60_001, 1],
    ] as const) {
      let now = 5
      const { sent } = await tries(
        () => {
          now = 5 + ms
          return invalid('a')
        },
        { now: () => now },
      )
      expect(sent).toHaveLength(count)
    }
  })

  it.each([
    ['may have been read, and be billed', invalid('a', { unanswered: true })],
    ['had begun to be answered', invalid('a', { partial: true })],
    ["was refused by code of the user's", invalid('a', { origin: 'gateway' })],
    ['reached nobody', new GatewayError('api_error', 'a', { unreachable: true })],
    ['was redirected', new GatewayError('api_error', 'a', { shouldRetry: false })],
    ['is too long', invalid('a', { overflow: true })],
    ['has a wrong key', new GatewayError('authentication_error', 'a')],
    ['has no money', new GatewayError('billing_error', 'a')],
    ['came too often', new GatewayError('rate_limit_error', 'a')],
    ['may not be asked', new GatewayError('permission_error', 'a')],
    ['has no model', new GatewayError('not_found_error', 'a')],
    ['came too late', new GatewayError('timeout_error', 'a')],
    ['met a busy server', new GatewayError('overloaded_error', 'a')],
  ])('of a request that %s', async (_, error) => {
    const { sent, error: final } = await tries(() => error)
    expect(sent).toHaveLength(1)
    expect(final).toBe(error)
  })
})
