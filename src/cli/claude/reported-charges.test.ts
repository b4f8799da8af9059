import { describe, expect, it } from 'vitest'
import { testFolder } from '../../../test/support/folder.ts'
import { requestRow } from '../../../test/support/usage-rows.ts'
import { createLedger, type RequestRow } from '../../store/ledger.ts'
import { createStore } from '../../store/store.ts'
import { chargesOf } from './reported-charges.ts'

const NOW = 1_764_000_000_000
const DAY_MS = 86_400_000
const CONFIG = {
  providers: [
    {
      name: 'or',
      url: 'https://openrouter.ai/api/v1/chat/completions',
      models: [],
      apiKey: 'k',
      missing: [],
    },
  ],
}

const home = testFolder()

async function record(...rows: Partial<RequestRow>[]): Promise<void> {
  const store = createStore({ home: home.path })
  const ledger = createLedger({ store, onTrouble: () => undefined, keepDays: () => 0 })
  for (const row of rows) ledger.add(requestRow(row))
  await ledger.close()
  store.close()
}

describe('what providers reported that requests cost', () => {
  it('is nothing where no provider reports costs, or nothing is recorded', async () => {
    expect(await chargesOf({ providers: [] }, home.path, NOW)).toEqual(new Map())
    expect(await chargesOf(CONFIG, home.path, NOW)).toEqual(new Map())
  })

  it('is the charges of the last 30 days by model, without calculated costs', async () => {
    const reported = { at: NOW - DAY_MS, provider: 'or', model: 'a,b', priceSource: 'provider' }
    await record(
      { ...reported, cacheRead: 7, cacheWrite: 8, cacheWrite1h: 9 },
      { ...reported, cost: 0 },
      { ...reported, model: 'other', cost: 2 },
      { ...reported, at: NOW - 31 * DAY_MS },
      { ...reported, priceSource: 'config' },
      { ...reported, output: null },
      { ...reported, route: 'lend: web search', cost: 9 },
    )
    const tokens = { input: 100, output: 10, cacheRead: 0, cacheWrite5m: 0, cacheWrite1h: 0 }
    expect(await chargesOf(CONFIG, home.path, NOW)).toEqual(
      new Map([
        [
          'or,a,b',
          expect.toSatisfy(
            (charges: unknown[]) =>
              charges.length === 2 &&
              JSON.stringify(charges).includes('"cacheWrite5m":8,"cacheWrite1h":9'),
          ),
        ],
        ['or,other', [{ tokens, usd: 2 }]],
      ]),
    )
  })

  it('is nothing where the database cannot be read', async () => {
    const file = home.write('file', 'no folder')
    expect(await chargesOf(CONFIG, file, NOW)).toEqual(new Map())
  })
})
