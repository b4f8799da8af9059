import { describe, expect, it } from 'vitest'
import { requestRow } from '../../test/support/usage-rows.ts'
import type { BudgetConfig } from '../config/config.ts'
import { costIn, scopeName, newBudgetAccount, scopeFor, warnAt } from './budget-account.ts'
import { budgetExceeded, budgetWarning, budgetUnavailable, usdText } from './budget-errors.ts'

const SESSION = { id: 'a3f2', preference: 'fast' }
const scope = (budget: BudgetConfig, provider = 'p') => scopeFor(budget, SESSION, provider)

describe('what a budget is for', () => {
  it.each<[string, BudgetConfig, object]>([
    ['everything in a day', { limit: 1 }, { per: 'day' }],
    ['everything in a month', { per: 'month' }, { per: 'month' }],
    ['one provider', { provider: 'p' }, { per: 'day', provider: 'p' }],
    ['each provider', { provider: '*' }, { per: 'day', provider: 'p' }],
    ['each session', { session: '*' }, { per: 'day', session: 'a3f2' }],
    ['the session of a preference', { session: 'fast' }, { per: 'day', session: 'a3f2' }],
    ['a session by its id', { session: 'a3f2' }, { per: 'day', session: 'a3f2' }],
    [
      'a provider in a session',
      { per: 'month', session: 'fast', provider: 'p' },
      { per: 'month', session: 'a3f2', provider: 'p' },
    ],
  ])('may be %s', (_, budget, expected) => {
    expect(scope(budget)).toEqual(expected)
  })

  it.each<[string, BudgetConfig]>([
    ['another provider', { provider: 'q' }],
    ['another session', { session: 'slow' }],
    ['another provider in this session', { session: 'fast', provider: 'q' }],
    ['this provider in another session', { session: 'slow', provider: 'p' }],
  ])('is not this request for %s', (_, budget) => {
    expect(scope(budget)).toBeUndefined()
  })

  it('stands in its name', () => {
    expect(scopeName({ per: 'day' })).toBe('of the day')
    expect(scopeName({ per: 'month', provider: 'p' })).toBe('of the month for p')
    expect(scopeName({ per: 'day', provider: 'p', session: 's' })).toBe(
      'of the day for p in session s',
    )
    expect(scopeName({ per: 'day', session: 's' })).toBe('of the day in session s')
  })
})

describe('the level from which a budget warns', () => {
  it('is what the config says, else 80 % of its limit, else none', () => {
    expect(warnAt({ warn: 3, limit: 10 })).toBe(3)
    expect(warnAt({ limit: 10 })).toBeCloseTo(8, 9)
    expect(warnAt({})).toBe(Number.POSITIVE_INFINITY)
  })
})

describe('what counts for a budget', () => {
  const rows = [
    requestRow({ provider: 'p', cost: 1 }),
    requestRow({ provider: 'q', cost: 10 }),
    requestRow({ provider: 'p', cost: null }),
    requestRow({ provider: null, cost: null }),
  ]

  it('is what its provider took, or all of them', () => {
    expect(costIn(newBudgetAccount({}, { per: 'day' }), rows)).toBe(11)
    expect(costIn(newBudgetAccount({}, { per: 'day', provider: 'p' }), rows)).toBe(1)
    expect(costIn(newBudgetAccount({}, { per: 'day', provider: 'r' }), rows)).toBe(0)
  })
})

describe('what a budget says', () => {
  const account = (budget: BudgetConfig) => {
    const one = newBudgetAccount(budget, { per: 'day' })
    return Object.assign(one, { spent: { usd: 1, unpriced: 0 }, unwritten: 0.25 })
  }

  it('has what is spent, also what is not written yet', () => {
    expect(budgetWarning(account({ limit: 2 }))).toBe(
      'The budget of the day: $1.25 of $2.00 are spent.',
    )
    expect(budgetWarning(account({ warn: 1 }))).toBe('The budget of the day: $1.25 are spent.')
  })

  it('is that nothing more is spent, and asking again is of no use', () => {
    const error = budgetExceeded({ one: account({ limit: 1 }), isSpent: true })
    expect(error).toMatchObject({ status: 402, shouldRetry: false, origin: 'gateway' })
    expect(error.retryAfter).toBeUndefined()
    expect(error.message).toContain('The budget of the day is used up: $1.25 of $1.00.')
  })

  it('is to retry in a moment where others hold the rest', () => {
    const error = budgetExceeded({ one: account({ limit: 2 }), isSpent: false })
    expect(error).toMatchObject({ status: 429, retryAfter: '2', origin: 'gateway' })
    expect(error.shouldRetry).toBeUndefined()
    expect(error.message).toContain('$1.25 of $2.00 are spent')
  })

  it('is why a strict budget cannot be kept', () => {
    const error = budgetUnavailable('of the day', 'the disk is full')
    expect(error).toMatchObject({ status: 402, shouldRetry: false, origin: 'gateway' })
    expect(error.message).toContain('of the day is strict')
    expect(error.message).toContain('the disk is full')
  })

  it.each([
    [0, '$0.00'],
    [0.0123, '$0.0123'],
    [0.0999, '$0.0999'],
    [0.1, '$0.10'],
    [12.345, '$12.35'],
  ])('shows %d as %s', (usd, text) => {
    expect(usdText(usd)).toBe(text)
  })
})
