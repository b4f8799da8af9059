/** `usage.db` and the budgets of several daemons on Windows. */
import { readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { type LiveSession } from '../support/ccr.ts'
import { messagesClient } from '../support/client.ts'
import { COST, pricedConfig, startPricedUpstream } from '../support/priced.ts'
import type { Upstream } from '../support/upstream.ts'
import { type Home, WINDOWS, windowsHome } from './harness.ts'

const PATIENCE = { timeout: 60_000, interval: 500 } as const

let upstream: Upstream
let home: Home
let sessions: LiveSession[]

interface Usage {
  readonly total: { readonly requests: number; readonly cost: number }
}

beforeAll(async () => {
  upstream = await startPricedUpstream()
  home = await windowsHome(pricedConfig(upstream))
  sessions = await Promise.all(['p,a', 'p,b', 'p,c'].map((preference) => home.live(preference)))
})
afterAll(async () => {
  await home.remove()
  await upstream.close()
})

const ask = async (session: LiveSession): Promise<number> =>
  (await messagesClient(session, `ccr-${session.sessionId}`).post()).status

const usage = async (): Promise<Usage> =>
  JSON.parse(await home.succeed(['usage', '--json'])) as Usage

describe('the usage of several daemons', WINDOWS, () => {
  it('is in one database', async () => {
    for (let round = 0; round < 4; round += 1) await Promise.all(sessions.map(ask))
    await vi.waitFor(async () => {
      expect((await usage()).total).toMatchObject({ requests: 12 })
    }, PATIENCE)
    expect((await usage()).total.cost).toBeCloseTo(12 * COST, 9)
    expect(await home.succeed(['usage', '--by', 'model'])).toContain('p,a')
  })

  it('is kept when one is terminated and another one writes on', async () => {
    await home.kill(sessions[0]?.pid ?? 0)
    await ask(sessions[1]!)
    await vi.waitFor(async () => {
      expect((await usage()).total).toMatchObject({ requests: 13 })
    }, PATIENCE)
    await home.succeed(['start'], { preference: 'p,a' })
    await ask(await home.live('p,a'))
    await vi.waitFor(async () => {
      expect((await usage()).total).toMatchObject({ requests: 14 })
    }, PATIENCE)
  })

  it('begins anew where the database is damaged, and the damaged one is kept', async () => {
    await home.succeed(['stop', '--all'])
    for (const name of ['usage.db-wal', 'usage.db-shm']) {
      if (readdirSync(home.ccrHome).includes(name)) writeFileSync(join(home.ccrHome, name), '')
    }
    writeFileSync(join(home.ccrHome, 'usage.db'), 'no database '.repeat(1_000))
    await ask(await home.live('p,a'))
    await vi.waitFor(async () => {
      expect((await usage()).total).toMatchObject({ requests: 1 })
    }, PATIENCE)
  })
})

describe('a budget', WINDOWS, () => {
  it('of all daemons is kept by all of them', async () => {
    await home.succeed(['stop', '--all'])
    await home.configure(pricedConfig(upstream, { Budgets: [{ limit: 10 * COST }] }))
    const before = upstream.requests.length
    const all = await Promise.all(['p,a', 'p,b', 'p,c'].map((name) => home.live(name)))
    const statuses: number[] = []
    for (let round = 0; round < 6; round += 1) statuses.push(...(await Promise.all(all.map(ask))))
    const paid = statuses.filter((status) => status === 200).length
    expect(statuses.filter((status) => ![200, 402, 429].includes(status))).toEqual([])
    expect(upstream.requests.length - before).toBe(paid)
    expect(paid).toBeGreaterThan(5)
    expect(paid).toBeLessThanOrEqual(10 + all.length)
    const { stdout } = await home.run(['budget', '--json'])
    expect(JSON.parse(stdout)).toMatchObject([{ name: 'of the day', limit: 10 * COST }])
  })
})
