import { expect, it } from 'vitest'
import { ConfigError } from './config-error.ts'

it('an error of a config has its place and its cause where there are any', () => {
  const cause = new Error('deeper')
  const facts = { file: '/c.json', hint: 'Correct it.' }
  const whole = new ConfigError('wrong', { ...facts, line: 3, column: 7, cause })
  expect(whole).toMatchObject({ name: 'ConfigError', message: 'wrong', ...facts })
  expect([whole.line, whole.column, whole.cause]).toEqual([3, 7, cause])
  const bare = new ConfigError('wrong', facts)
  expect([bare.line, bare.column]).toEqual([undefined, undefined])
  expect(bare).not.toHaveProperty('cause')
})
