import { expect, it } from 'vitest'
import { parsedUrl } from './parsed-url.ts'

it('a URL that comes again is the same, also once many others came', () => {
  const url = parsedUrl('http://127.0.0.1:1/v1?a=b')
  expect([url.hostname, url.search]).toEqual(['127.0.0.1', '?a=b'])
  expect(parsedUrl('http://127.0.0.1:1/v1?a=b')).toBe(url)
  for (let n = 0; n < 1_000; n += 1) expect(parsedUrl(`http://h${String(n)}/`).port).toBe('')
  expect(parsedUrl('http://127.0.0.1:1/v1?a=b').href).toBe(url.href)
})

it('what is no URL fails each time', () => {
  expect(() => parsedUrl('no url')).toThrow(TypeError)
  expect(() => parsedUrl('no url')).toThrow(TypeError)
})
