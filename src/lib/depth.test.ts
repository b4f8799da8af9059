import { describe, expect, it } from 'vitest'
import { isTextTooDeep, isTooDeep, MOST_LEVELS } from './depth.ts'

const nested = (levels: number, open = '[', close = ']'): string =>
  open.repeat(levels) + close.repeat(levels)

describe.each([
  ['a value', (text: string) => isTooDeep(JSON.parse(text))],
  ['a text', (text: string) => isTextTooDeep(text)],
])('the levels of %s', (_, tooDeep) => {
  it('may be so many and no more', () => {
    expect(tooDeep(nested(MOST_LEVELS))).toBe(false)
    expect(tooDeep(nested(MOST_LEVELS + 1))).toBe(true)
    expect(tooDeep(`[1, ${nested(MOST_LEVELS)}]`)).toBe(true)
    expect(
      tooDeep(`{"a":1,"b":${'{"c":'.repeat(MOST_LEVELS)}1${'}'.repeat(MOST_LEVELS + 1)}`),
    ).toBe(true)
    expect(tooDeep(nested(1_000_000))).toBe(true)
  })

  it('are counted outside of strings, and not side by side', () => {
    expect(tooDeep(JSON.stringify([`"\\${nested(1_000)}\\`]))).toBe(false)
    expect(tooDeep(`[${Array<string>(1_000).fill('[{}]').join()}]`)).toBe(false)
    expect(tooDeep('null')).toBe(false)
  })
})
