import { Linter } from 'eslint'
import { describe, expect, it } from 'vitest'
import { slowness, slowPatterns } from '../../scripts/lint/slow-patterns.mjs'

describe('the lint rule for slow patterns', () => {
  it.each([
    ['a loop that a search meets at every place', /a+$/],
    ['the same in a group', /(?:ab)+$/],
    ['an opening mark without an end', /<x>[^]*?<\/x>/],
    ['strings without an end', /"(?:[^"\\]|\\.)*"/g],
    ['two loops beside each other', /^\s*\s*x/],
    ['two loops with something optional between them', /^\d+\.?\d+x/],
    ['two loops over the same text', /^.*x.*y/],
    ['digits that a search meets at every place', /\d+(?:\.\d+)?s/],
    ['a lookahead over the rest', /(?!.*chat)x/],
    ['a lookbehind over what came before', /(?<=a.*)b/],
    ['white space over lines', /^\s*run: (.+)$/m],
    ['a bound that is too large', /a{1,5000}b/],
    ['a loop before a word boundary', /[a-z0-9]{24,}\b/],
  ])('finds %s polynomial', (_, pattern) => {
    expect(slowness(String(pattern))?.kind).toBe('polynomial')
  })

  it.each([
    ['a loop in a loop', /^(a+)+$/],
    ['a loop in a loop, both of which may be empty', /^(?:a*)*b/],
    ['a choice whose parts read the same', /^(?:a|a)*b/],
    ['a choice whose parts read the same in other steps', /^(?:a|b|ab)*c/],
    ['comments that may hold comments', /(?:[ \t]|\/\*[^\n]*?\*\/)*(?=\n)/y],
  ])('finds %s exponential', (_, pattern) => {
    expect(slowness(String(pattern))?.kind).toBe('exponential')
  })

  it.each([
    ['a loop that begins at the start', /^a+$/],
    ['a loop that needs nothing behind it', /a+/g],
    ['bounded loops', /a{1,20} tokens|token[^.]{0,60}exceeds/i],
    ['loops that something else divides', /^[^,]*,[^/]*\/.*$/],
    ['a lookahead at the start', /^(?!.*chat)x/],
    ['a lookahead behind a letter that the loop does not read', /x(?=a*b)/],
    ['a loop after which the rest may be missing', /"(?:[^"\\]|\\[^])*"?/g],
    ['a sticky pattern', /\s*:\s*/y],
    ['a line of a text', /^gitdir: (.+)$/m],
    ['comments, letter for letter', /(?:[ \t]|\/\*[^*]*\*+(?:[^/*][^*]*\*+)*\/)*(?=\n)/y],
  ])('has nothing against %s', (_, pattern) => {
    expect(slowness(String(pattern))).toBeUndefined()
  })

  const lint = (code: string): readonly (string | undefined)[] =>
    new Linter()
      .verify(code, {
        plugins: { ccr: { rules: { slow: slowPatterns } } },
        rules: { 'ccr/slow': 'error' },
      })
      .map(({ messageId }) => messageId)

  it('reports a pattern unless a comment says what bounds its text', () => {
    expect(lint('export const a = /a+$/')).toEqual(['polynomial'])
    expect(lint('// bounded: names of files\nexport const a = /a+$/')).toEqual([])
    expect(lint('export const a = /a+$/ // bounded: names of files')).toEqual([])
    expect(lint('// bounded:\nexport const a = /a+$/')).toEqual(['polynomial'])
    expect(lint('// bounded: names of files\n\nexport const a = /a+$/')).toEqual(['polynomial'])
  })

  it('wants the same for a pattern that is made at run time', () => {
    expect(lint("export const a = new RegExp(process.argv[2], 'g')")).toEqual(['dynamic'])
    expect(lint('// bounded: names of hosts\nexport const a = RegExp(b)')).toEqual([])
  })
})
