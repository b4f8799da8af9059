import { expect, test } from 'vitest'
import { formatModelRef, listedModelRefs, parseModelRef } from './model-ref.ts'

test.each([
  ['openrouter,openai/gpt-4o', { provider: 'openrouter', model: 'openai/gpt-4o' }],
  ['p,a,b', { provider: 'p', model: 'a,b' }],
  ['p,', { provider: 'p', model: '' }],
  [' p , m ', { provider: ' p ', model: ' m ' }],
])('%j names a model of a provider, and is written again as it was', (text, ref) => {
  expect(parseModelRef(text)).toEqual(ref)
  expect(formatModelRef(ref)).toBe(text)
})

test.each(['', 'gpt-4o', ',m', 'p/m'])('%j names no provider before a comma', (text) => {
  expect(parseModelRef(text)).toBeUndefined()
})

test('the models of a provider are listed with its name', () => {
  expect(listedModelRefs({ name: 'p', models: ['a', 'b,c'] })).toEqual(['p,a', 'p,b,c'])
})
