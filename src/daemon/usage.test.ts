import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { requestRow } from '../../test/support/usage-rows.ts'
import type { BudgetConfig, Config } from '../config/config.ts'
import { emptyConfig } from '../config/defaults.ts'
import type * as GuardModule from '../budget/budget-guard.ts'
import { silent } from '../lib/log.ts'
import { keepUsage, type Usage } from './usage.ts'

/** Of each guard that was opened, whether it was closed. */
const guards = vi.hoisted((): { closed: boolean }[] => [])
vi.mock('../budget/budget-guard.ts', async (original) => {
  const { createBudgetGuard } = await original<typeof GuardModule>()
  return {
    createBudgetGuard(parts: GuardModule.BudgetGuardParts): GuardModule.BudgetGuard {
      const guard = createBudgetGuard(parts)
      const seen = { closed: false }
      guards.push(seen)
      return {
        ...guard,
        close() {
          seen.closed = true
          return guard.close()
        },
      }
    },
  }
})

let home: string
let usage: Usage
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'ccr-usage-'))
  guards.length = 0
})
afterEach(async () => {
  await usage.close()
  rmSync(home, { recursive: true, force: true })
})

function config(budgets: readonly BudgetConfig[], record = true): Config {
  const { usage: kept, ...others } = emptyConfig()
  return { ...others, budgets, usage: { ...kept, record } }
}
function begin(first: Config): void {
  const session = { id: 'default', preference: '' }
  usage = keepUsage(first, { home, session, log: silent, isIdle: () => true })
}
const closed = (): boolean[] => guards.map((guard) => guard.closed)

it('budgets that are no more are let go with the edit that takes them away', () => {
  begin(config([{ limit: 1 }]))
  for (const limit of [2, 3, 4]) usage.follow(config([{ limit }]))
  expect(closed()).toEqual([true, true, true, false])
  usage.follow(config([]))
  expect(closed()).toEqual([true, true, true, true])
})

it.each([
  ['another one', config([{ limit: 2 }])],
  ['none, and nothing is to be recorded', config([], false)],
])('a budget that became %s is kept until its last request is written', async (_, next) => {
  begin(config([{ limit: 1 }], false))
  const held = await usage.budgetGuard()?.reserve('p', 0.5)
  usage.follow(next)
  expect(closed()[0]).toBe(false)
  const row = requestRow({ cost: 0.4 })
  usage.add(row)
  held?.settle(row)
  expect(closed()[0]).toBe(false)
  await usage.charged('c-1')
  expect(closed()[0]).toBe(true)
  expect(usage.budgetGuard() === undefined).toBe(next.budgets.length === 0)
})

describe('what the config says of the records', () => {
  const DAY_MS = 24 * 3_600_000
  const kept = (settings: Config['usage']): Config => ({ ...config([]), usage: settings })
  const models = (): Promise<unknown[]> =>
    usage.store.read((db) => db.prepare('SELECT model FROM request ORDER BY model').all())
  const add = (model: string, days: number): void =>
    usage.add(requestRow({ model, at: Date.now() - days * DAY_MS, conversation: 'c-1' }))

  it.each([
    ['for so many days', { record: true, keepDays: 30 }, ['new']],
    ['for others', { record: true, keepDays: 60 }, ['new', 'old']],
    ['for ever', { record: true, keepDays: 0 }, ['ancient', 'new', 'old']],
  ])('they are kept %s', async (_, settings, expected) => {
    begin(kept(settings))
    add('ancient', 4_000)
    add('old', 45)
    add('new', 1)
    await usage.charged('c-1')
    await vi.waitFor(async () =>
      expect(await models()).toEqual(expected.map((model) => ({ model }))),
    )
  })

  it('none are made, from the edit on that says so', async () => {
    begin(kept({ record: false, keepDays: 0 }))
    add('a', 0)
    usage.follow(kept({ record: true, keepDays: 0 }))
    add('b', 0)
    usage.follow(kept({ record: false, keepDays: 0 }))
    add('c', 0)
    await usage.charged('c-1')
    expect(await models()).toEqual([{ model: 'b' }])
  })
})
