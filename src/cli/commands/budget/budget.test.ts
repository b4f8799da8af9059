import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { requestRow } from '../../../../test/support/usage-rows.ts'
import type { BudgetConfig } from '../../../config/config.ts'
import { sessionId } from '../../../session/identity.ts'
import { createLedger, type RequestRow } from '../../../store/ledger.ts'
import { putAllocation, scopeKey } from '../../../store/allocations.ts'
import { createStore } from '../../../store/store.ts'
import { command } from './budget.ts'

let home: string
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'ccr-budget-'))
})
afterEach(() => rmSync(home, { recursive: true, force: true }))

/** A home with these budgets, in which this was spent today. */
async function spend(
  budgets: readonly BudgetConfig[],
  rows: readonly Partial<RequestRow>[] = [],
): Promise<void> {
  writeFileSync(join(home, 'config.json'), JSON.stringify({ Budgets: budgets }), { mode: 0o600 })
  if (rows.length === 0) return
  const store = createStore({ home })
  const ledger = createLedger({ store, onTrouble: () => undefined, keepDays: () => 0 })
  for (const row of rows) ledger.add(requestRow({ at: Date.now(), durationMs: 0, ...row }))
  await ledger.close()
}

async function run(args: readonly string[] = []): Promise<{ code: number; text: string }> {
  let text = ''
  const stdout = { write: (part: string) => (text += part), columns: 100 }
  const code = await command.run(args, { env: { CCR_HOME: home }, stdout, stderr: stdout })
  return { code, text }
}

describe('ccr budget', () => {
  it('says how to have one where there is none', async () => {
    await spend([])
    const { code, text } = await run()
    expect(code).toBe(0)
    expect(text).toBe(
      "There are no budgets. Add one to the config, for example:\n\n  Budgets: [{ limit: 20, per: 'day' }]\n",
    )
    expect((await run(['--json'])).text).toBe('[]\n')
  })

  it('shows a budget of which nothing was spent, before there is any database', async () => {
    await spend([{ limit: 20 }, { warn: 5, per: 'month' }])
    expect((await run()).text.split('\n')).toEqual([
      'budget        spent  running   limit    left',
      'of the day       $0       $0  $20.00  $20.00  fine',
      'of the month     $0       $0       -       -  fine',
      '',
    ])
  })

  it('shows what is spent, held and left, and from its level on that it is nearly over', async () => {
    await spend([{ limit: 10 }, { limit: 100, warn: 9, per: 'month' }, { warn: 20 }], [{ cost: 9 }])
    const store = createStore({ home })
    await store.write((db) => {
      putAllocation(db, {
        key: scopeKey({ per: 'day' }),
        holder: 'a',
        usd: 0.5,
        expires: Date.now() + 60_000,
      })
    })
    store.close()
    const { code, text } = await run()
    expect(code).toBe(0)
    expect(text.split('\n')).toEqual([
      'budget        spent  running    limit    left',
      'of the day    $9.00  $0.5000   $10.00   $1.00  warning',
      'of the month  $9.00       $0  $100.00  $91.00  warning',
      'of the day    $9.00  $0.5000        -       -  fine',
      '',
    ])
  })

  it('is over with exit code 1, and what is left is never below nothing', async () => {
    await spend([{ limit: 1 }, { limit: 9 }], [{ cost: 1.5 }])
    const { code, text } = await run()
    expect(code).toBe(1)
    expect(text).toMatch(/^of the day +\$1\.50 +\$0 +\$1\.00 +\$0 +used up$/m)
    expect(text).toMatch(/^of the day +\$1\.50 +\$0 +\$9\.00 +\$7\.50 +fine$/m)
  })

  it('has a line for each spender, dearest or not, and finds a session by its preference', async () => {
    await spend(
      [
        { limit: 5, provider: '*' },
        { limit: 5, session: 'p,m' },
      ],
      [
        { provider: 'p', cost: 1, session: sessionId('p,m') },
        { provider: 'q', cost: 2, session: 'x' },
      ],
    )
    const { text } = await run()
    expect(text).toMatch(/^of the day for p +\$1\.00 /m)
    expect(text).toMatch(/^of the day for q +\$2\.00 /m)
    expect(text).toMatch(new RegExp(`^of the day in session ${sessionId('p,m')} +\\$1\\.00 `, 'm'))
  })

  it('tells of requests whose price nobody knows, and counts what a provider says of them', async () => {
    await spend([{ limit: 5 }], [{ cost: null }, { cost: 0.25, priceSource: 'provider' }])
    const { text } = await run()
    expect(text).toMatch(/^of the day +\$0\.2500 /m)
    expect(text).toContain(
      '\n1 request without a known price, not counted in any budget: see Prices.\n',
    )
  })

  it('gives scripts the same in numbers', async () => {
    await spend([{ limit: 1, provider: 'p' }], [{ cost: 1 }])
    const { code, text } = await run(['--json'])
    expect(code).toBe(1)
    expect(JSON.parse(text)).toEqual([
      {
        name: 'of the day for p',
        per: 'day',
        session: null,
        provider: 'p',
        limit: 1,
        warn: 0.8,
        spent: 1,
        held: 0,
        unpriced: 0,
        state: 'used up',
      },
    ])
  })
})
