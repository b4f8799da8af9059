import { expect, it } from 'vitest'
import { parseSource } from './read.ts'

it.each(['[', '{"a":'])('a config of 100,000 levels of %s is refused in words', (open) => {
  const close = open === '[' ? ']' : '}'
  const source = `{"x":${open.repeat(100_000)}1${close.repeat(100_000)}}`
  expect(() => parseSource('config.json', source)).toThrow(/more than 200 levels/)
})

it('a config that breaks off in such a depth is refused at its place', () => {
  expect(() => parseSource('config.json', '['.repeat(100_000))).toThrow(
    /^config\.json:1:201: more than 200 levels; expected a few/,
  )
})
