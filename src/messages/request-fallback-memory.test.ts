/** Requests that go at once without what a server has refused before; written by hand. */
import { describe, expect, it } from 'vitest'
import { allFallbacks, firstFallback } from '../../test/support/request-fallbacks.ts'
import { GatewayError } from './error.ts'
import { requestWithout } from './request-fallback.ts'

const IMAGE = { type: 'image', source: { type: 'base64', media_type: 'image/png', data: 'aGk=' } }
const LEFT_OUT = { type: 'text', text: '[image left out, because this model cannot take it]' }
const REQUEST = {
  model: 'x',
  thinking: { type: 'adaptive' },
  max_tokens: 8_000,
  messages: [{ role: 'user', content: [IMAGE] }],
}

describe('a request to a server that has refused something', () => {
  it('goes without it, and says so', () => {
    expect(requestWithout(REQUEST, ['messages.image', 'thinking'])).toEqual({
      request: { model: 'x', max_tokens: 8_000, messages: [{ role: 'user', content: [LEFT_OUT] }] },
      dropped: ['messages.image', 'thinking'],
    })
  })

  it('is the very same where it has nothing of that, or the name is none', () => {
    const names = ['cache_control', 'messages.document', 'of_tomorrow']
    expect(requestWithout(REQUEST, names)).toEqual({ request: REQUEST, dropped: [] })
    expect(requestWithout(REQUEST, names).request).toBe(REQUEST)
    expect(requestWithout(REQUEST, []).request).toBe(REQUEST)
  })

  it('keeps what only one conversation had to go without', () => {
    const signature = 'EqRD'
    const messages = [
      { role: 'assistant', content: [{ type: 'thinking', thinking: '', signature }] },
    ]
    const request = { model: 'x', messages }
    expect(requestWithout(request, ['assistant.thinking.signature', 'max_tokens']).dropped).toEqual(
      [],
    )
  })
})

describe('a limit of the answer that a server has named', () => {
  const request = { ...REQUEST, max_tokens: 8_000 }

  it('is kept by longer wishes, and is told as what it is', () => {
    expect(requestWithout(request, ['max_tokens<=4096'])).toEqual({
      request: { ...request, max_tokens: 4_096 },
      dropped: ['max_tokens'],
    })
  })

  it.each([
    'max_tokens<=8000',
    'max_tokens<=9000',
    'max_tokens',
    'max_tokens<=x',
    'a max_tokens<=5',
  ])('says nothing to a request that keeps it, and nothing in other words: %s', (name) => {
    expect(requestWithout(request, [name])).toEqual({ request, dropped: [] })
  })

  it('says nothing to a request that names no length', () => {
    const unlimited = { model: 'x', messages: [] }
    expect(requestWithout(unlimited, ['max_tokens<=5']).request).toBe(unlimited)
  })

  it('is remembered where it is one of every request', () => {
    const memory = (facts: object) =>
      firstFallback(request, new GatewayError('invalid_request_error', 'no', facts))?.memory
    expect(memory({ remainingTokens: 4_096 })).toBe('max_tokens<=4096')
    expect(memory({ remainingTokens: 4_096, overflow: true })).toBeUndefined()
  })
})

describe('the length of the answer in a further try', () => {
  const lengthAfter = (max_tokens: number | undefined, facts: object, message = 'too long') => {
    const error = new GatewayError('invalid_request_error', message, facts)
    const request = max_tokens === undefined ? { ...REQUEST } : { ...REQUEST, max_tokens }
    return firstFallback(request, error)?.request.max_tokens
  }

  it.each<[number, number | undefined, number | undefined, string]>([
    [12_000, 8_000, 4_000, 'what is left beside the prompt'],
    [7_000, 4_000, 3_000, 'the least that is worth asking for'],
    [7_000, 4_001, undefined, 'less than that'],
    [7_000, undefined, undefined, 'not known to be too much'],
  ])('of %s with an excess of %s is %s: %s', (wanted, excess, length) => {
    expect(lengthAfter(wanted, { overflow: true, excess })).toBe(length)
  })

  const SHORT =
    'max_tokens or model output limit was reached. Please try again with higher max_tokens.'

  it.each([
    [1, 4_096],
    [4_095, 4_096],
    [4_096, undefined],
    [0, undefined],
  ])('of %s, which a model needs to think, is %s', (wanted, length) => {
    expect(lengthAfter(wanted, {}, SHORT)).toBe(length)
  })

  it('is raised for no failure of the server', () => {
    const error = new GatewayError('api_error', SHORT)
    expect(allFallbacks({ ...REQUEST, max_tokens: 1 }, error)).toEqual([])
  })
})
