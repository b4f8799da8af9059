import { describe, expect, it } from 'vitest'
import type { Usage } from '../../messages/events.ts'
import { usageOf } from './response.ts'
import type { WireUsage } from './types.ts'

const counts = (input: number, output: number, written: number, read: number) => ({
  input_tokens: input,
  output_tokens: output,
  cache_creation_input_tokens: written,
  cache_read_input_tokens: read,
})

describe('usage of Converse', () => {
  it.each<readonly [WireUsage, Usage]>([
    [{}, counts(0, 0, 0, 0)],
    [{ inputTokens: 10, outputTokens: 5 }, counts(10, 5, 0, 0)],
    [{ inputTokens: 10, outputTokens: 5, totalTokens: 15 }, counts(10, 5, 0, 0)],
    [
      {
        inputTokens: 10,
        outputTokens: 5,
        totalTokens: 42,
        cacheReadInputTokens: 20,
        cacheWriteInputTokens: 7,
      },
      counts(10, 5, 7, 20),
    ],
    [
      {
        inputTokens: 10,
        outputTokens: 5,
        totalTokens: 15,
        cacheReadInputTokens: 4,
        cacheWriteInputTokens: 3,
      },
      counts(3, 5, 3, 4),
    ],
    [
      { inputTokens: 10, outputTokens: 5, cacheWriteInputTokens: 3, cacheDetails: null },
      counts(10, 5, 3, 0),
    ],
    [{ inputTokens: 10, cacheDetails: [] }, counts(10, 0, 0, 0)],
  ])('of %j is %j', (wire, usage) => {
    expect(usageOf(wire)).toStrictEqual(usage)
  })

  it('tells how long what was written is kept', () => {
    const wire = { inputTokens: 10, outputTokens: 5, cacheWriteInputTokens: 20 }
    const kept = (...cacheDetails: NonNullable<WireUsage['cacheDetails']>) =>
      usageOf({ ...wire, cacheDetails })
    expect(kept({ ttl: '5m', inputTokens: 5 }, { ttl: '1h', inputTokens: 15 })).toStrictEqual({
      ...counts(10, 5, 20, 0),
      cache_creation: { ephemeral_5m_input_tokens: 5, ephemeral_1h_input_tokens: 15 },
    })
    expect(kept({ ttl: '1h' })).toStrictEqual({
      ...counts(10, 5, 20, 0),
      cache_creation: { ephemeral_5m_input_tokens: 0, ephemeral_1h_input_tokens: 0 },
    })
  })

  it('does not tell it where less was written than the server says', () => {
    const wire = { inputTokens: 10, outputTokens: 5, totalTokens: 15, cacheWriteInputTokens: 20 }
    const cacheDetails = [{ ttl: '1h', inputTokens: 20 }]
    expect(usageOf({ ...wire, cacheDetails })).toStrictEqual(counts(0, 5, 10, 0))
  })
})
