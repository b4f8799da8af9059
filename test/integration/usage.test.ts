/** The ledger and the budgets under many real daemons, some of them killed. */
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { createStore } from '../../src/store/store.ts'
import { type Sum, usageOf } from '../../src/store/usage.ts'
import { type Ccr, type LiveSession, throwawayCcr } from '../support/ccr.ts'
import { COST, pricedConfig, startPricedUpstream, USAGE } from '../support/priced.ts'
import { events } from '../support/replies.ts'
import type { Upstream } from '../support/upstream.ts'

const DAEMONS = 20
const ALL = { since: 0, until: Infinity }

let upstream: Upstream
let ccr: Ccr
beforeEach(async () => {
  upstream = await startPricedUpstream()
})
afterEach(async () => {
  await ccr.remove()
  await upstream.close()
})

async function home(more: object = {}): Promise<void> {
  ccr = await throwawayCcr(pricedConfig(upstream, more))
}

const QUESTION = JSON.stringify({
  model: 'x',
  max_tokens: 100,
  messages: [{ role: 'user', content: 'hi' }],
})

/** The status; 0 if there is no answer. */
async function ask({ baseUrl, token }: LiveSession): Promise<number> {
  try {
    const headers = { authorization: `Bearer ${token}` }
    const response = await fetch(`${baseUrl}/v1/messages`, {
      method: 'POST',
      headers,
      body: QUESTION,
    })
    await response.text()
    return response.status
  } catch {
    return 0
  }
}

async function startAll(): Promise<LiveSession[]> {
  const names = Array.from({ length: DAEMONS }, (_, n) => `p,m${String(n)}`)
  return Promise.all(names.map((name) => ccr.start(name)))
}

async function sum(): Promise<Sum> {
  const store = createStore({ home: ccr.ccrHome })
  try {
    return await store.read((db) => usageOf(db, ALL))
  } finally {
    store.close()
  }
}

describe('usage of twenty daemons', () => {
  it('adds up to what the upstream counted, although some are killed', async () => {
    await home()
    const sessions = await startAll()
    const rounds = 5
    for (let round = 0; round < rounds; round += 1) await Promise.all(sessions.map(ask))
    const all = DAEMONS * rounds
    expect(upstream.requests).toHaveLength(all)
    await vi.waitFor(async () => expect((await sum()).requests).toBe(all), 20_000)
    for (const { pid } of sessions.slice(0, 5)) process.kill(pid, 'SIGKILL')
    await Promise.all(sessions.slice(5).map(ask))
    await ccr.run(['stop', '--all'])
    const requests = all + DAEMONS - 5
    const total = await sum()
    expect(total).toMatchObject({
      requests,
      errors: 0,
      input: requests * USAGE.input,
      output: requests * USAGE.output,
      unpriced: 0,
    })
    expect(total.cost).toBeCloseTo(requests * COST, 9)
    const output = await ccr.run(['usage', '--by', 'provider', '--json'])
    expect(JSON.parse(output.stdout)).toMatchObject({ groups: [{ key: 'p', requests }] })
  }, 120_000)

  it('stays within a budget but for what was on its way, and is refused then', async () => {
    const limit = 30 * COST
    await home({ Budgets: [{ limit }] })
    const sessions = await startAll()
    const statuses: number[] = []
    for (let round = 0; round < 4; round += 1) {
      statuses.push(...(await Promise.all(sessions.map(ask))))
    }
    const paid = statuses.filter((status) => status === 200).length
    expect(statuses.filter((status) => ![200, 402, 429].includes(status))).toEqual([])
    expect(upstream.requests).toHaveLength(paid)
    expect(paid).toBeGreaterThanOrEqual(25)
    expect(paid).toBeLessThanOrEqual(30 + DAEMONS)
    await vi.waitFor(async () => expect((await sum()).cost).toBeCloseTo(paid * COST, 9), 20_000)
    const output = await ccr.run(['budget', '--json'])
    expect(JSON.parse(output.stdout)).toMatchObject([{ name: 'of the day', limit }])
  }, 120_000)
})

describe('what a provider says that it charged', () => {
  it('is what usage, top and budgets show, also of a model without a price', async () => {
    const provider = { name: 'openrouter', api_base_url: upstream.chatUrl, api_key: 'k' }
    await home({ Providers: [provider], Prices: {}, Budgets: [{ limit: 1 }] })
    const ended = { choices: [{ delta: { content: 'Hello' }, finish_reason: 'stop' }] }
    const usage = { prompt_tokens: 1000, completion_tokens: 100, cost: 0.75, is_byok: false }
    upstream.script(() => events([ended, { choices: [], usage }]))
    const session = await ccr.start('openrouter,nobody/knows')
    expect(await ask(session)).toBe(200)
    await vi.waitFor(async () => expect((await sum()).cost).toBe(0.75), 20_000)
    expect((await ccr.run(['usage'])).stdout).toMatch(/openrouter,nobody.* 1000 +100 +0 +\$0\.7500/)
    expect((await ccr.run(['top'])).stdout).toContain('All sessions today: $0.7500\n')
    expect(await ccr.run(['budget'])).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(
        /^of the day +\$0\.7500 .* \$1\.00 +\$0\.2500 +fine\n$/m,
      ) as string,
    })
    expect(await ask(session)).toBe(200)
    expect(await ask(session)).toBe(402)
    const status = await ccr.run(['status'], { preference: 'openrouter,nobody/knows' })
    expect(status.stdout).not.toContain('no known price')
  }, 60_000)
})
