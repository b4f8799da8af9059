import { describe, expect, it } from 'vitest'
import { withoutPieces, withoutSecrets } from './masking.ts'

const hidden = (text: string, ...secrets: string[]): string => withoutSecrets(text, secrets, '*')
const hiddenPieces = (text: string, ...secrets: string[]): string =>
  withoutPieces(text, secrets, '*')

describe('a secret is found', () => {
  const secret = 'pass"word\\with é/+&'

  it.each([
    ['as it is', secret],
    ['in JSON', JSON.stringify(secret).slice(1, -1)],
    ['in JSON within JSON', JSON.stringify(JSON.stringify(secret)).slice(3, -3)],
    ['in a URL', encodeURIComponent(secret)],
  ])('%s', (_, form) => {
    expect(hidden(`<${form}>`, secret)).toBe('<*>')
  })

  it.each(['', 'u', 'us', 'user:', 'someone:'])('in base64, behind "%s"', (before) => {
    for (const encoding of ['base64', 'base64url'] as const) {
      const text = Buffer.from(`${before}${secret}${before}`).toString(encoding)
      expect(hidden(text, secret)).toMatch(/^.{0,12}\*.{0,14}$/)
    }
  })

  it('of exactly eight characters, and none of seven', () => {
    expect(hidden('a 8letters b', '8letters')).toBe('a * b')
    expect(hidden('a 7letter b', '7letter')).toBe('a 7letter b')
  })

  it('whole where a shorter one is its beginning', () => {
    expect(hidden('key 12345678-90ab', '12345678', '12345678-90ab')).toBe('key *')
    expect(hidden('key 12345678-90ab', '12345678-90ab', '12345678')).toBe('key *')
  })

  it('where it is quoted in part', () => {
    const key = 'planted0header0Zq81'
    expect(hiddenPieces('bad key planted0head****Zq81', key)).toBe('bad key *****Zq81')
    expect(hiddenPieces('…header0Zq81 is bad', key)).toBe('…* is bad')
    expect(hiddenPieces(`a ${key}${key} b`, key)).toBe('a ** b')
    expect(hiddenPieces('planted and header are words', key)).toBe('planted and header are words')
  })
})
