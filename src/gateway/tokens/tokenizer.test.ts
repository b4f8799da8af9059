import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { shortRuns, tokensOfText } from './tokenizer.ts'

describe('tokens of a text', () => {
  it('are those of o200k', () => {
    expect(tokensOfText('')).toBe(0)
    expect(tokensOfText('Hello, world!')).toBe(4)
  })

  it('takes the marks of a vocabulary for text', () => {
    expect(tokensOfText('say <|endoftext|> twice')).toBeGreaterThan(5)
  })

  it('counts a run without a space piece by piece, so that it ends', () => {
    expect(tokensOfText('a'.repeat(200_000))).toBeLessThan(60_000)
    expect(tokensOfText(' '.repeat(200_000))).toBeLessThan(60_000)
  })

  it('cuts nothing off and breaks no character apart', () => {
    const run = fc.string({ unit: 'binary', minLength: 0, maxLength: 900 })
    const runs = fc.array(fc.tuple(run, fc.constantFrom('', ' ', '\n', '😀'.repeat(300))))
    fc.assert(
      fc.property(runs, (parts) => {
        const text = parts.flat().join('')
        const pieces = [...shortRuns(text)]
        expect(pieces.join('')).toBe(text)
        for (const piece of pieces) {
          expect(piece).not.toMatch(/\S{258,}|\s{258,}/)
          expect(Buffer.from(piece).toString()).toBe(piece)
        }
      }),
    )
  })
})
