import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { BEDROCK_ID, MISTRAL_ID, shapedId } from './tools.ts'

describe('a tool id for a provider that demands a shape', () => {
  it.each([MISTRAL_ID, BEDROCK_ID])('always fits, and is the same for the same id', (shape) => {
    fc.assert(
      fc.property(fc.string(), (id) => {
        expect(shapedId(id, shape)).toMatch(shape.fits)
        expect(shapedId(id, shape)).toBe(shapedId(id, shape))
      }),
    )
  })

  it('stays itself where it fits or nothing is demanded', () => {
    expect(shapedId('abcDEF123', MISTRAL_ID)).toBe('abcDEF123')
    expect(shapedId('functions.Bash:0', undefined)).toBe('functions.Bash:0')
  })

  it('keeps different ids apart', () => {
    const ids = Array.from({ length: 1000 }, (_, i) => `toolu_${String(i)}`)
    expect(new Set(ids.map((id) => shapedId(id, MISTRAL_ID))).size).toBe(1000)
  })
})
