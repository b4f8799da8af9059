import { describe, expect, it } from 'vitest'
import { retryAfterOf } from './retry-after.ts'

const NOW = Date.UTC(2026, 0, 1)

describe('when an upstream allows another request', () => {
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

  it('waits for the longest of the limits that have nothing left, and for the soonest of others', () => {
    const used = (left: string) => ({
      'x-ratelimit-reset-requests': '2s',
      'x-ratelimit-remaining-requests': left,
      'x-ratelimit-reset-tokens': '40s',
      'x-ratelimit-remaining-tokens': left,
      'x-ratelimit-reset-day': '900s',
      'x-ratelimit-remaining-day': '5',
    })
    expect(retryAfterOf(used('0'), 429, NOW)).toBe('40')
    expect(retryAfterOf(used('-1'), 429, NOW)).toBe('40')
    expect(retryAfterOf(used('1'), 429, NOW)).toBe('2')
  })

  it.each([
    [{ 'x-ratelimit-reset': '-5' }, '1'],
    [{ 'x-ratelimit-reset': String(NOW / 1000 - 20) }, '1'],
    [{ 'x-ratelimit-reset': '2025-12-31T23:59:00Z' }, '1'],
    [{ 'x-ratelimit-reset': ' 12 ' }, '12'],
    [{ 'x-ratelimit-reset': ['7', '8'] }, '7'],
    [{ 'x-ratelimit-reset': '2592000' }, '2592000'],
    [{ 'x-ratelimit-reset': '' }, undefined],
    [{ 'x-reset': '5' }, undefined],
    [{ 'retry-after': ['9', '10'] }, '9'],
    [{ 'retry-after': '  ' }, undefined],
    [{ 'retry-after-ms': '0' }, undefined],
    [{ 'retry-after-ms': '1000' }, '1'],
    [{ 'retry-after-ms': '1001' }, '2'],
    [{ 'retry-after-ms': 'soon', 'x-ratelimit-reset': '3' }, '3'],
  ])('reads %j as %j', (headers, expected) => {
    expect(retryAfterOf(headers, 429, NOW)).toBe(expected)
  })

  it('does not take what is left of the limits for a wish of another failure', () => {
    expect(retryAfterOf({ 'x-ratelimit-reset-requests': '2s' }, 500, NOW)).toBeUndefined()
    expect(retryAfterOf({ 'retry-after-ms': '2000' }, 503, NOW)).toBe('2')
  })
})
