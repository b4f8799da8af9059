import { describe, expect, it } from 'vitest'
import { interpolate } from './interpolate.ts'

const env = { KEY: 'k-1', lower: 'l-1', EMPTY: '', DOLLAR: '$KEY $& $1' }

describe('interpolate', () => {
  it.each([
    ['$KEY', 'k-1'],
    ['${KEY}', 'k-1'],
    ['${lower}', 'l-1'],
    ['${ KEY }', 'k-1'],
    ['a$KEY-b${KEY}c', 'ak-1-bk-1c'],
    ['${KEY}$KEY', 'k-1k-1'],
    ['plain', 'plain'],
    ['costs $5 or $', 'costs $5 or $'],
    ['$lower', '$lower'],
    ['${}', '${}'],
    ['$DOLLAR', '$KEY $& $1'],
    ['$KEYword', 'k-1word'],
    ['pa$Word', 'pa$Word'],
    ['pa$$word', 'pa$$word'],
    ['$$KEY', '$KEY'],
    ['$${KEY} ${KEY}', '${KEY} k-1'],
    ['$$$KEY', '$$KEY'],
    ['pa$$WORD', 'pa$WORD'],
  ])('%j becomes %j', (written, expected) => {
    expect(interpolate(written, env).value).toBe(expected)
  })

  it.each(['$NOPE', '${NOPE}', '$EMPTY', 'a $KEY and $NOPE', '${__proto__}'])(
    '%j stays whole while a variable is unset or empty',
    (written) => {
      expect(interpolate(written, env).value).toBe(written)
    },
  )

  it('goes into objects and lists and leaves everything else as it is', () => {
    const written = { $KEY: ['$KEY', 1, null, true, { deep: '${lower}' }] }
    expect(interpolate(written, env).value).toEqual({
      $KEY: ['k-1', 1, null, true, { deep: 'l-1' }],
    })
  })

  it('knows no variable in what is escaped or only looks like one', () => {
    expect(interpolate(['pa$Word', '$$NOPE', '$${NOPE}'], env).uses).toEqual([])
  })

  it('names every mention with its place, set or not', () => {
    const { uses } = interpolate({ a: '$KEY$NOPE', b: ['${EMPTY}'] }, env)
    expect(uses).toEqual([
      { path: ['a'], variable: 'KEY', set: true },
      { path: ['a'], variable: 'NOPE', set: false },
      { path: ['b', 0], variable: 'EMPTY', set: false, whole: true },
    ])
  })

  it('takes a variable that is there without a value for an unset one', () => {
    expect(interpolate('$NONE', { NONE: undefined })).toEqual({
      value: '$NONE',
      uses: [{ path: [], variable: 'NONE', set: false, whole: true }],
    })
  })

  it.each(['$O', '${O}', '${ O }', '${O:-none}', '${ O :-none}', 'Bearer ${O}'])(
    'knows the variable of a key as %s, and does not put it into the name of a model',
    (key) => {
      const written = { Providers: [{ api_key: key, models: ['${O}', '$OTHER'] }] }
      expect(interpolate(written, { O: 'short', OTHER: 'm' }).value).toMatchObject({
        Providers: [{ models: ['${O}', 'm'] }],
      })
    },
  )

  it('keeps a key named __proto__ a plain key', () => {
    const written: unknown = JSON.parse('{"__proto__": {"x": "$KEY"}}')
    const { value } = interpolate(written, env)
    expect(JSON.stringify(value)).toBe('{"__proto__":{"x":"k-1"}}')
  })

  it('takes what is written behind :- for a variable that is unset or empty', () => {
    const read = (text: string) => interpolate(text, { SET: 'x', EMPTY: '' })
    expect(read('${NONE:-http://h/v1}').value).toBe('http://h/v1')
    expect(read('a${EMPTY:-b}c').value).toBe('abc')
    expect(read('${SET:-b}').value).toBe('x')
    expect(read('${NONE:-}')).toMatchObject({
      value: '${NONE:-}',
      uses: [{ variable: 'NONE', set: false }],
    })
  })
})
