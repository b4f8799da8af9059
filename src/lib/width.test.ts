import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { clipped, padded, widthOf, wrapped } from './width.ts'

describe('width on a terminal', () => {
  it.each([
    ['abc', 3],
    ['日本語', 6],
    ['👍🏽', 2],
    ['👩‍👩‍👧', 2],
    ['é', 1],
    ['', 0],
  ])('%j takes %d cells', (text, cells) => {
    expect(widthOf(text)).toBe(cells)
  })

  it('pads by cells, not by characters', () => {
    expect(padded('日本', 6)).toBe('日本  ')
    expect(padded('ab', 4, 'start')).toBe('  ab')
    expect(padded('abc', 2)).toBe('abc')
  })

  it('clips with an ellipsis and never cuts a character in two', () => {
    expect(clipped('abcdef', 4)).toBe('abc…')
    expect(clipped('日本語', 4)).toBe('日…')
    expect(clipped('abc', 3)).toBe('abc')
    expect(clipped('abc', 0)).toBe('')
  })

  it('wraps between words, and inside a word that is longer than the line', () => {
    expect(wrapped('one two three', 7)).toEqual(['one two', 'three'])
    expect(wrapped('abcdefghij', 4)).toEqual(['abcd', 'efgh', 'ij'])
    expect(wrapped('日本語日本語', 5)).toEqual(['日本', '語日', '本語'])
    expect(wrapped('', 10)).toEqual([''])
    expect(wrapped('日', 1)).toEqual(['日'])
  })

  it('no line is wider than asked for, and no visible character is lost', () => {
    const text = fc.string({ unit: fc.constantFrom('a', 'b', ' ', '日', '👍', 'é', '-') })
    fc.assert(
      fc.property(text, fc.integer({ min: 2, max: 20 }), (line, width) => {
        const lines = wrapped(line, width)
        for (const one of lines) expect(widthOf(one.trimEnd())).toBeLessThanOrEqual(width)
        expect(lines.join('').replaceAll(' ', '')).toBe(line.replaceAll(' ', ''))
      }),
    )
  })
})
