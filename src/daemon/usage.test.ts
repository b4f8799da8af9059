import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { requestRow } from '../../test/support/rows.ts'
import type { BudgetConfig, Config } from '../config/config.ts'
import { emptyConfig } from '../config/defaults.ts'
import type * as Purses from '../gateway/purse.ts'
import { silent } from '../lib/log.ts'
import { keepUsage } from './usage.ts'
import type { Usage } from './usage.ts'

/** Of each purse that was opened, whether it was closed. */
const purses = vi.hoisted((): { closed: boolean }[] => [])
vi.mock('../gateway/purse.ts', async (original) => {
  const { createPurse } = await original<typeof Purses>()
  return {
    createPurse(parts: Purses.PurseParts): Purses.Purse {
      const purse = createPurse(parts)
      const seen = { closed: false }
      purses.push(seen)
      return {
        ...purse,
        close() {
          seen.closed = true
          return purse.close()
        },
      }
    },
  }
})

let home: string
let usage: Usage
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'ccr-usage-'))
  purses.length = 0
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
const closed = (): boolean[] => purses.map((purse) => purse.closed)

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
  const held = await usage.purse()?.reserve('p', 0.5)
  usage.follow(next)
  expect(closed()[0]).toBe(false)
  const row = requestRow({ cost: 0.4 })
  usage.add(row)
  held?.settle(row)
  expect(closed()[0]).toBe(false)
  await usage.charged('c-1')
  expect(closed()[0]).toBe(true)
  expect(usage.purse() === undefined).toBe(next.budgets.length === 0)
})
