import { expect, it } from 'vitest'
import { counted } from './counted.ts'

it('has the singular for one thing only', () => {
  expect([0, 1, 2].map((n) => counted(n, 'model'))).toEqual(['0 models', '1 model', '2 models'])
  expect(counted(1_234, 'token', '1,234')).toBe('1,234 tokens')
})
