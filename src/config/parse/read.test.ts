import { expect, it } from 'vitest'
import { ConfigError } from '../config-error.ts'
import { parseSource, unreadable } from './read.ts'

function failureOf(source: string): ConfigError {
  try {
    parseSource('config.json', source)
  } catch (error) {
    if (error instanceof ConfigError) return error
    throw error
  }
  throw new Error('it was read')
}

it.each(['[', '{"a":'])('a config of 100,000 levels of %s is refused in words', (open) => {
  const close = open === '[' ? ']' : '}'
  const source = `{"x":${open.repeat(100_000)}1${close.repeat(100_000)}}`
  expect(failureOf(source)).toMatchObject({
    message: 'config.json: objects and lists are nested in more than 200 levels',
    file: 'config.json',
    hint: 'Correct config.json: a config has a few levels.',
  })
})

it.each([
  ['on one line', '{\n  "a": 1 "b": 2\n}', 2],
  ['for the colon', '{\n  "a"\n  1\n}', 3],
  ['for a value', '{\n  "a":\n}', 3],
  ['at the end of the file', '{\n  "a": [1\n', 3],
])('a missing comma is no advice %s', (_, source, line) => {
  expect(failureOf(source).hint).toBe(
    `Correct line ${String(line)} of config.json; JSON with comments and trailing commas is read.`,
  )
})

it('an escape that only json5 refuses is refused where it stands', () => {
  const { message, line, column } = failureOf('{\n  "a": 1,\n  "b": "\\x1"\n}')
  expect({ line, column }).toEqual({ line: 3, column: 12 })
  expect(message).toContain('config.json:3:12: this is not valid JSON')
  expect(message).toContain('"b": ')
})

it.each(['EACCES', 'EPERM'])(
  'a config that is closed by %s is told so, and how to open it',
  (code) => {
    const denied = Object.assign(new Error('no'), { code })
    const { message, hint } = unreadable('/no-such-folder/config.json', denied)
    expect(message).toBe('/no-such-folder/config.json: no permission to read the config')
    expect(hint).toContain('chmod u+r')
  },
)

it.each([
  [new Error('no'), 'unknown error'],
  [null, 'unknown error'],
])('a config that cannot be read because of %s is told too', (cause, why) => {
  expect(unreadable('/x', cause).message).toBe(`/x: the config cannot be read (${why})`)
})

it('a config that breaks off in such a depth is refused at its place', () => {
  expect(() => parseSource('config.json', '['.repeat(100_000))).toThrow(
    /^config\.json:1:201: more than 200 levels; expected a few/,
  )
})
