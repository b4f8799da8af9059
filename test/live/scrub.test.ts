/** No secret survives in a recorded answer. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { scrubbed } from './scrub.ts'

const KEY = 'k3y/with+odd=chars"and\\more'

describe('what is kept of a recording', () => {
  it('has no secret in any of its forms', () => {
    const forms = [
      KEY,
      encodeURIComponent(KEY),
      JSON.stringify(KEY),
      Buffer.from(KEY).toString('base64'),
      Buffer.from(KEY).toString('base64url'),
      Buffer.from(KEY).toString('hex'),
    ]
    const clean = scrubbed(forms.map((form) => `data: {"error":"wrong key ${form}"}`).join('\n'), [
      KEY,
    ])
    for (const form of forms) expect(clean).not.toContain(form.replace(/^"|"$|=+$/g, ''))
    expect(clean).toContain('wrong key removed')
  })

  it.each([
    'sk-proj-abcdefghij0123456789',
    'gsk_abcdefghij0123456789abcd',
    'AIzaSyA0123456789012345678901234567890',
    'AKIAABCDEFGHIJKLMNOP',
    'eyJhbGciOiJI.eyJzdWIiOiIx.c2lnbmF0dXJl',
    'Bearer abcdefghijklmnop',
    'somebody@example.com',
  ])('removes everything in the form of %s', (secret) => {
    expect(scrubbed(`{"message":"no access for ${secret}."}`, [])).not.toContain(secret)
  })

  it('names no account', () => {
    const clean = scrubbed('{"organization":"org-1","user_id":"u 1","usage":{"x":1}}', [])
    expect(clean).toBe('{"organization":"removed","user_id":"removed","usage":{"x":1}}')
  })

  it('is nothing where a secret comes in pieces', () => {
    const events = ['tok', 'en-of-', 'mine'].map((piece) => `data: {"delta":"${piece}"}\n\n`)
    expect(() => scrubbed(events.join(''), ['token-of-mine'])).toThrow('nothing is kept')
  })

  it('leaves everything else as it was', () => {
    const text = 'data: {"choices":[{"delta":{"content":"risk-averse, sk-1"}}],"usage":{"a":2}}\n'
    expect(scrubbed(text, ['another-secret'])).toBe(text)
  })

  it('never keeps a secret, wherever it stands and however it is cut', () => {
    const secret = fc.string({ minLength: 8, maxLength: 40, unit: 'grapheme-ascii' })
    fc.assert(
      fc.property(secret, fc.string(), fc.array(fc.nat(40)), (key, around, cuts) => {
        // A key with a quote would be found in the quotes of the JSON around other text.
        fc.pre(key.trim() === key && !'removed'.includes(key) && !key.includes('"'))
        const text = around + key + around
        const at = [...new Set(cuts.map((cut) => cut % text.length))].sort((a, b) => a - b)
        const pieces = [0, ...at].map((from, n) => text.slice(from, at[n] ?? text.length))
        const events = pieces.map((piece) => `data: ${JSON.stringify({ text: piece })}`).join('\n')
        let kept = ''
        try {
          kept = scrubbed(events, [key])
        } catch {
          return
        }
        const whole = kept
          .split('\n')
          .map((line) => (JSON.parse(line.slice('data: '.length)) as { text: string }).text)
          .join('')
        expect(whole.includes(key)).toBe(false)
      }),
    )
  })
})
