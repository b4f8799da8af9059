import { describe, expect, it } from 'vitest'
import { decoded, encodedAs } from './encoding.ts'

const TEXT = '{ /* Größe 👋 */ "a": 1 }'
const swapped = (text: string): Buffer => Buffer.from(text, 'utf16le').swap16()

describe('a text file of the user', () => {
  it.each([
    ['UTF-8', Buffer.from(TEXT)],
    ['UTF-8 with a mark', Buffer.from(`\uFEFF${TEXT}`)],
    ['UTF-16LE with a mark', Buffer.from(`\uFEFF${TEXT}`, 'utf16le')],
    ['UTF-16BE with a mark', swapped(`\uFEFF${TEXT}`)],
    ['UTF-16LE without one', Buffer.from(TEXT, 'utf16le')],
    ['UTF-16BE without one', swapped(TEXT)],
  ])('is read and written as it is: %s', (_, bytes) => {
    expect(decoded(bytes)).toBe(TEXT)
    expect(encodedAs(bytes, TEXT)).toEqual(bytes)
    expect(decoded(encodedAs(bytes, 'ü')!)).toBe('ü')
  })

  it.each([
    ['of another encoding', Buffer.from('{ /* Größe */ }', 'latin1')],
    ['that was cut', Buffer.from(`\uFEFF${TEXT}`, 'utf16le').subarray(0, -1)],
  ])('is not written where something would be lost: one %s', (_, bytes) => {
    expect(encodedAs(bytes, 'x')).toBeUndefined()
  })

  it('may be empty', () => {
    expect(decoded(Buffer.from(''))).toBe('')
    expect(encodedAs(Buffer.from(''), 'x')).toEqual(Buffer.from('x'))
  })
})
