import { expect, it } from 'vitest'
import { mistakesIn, warningsIn } from '../../../test/support/config-diagnostics.ts'

it('a budget that holds nothing back and tells nothing is a mistake', () => {
  const source = '{ "Budgets": [{ "limit": 5 }, { "warn": 5 }, { "per": "day", "provider": "p" }] }'
  const expected = [
    ['{', 'Budgets[2] has neither limit nor warn and does nothing; expected { "limit": 20 }'],
  ]
  expect(warningsIn(source)).toEqual(expected)
  expect(mistakesIn(source)).toEqual(expected)
})

it.each(['{ "limit": 0 }', '{ "warn": 0 }', '{ "limit": 5, "warn": 4 }'])(
  'a budget of %s does something',
  (budget) => {
    expect(warningsIn(`{ "Budgets": [${budget}] }`)).toEqual([])
  },
)
