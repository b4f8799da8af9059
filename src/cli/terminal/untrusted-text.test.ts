import { describe, expect, it } from 'vitest'
import { fenced, harmless, html, oneLine } from './untrusted-text.ts'

describe('text of others', () => {
  it('has no power over a terminal, and loses nothing that could be seen', () => {
    const text = 'a\u001b[31mred\u001b]0;title\u0007 \u009b2J\b\u007f\u202eabc\u2069'
    expect(harmless(text)).toBe('a␛[31mred␛]0;title␇ \\u009b2J␈␡\\u202eabc\\u2069')
    expect(harmless('one\r\ntwo\rthree\tfour\n')).toBe('one\ntwo\nthree    four\n')
    expect(harmless('日本 👩‍👩‍👧 é')).toBe('日本 👩‍👩‍👧 é')
  })

  it('fits on a line', () => {
    expect(oneLine(' a\n\n b\u001bc ')).toBe('a b␛c')
  })

  it('cannot leave its fence', () => {
    const block = fenced('```\n# not a heading\n`````\n')
    expect(block.startsWith('``````text\n')).toBe(true)
    expect(block.endsWith('\n``````\n')).toBe(true)
  })

  it('is text on a page', () => {
    expect(html(`<img src=x onerror="a('b')">&`)).toBe(
      '&lt;img src=x onerror=&quot;a(&#39;b&#39;)&quot;&gt;&amp;',
    )
  })
})
