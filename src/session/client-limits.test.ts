/** What the client is told of a window; test/e2e/windows.test.ts shows what it does with it. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { CLIENT_TOKENS, clientLimits, compactsAt, isTooSmall } from './client-limits.ts'

describe('the limits that the client is told', () => {
  it.each([
    [
      'a large window as it is',
      1_000_000,
      undefined,
      { contextWindow: 1_000_000, maxOutput: undefined },
    ],
    [
      'one that has room for all',
      128_000,
      undefined,
      { contextWindow: 128_000, maxOutput: undefined },
    ],
    ['the output limit of the model', 128_000, 8_192, { contextWindow: 128_000, maxOutput: 8_192 }],
    [
      'a quarter of the window at most',
      131_072,
      131_072,
      { contextWindow: 131_072, maxOutput: 32_768 },
    ],
    ['more of a small window', 32_768, undefined, { contextWindow: 41_672, maxOutput: 8_192 }],
    [
      'more of a small window with a limit',
      32_768,
      4_096,
      { contextWindow: 41_672, maxOutput: 4_096 },
    ],
    [
      'one that is too small as it is',
      16_384,
      undefined,
      { contextWindow: 16_384, maxOutput: 4_096 },
    ],
    [
      'one smaller than the prompt of the client',
      8_192,
      4_096,
      { contextWindow: 8_192, maxOutput: 2_048 },
    ],
  ])('are %s', (_, contextWindow, maxOutput, expected) => {
    expect(clientLimits({ contextWindow, maxOutput })).toEqual(expected)
  })

  it('let the client compact where prompt, answer and the request to compact still fit, for any window', () => {
    const output = fc.option(fc.integer({ min: 1, max: 200_000 }), { nil: undefined })
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 2_000_000 }), output, (contextWindow, maxOutput) => {
        const limits = clientLimits({ contextWindow, maxOutput })
        expect(limits.contextWindow).toBeGreaterThanOrEqual(contextWindow)
        if (isTooSmall(contextWindow, maxOutput)) return
        const answer = limits.maxOutput ?? 32_000
        const at = limits.contextWindow - Math.min(answer, 20_000) - 13_000
        expect(at).toBe(compactsAt(contextWindow, maxOutput))
        expect(at).toBeGreaterThan(CLIENT_TOKENS)
        expect(at + Math.min(answer, 20_000) + 1_500).toBeLessThan(contextWindow)
      }),
    )
  })

  it('are too small where nothing is left for a conversation', () => {
    expect([8_192, 16_384, 20_480].map((window) => isTooSmall(window, undefined))).toEqual([
      true,
      true,
      true,
    ])
    expect([24_576, 32_768].map((window) => isTooSmall(window, undefined))).toEqual([false, false])
    expect(isTooSmall(20_480, 1_024)).toBe(false)
  })
})
