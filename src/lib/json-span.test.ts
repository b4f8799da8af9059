import { describe, expect, it } from 'vitest'
import { topLevelSpan, withText } from './json-span.ts'

const replaced = (json: string, path: readonly string[], text = 'neu: "é"'): string | undefined => {
  const bytes = withText(Buffer.from(json), path, text)
  return bytes && Buffer.from(bytes).toString()
}

describe('a text in JSON is replaced', () => {
  it('and no other byte', () => {
    const expected = JSON.stringify('neu: "é"')
    expect(replaced('{ "a": "é\\"model\\"", "model" :\n"x", "z":[1 ] }', ['model'])).toBe(
      `{ "a": "é\\"model\\"", "model" :\n${expected}, "z":[1 ] }`,
    )
    expect(
      replaced('{"message":{"content":[{"model":"a}"}],"model":"b" },"model":"c"}', [
        'message',
        'model',
      ]),
    ).toBe(`{"message":{"content":[{"model":"a}"}],"model":${expected} },"model":"c"}`)
  })

  it('where it stands, and not elsewhere', () => {
    expect(replaced('{"message":{"id":"m"},"model":"c"}', ['message', 'model'])).toBeUndefined()
    expect(replaced('{"message":null}', ['message', 'model'])).toBeUndefined()
  })
})

it('the span of an object or a list is all of it', () => {
  const text = '{"a":{"b":["}",{}]},"c":[[1],"]"]}'
  for (const [key, value] of [
    ['a', '{"b":["}",{}]}'],
    ['c', '[[1],"]"]'],
  ] as const) {
    const span = topLevelSpan(text, key)
    expect(text.slice(span?.start, span?.end)).toBe(value)
  }
})
