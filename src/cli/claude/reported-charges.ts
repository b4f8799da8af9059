/** What providers reported that requests cost, from the usage records of the home. */
import type { Config } from '../../config/config.ts'
import { formatModelRef } from '../../lib/model-ref.ts'
import type { Charge } from '../../pricing/charged-price.ts'
import { recognise } from '../../providers/configured/recognise.ts'
import { createStore, hasDatabase } from '../../store/store.ts'
import { reportedCharges, type ReportedCharge } from '../../store/usage.ts'
import type { Charges } from './client-prices.ts'

const SINCE_MS = 30 * 86_400_000
const MOST = 5_000
/** claude waits for this before it starts. */
const LIMIT_MS = 500

const NONE: Charges = new Map()

/**
 * What requests of the last 30 days cost by `provider,model`. Empty where no configured provider reports
 * costs, and where the database cannot be read: the prices of the list count then.
 * @param now ms since 1970.
 */
export async function chargesOf(
  { providers }: Pick<Config, 'providers'>,
  home: string,
  now: number,
): Promise<Charges> {
  if (!providers.some(reportsCosts)) return NONE
  const store = createStore({ home })
  try {
    if (!hasDatabase(home)) return NONE
    return byModel(await store.read((db) => reportedCharges(db, now - SINCE_MS, MOST), LIMIT_MS))
  } catch {
    return NONE
  } finally {
    store.close()
  }
}

function byModel(found: readonly ReportedCharge[]): Charges {
  const charges = new Map<string, Charge[]>()
  for (const { usd, input, output, cacheRead, cacheWrite, cacheWrite1h, ...ref } of found) {
    const model = formatModelRef(ref)
    const tokens = { input, output, cacheRead, cacheWrite5m: cacheWrite, cacheWrite1h }
    const known = charges.get(model)
    if (known === undefined) charges.set(model, [{ tokens, usd }])
    else known.push({ tokens, usd })
  }
  return charges
}

function reportsCosts({ name, url }: Config['providers'][number]): boolean {
  return URL.canParse(url) && recognise(name, new URL(url)).cost !== undefined
}
