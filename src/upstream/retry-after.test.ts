import { describe, expect, it } from 'vitest'
import { retryAfterOf } from './retry-after.ts'

const NOW = Date.UTC(2026, 0, 1)

describe('when an upstream wants to be asked again', () => {
  it.each([
    [{ 'retry-after': '7' }, '7'],
    [{ 'retry-after': '0.2' }, '0.2'],
    [{ 'retry-after': 'Thu, 01 Jan 2026 00:00:09 GMT' }, 'Thu, 01 Jan 2026 00:00:09 GMT'],
    [{ 'retry-after': 'soon', 'retry-after-ms': '150' }, '1'],
    [{ 'retry-after-ms': '2500' }, '3'],
    [{ 'x-ratelimit-reset': '12' }, '12'],
    [{ 'x-ratelimit-reset': String(NOW / 1000 + 20) }, '20'],
    [{ 'x-ratelimit-reset': String(NOW + 30_000) }, '30'],
    [{ 'x-ratelimit-reset-requests': '1m2.5s' }, '63'],
    [{ 'x-ratelimit-reset-tokens': '120ms' }, '1'],
    [{ 'anthropic-ratelimit-requests-reset': '2026-01-01T00:01:00Z' }, '60'],
    [{ 'x-ratelimit-reset-requests': '2s', 'x-ratelimit-reset-tokens': '40s' }, '2'],
    [{ 'ratelimit-reset': '5' }, '5'],
    [{ 'x-ratelimit-reset': 'never' }, undefined],
    [{ 'retry-after': '' }, undefined],
    [{}, undefined],
  ])('%j is %j', (headers, expected) => {
    expect(retryAfterOf(headers, 429, NOW)).toBe(expected)
  })

  it('goes by the limit that has nothing left', () => {
    const headers = {
      'x-ratelimit-reset-requests': '2s',
      'x-ratelimit-remaining-requests': '12',
      'x-ratelimit-reset-tokens': '40s',
      'x-ratelimit-remaining-tokens': '0',
    }
    expect(retryAfterOf(headers, 429, NOW)).toBe('40')
  })

  it('does not take what is left of the limits for a wish of another failure', () => {
    expect(retryAfterOf({ 'x-ratelimit-reset-requests': '2s' }, 500, NOW)).toBeUndefined()
    expect(retryAfterOf({ 'retry-after-ms': '2000' }, 503, NOW)).toBe('2')
  })
})
