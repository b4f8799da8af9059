import { expect, it } from 'vitest'
import { inWords } from './rules.ts'

it('a constraint told in words keeps what the description says', () => {
  const node = { type: 'string', description: 'A date.', pattern: '\\d+' }
  expect(inWords(node, 'pattern')).toEqual({
    type: 'string',
    description: 'A date. (pattern: \\d+)',
  })
})

it('a long constraint is cut, and no character in half: servers refuse the whole request for one', () => {
  for (const start of ['', 'x']) {
    const { description } = inWords({ pattern: start + '😀'.repeat(300) }, 'pattern')
    expect(description).toHaveLength(300)
    expect(description).not.toMatch(/\p{Surrogate}/u)
  }
})
