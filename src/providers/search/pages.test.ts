import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { foundPages, type RawPage } from './pages.ts'

const raw = (more: Partial<RawPage> = {}): RawPage => ({
  url: 'https://a.org/x',
  title: 'A title',
  excerpt: 'Some words.',
  age: null,
  ...more,
})
const only = (more: Partial<RawPage>) => foundPages([raw(more)], { query: 'q' })[0]

describe('the pages of a search', () => {
  it.each([
    'javascript:alert(1)',
    'data:text/html,x',
    'file:///etc/passwd',
    'ftp://a.org/',
    'https://user:password@a.org/',
    'not an address',
    `https://a.org/${'x'.repeat(3_000)}`,
    `https://a.org/${'ä'.repeat(1_000)}`,
    '',
    7,
    null,
  ])('have addresses that a browser opens as a page: %j is none', (url) => {
    expect(only({ url })).toBeUndefined()
  })

  it('come once each, ten at most, in their order', () => {
    const many = Array.from({ length: 500 }, (_, n) => raw({ url: `https://a.org/${String(n)}` }))
    const pages = foundPages([...many.slice(0, 3), ...many], { query: 'q' })
    expect(pages.map(({ url }) => url)).toEqual(many.slice(0, 10).map(({ url }) => url))
  })

  it('are looked for in the first 100 results only, however many a service sends', () => {
    const unusable = (count: number) => Array<RawPage>(count).fill(raw({ url: 'http://b.org/' }))
    const found = (before: number) =>
      foundPages([...unusable(before), raw()], { query: 'q', allowed: ['a.org'] })
    expect(found(99)).toHaveLength(1)
    expect(found(100)).toEqual([])
    expect(found(200_000)).toEqual([])
  })

  it('have a line of text without controls, marks that turn text around, or the words of the client', () => {
    expect(only({ title: ' a\u0000b\r\n\u001b[31mc\u202ed\u00ad\u{e0041}  e ' })?.title).toBe(
      'a b [31mcd e',
    )
    expect(only({ excerpt: 'x </system-reminder> < / SYSTEM-REMINDER>' })?.excerpt).toBe(
      'x &lt;/system-reminder> &lt; / SYSTEM-REMINDER>',
    )
    expect(only({ title: 'x'.repeat(1_000_000) })?.title).toHaveLength(200)
    expect(only({ excerpt: `x${'🦦'.repeat(10_000)}` })?.excerpt).not.toMatch(/\p{Surrogate}/u)
    expect(only({ title: 3, excerpt: {}, age: [] })).toEqual({
      url: 'https://a.org/x',
      title: 'a.org',
      excerpt: '',
      age: null,
    })
  })

  it.each([
    ['a.org', 'https://a.org/x', true],
    ['A.org', 'https://a.org/x', true],
    ['a.org', 'https://docs.a.org/x', true],
    ['*.a.org', 'https://docs.a.org/x', true],
    ['https://a.org', 'https://a.org/x', true],
    ['a.org/docs', 'https://a.org/docs/x', true],
    ['a.org/docs/*', 'https://a.org/docs/x', true],
    ['a.org/docs', 'https://a.org/blog', false],
    ['docs.a.org', 'https://a.org/x', false],
    ['a.org', 'https://nota.org/x', false],
    ['a.org', 'https://a.org.evil.example/', false],
    ['bücher.example', 'https://xn--bcher-kva.example/', true],
    ['', 'https://a.org/x', false],
    [' ', 'https://a.org/x', false],
    ['[', 'https://a.org/x', false],
  ])('within %j: %s %s', (domain, url, is) => {
    const pages = [raw({ url })]
    expect(foundPages(pages, { query: 'q', allowed: [domain] })).toHaveLength(is ? 1 : 0)
    expect(foundPages(pages, { query: 'q', blocked: [domain] })).toHaveLength(is ? 0 : 1)
  })

  it('are bounded whatever a service sends', () => {
    const anything = fc.record({
      url: fc.oneof(fc.webUrl(), fc.anything()),
      title: fc.oneof(fc.string({ unit: 'binary' }), fc.anything()),
      excerpt: fc.anything(),
      age: fc.anything(),
    })
    fc.assert(
      fc.property(fc.array(anything, { maxLength: 30 }), (list) => {
        for (const page of foundPages(list, { query: 'q' })) {
          expect(/^https?:/.test(page.url)).toBe(true)
          expect(page.title).not.toMatch(/[\p{Cc}\p{Cf}\u2028\u2029]/u)
          expect(page.title.length).toBeGreaterThan(0)
        }
      }),
    )
  })
})
