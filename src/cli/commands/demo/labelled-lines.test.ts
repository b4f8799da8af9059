import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { labelled } from './labelled-lines.ts'

function written(pieces: readonly string[], width?: number): string {
  let text = ''
  const out = labelled({ write: (part: string) => (text += part) }, 'a | ', width)
  for (const piece of pieces) out.write(piece)
  out.end()
  return text
}

describe('labelled lines', () => {
  it('puts the label before each line, also before the last without an end', () => {
    expect(written(['one\ntw', 'o\n\nthree'])).toBe('a | one\na | two\na | \na | three\n')
  })

  it('breaks a long line between words, and a long word anywhere', () => {
    expect(written(['aa bb cc dd'], 6)).toBe('a | aa bb\na | cc dd\n')
    expect(written(['aaaabbbb'], 4)).toBe('a | aaaa\na | bbbb\n')
  })

  it('shows a long line before its end has come', () => {
    let text = ''
    labelled({ write: (part: string) => (text += part) }, '', 10).write('some words that go on')
    expect(text).toBe('some words\nthat go on\n'.slice(0, 11))
  })

  it('gives the same lines however the text is cut into pieces', () => {
    const word = fc.stringMatching(/^[a-z]{1,9}[ \n]$/)
    fc.assert(
      fc.property(fc.array(word), fc.nat(), (words, seed) => {
        const text = words.join('')
        const cut = text.length === 0 ? 0 : seed % text.length
        expect(written([text.slice(0, cut), text.slice(cut)], 20)).toBe(written([text], 20))
      }),
    )
  })
})
