import { describe, expect, it } from 'vitest'
import { excerpt, maskSecrets } from './excerpt.ts'

describe('maskSecrets', () => {
  it.each([
    ['"api_key": "hunter2", "x": 1', '"api_key": "*******", "x": 1'],
    ['"api_key": "hunter2', '"api_key": "*******'],
    ['api_key: hunter2, x: 1', 'api_key: *******, x: 1'],
    ["APIKEY: 'a b'", "APIKEY: '***'"],
    ['"api_key": "${OPENROUTER_API_KEY}"', '"api_key": "${OPENROUTER_API_KEY}"'],
    ['"Authorization": "Bearer abc"', '"Authorization": "**********"'],
    ['["sk-or-v1-0123456789abcdef"]', '["*************************"]'],
    ['https://me:pw@proxy:80/x', 'https://*****@proxy:80/x'],
    ['me:pw@proxy:80', '*****@proxy:80'],
    ['https://a-token-of-mine@proxy:80/x', 'https://***************@proxy:80/x'],
    ['"mail": "me@example.com"', '"mail": "me@example.com"'],
    ['api_key: $OPENROUTER_API_KEY', 'api_key: $OPENROUTER_API_KEY'],
    ['"api_key": "$OPENROUTER_API_KEY"', '"api_key": "$OPENROUTER_API_KEY"'],
    ['"api_key": "hunter2$REST"', '"api_key": "************"'],
    ['https://host/v1?key=abc"', 'https://host/v1?*******"'],
    ['"name": "openrouter"', '"name": "openrouter"'],
    [
      '"https://openrouter.ai/api/v1/chat/completions"',
      '"https://openrouter.ai/api/v1/chat/completions"',
    ],
    ['"claude-3-5-sonnet-20241022"', '"claude-3-5-sonnet-20241022"'],
    ['x: "0123456789abcdef0123456789abcdef"', 'x: "********************************"'],
  ])('%j is shown as %j', (text, shown) => {
    expect(maskSecrets(text)).toBe(shown)
    expect(shown).toHaveLength(text.length)
  })
})

describe('excerpt', () => {
  it('shows the line with a caret under the column', () => {
    expect(excerpt('{\n\t"PORT" 1,\n}', { line: 2, column: 9 })).toBe(
      '  2 |  "PORT" 1,\n' + '              ^',
    )
  })

  it('cuts a long line around the column', () => {
    const source = `{${'"a": 1,'.repeat(500)}!}`
    const [line, caret] = excerpt(source, { line: 1, column: 3502 }).split('\n')
    expect(line?.length).toBeLessThan(100)
    expect(line?.[(caret ?? '').length - 1]).toBe('!')
  })

  it('cuts a line of many thousand characters the same way, and masks what it shows', () => {
    const before = `${'x'.repeat(20_000)} "api_key": "hunter2", `
    const source = `{${before}!${' y'.repeat(20_000)}}`
    const [line, caret] = excerpt(source, { line: 1, column: before.length + 2 }).split('\n')
    expect(line).toMatch(/^ {2}1 \| x+ "api_key": "\*{7}", !/)
    expect(line?.length).toBeLessThan(100)
    expect(line?.[(caret ?? '').length - 1]).toBe('!')
  })
})
