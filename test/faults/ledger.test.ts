/** A daemon that is killed while it writes what requests took. */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { processStart } from '../../src/lib/process.ts'
import type { Row } from '../../src/store/sqlite.ts'
import { createStore } from '../../src/store/store.ts'
import { messagesClient } from '../support/client.ts'
import { settled } from './invariants.ts'
import { startHarness, PATIENCE, type Harness } from './harness.ts'

/** Requests that come at once: more than one of them is in a batch. */
const AT_ONCE = 8

let harness: Harness
let point: string
let written: string
beforeEach(async () => {
  const loader = new URL('kill-in-batch.mjs', import.meta.url).href
  harness = await startHarness({ NODE_OPTIONS: `--import=${loader}` })
  point = join(harness.ccr.home, 'point')
  written = join(harness.ccr.home, 'written')
  for (const file of [point, written]) writeFileSync(file, '')
  await harness.ccr.configure({
    Providers: [{ name: 'demo' }],
    Prices: { demo: { input: 1, output: 1 } },
  })
})
afterEach(() => harness.remove())

const env = (): Record<string, string> => ({ FAULTS_POINT: point, FAULTS_WRITTEN: written })

/** How many of so many requests were answered. */
async function answered(count: number): Promise<number> {
  const { port, record } = await harness.view('demo,x')
  const baseUrl = `http://127.0.0.1:${String(port)}`
  const session = { sessionId: '', port: port ?? 0, pid: 0, token: record.token, baseUrl }
  const client = messagesClient(session, 'any')
  const requests = Array.from({ length: count }, () => client.post().then(({ status }) => status))
  const ended = await Promise.allSettled(requests)
  return ended.filter((one) => one.status === 'fulfilled' && one.value === 200).length
}

/** Looks with another process's eyes: nothing of it is mended by looking. */
async function kept(): Promise<Row> {
  const store = createStore({ home: harness.ccr.ccrHome })
  try {
    return await store.read((db) => ({
      ...db.prepare('PRAGMA integrity_check').get(),
      ...db.prepare('SELECT count(*) AS rows, total(cost) AS cost FROM request').get(),
      ...db.prepare('SELECT total(usd) AS spent FROM spend').get(),
    }))
  } finally {
    store.close()
  }
}

/** Rows of the batches whose transaction had ended. */
const committed = (): number =>
  readFileSync(written, 'utf8')
    .trimEnd()
    .split('\n')
    .reduce((sum, line) => sum + Number(line), 0)

/** The rows of these batches and no other, whole, with the sums that budgets look at. */
async function isWhole(rows: number): Promise<void> {
  const found = await kept()
  expect(found).toMatchObject({ integrity_check: 'ok', rows })
  expect(found['cost']).toBeGreaterThan(0)
  expect(found['spent']).toBeCloseTo(Number(found['cost']), 12)
}

test.each(['row', 'commit', 'committed'])(
  'a daemon that is killed in the middle of a batch (%s) loses no more than that',
  async (where) => {
    await harness.succeed('start', 'demo,x', { env: env() })
    const pid = (await harness.view('demo,x')).pid ?? 0
    let all = await answered(AT_ONCE)
    expect(all).toBe(AT_ONCE)
    await vi.waitFor(() => expect(committed()).toBe(AT_ONCE), PATIENCE)

    writeFileSync(point, where)
    const isGone = (): boolean => processStart(pid) === null
    do {
      all += await answered(AT_ONCE)
      // On a slow machine each of them may have had a batch of its own.
      await vi.waitUntil(() => isGone() || committed() === all, PATIENCE)
    } while (!isGone())
    const rows = committed()
    await isWhole(rows)
    expect(rows).toBeGreaterThanOrEqual(where === 'committed' ? AT_ONCE + 2 : AT_ONCE)
    expect(rows).toBeLessThanOrEqual(all)

    writeFileSync(point, '')
    await harness.succeed('start', 'demo,x', { env: env() })
    expect(await answered(1)).toBe(1)
    await harness.succeed('stop', 'demo,x')
    await isWhole(rows + 1)
    expect(readFileSync(harness.file('demo,x', 'router.log'), 'utf8')).not.toContain('damaged')
    const files = readdirSync(join(harness.ccr.ccrHome, 'usage'))
    expect(files.filter((name) => !/-(wal|shm|journal)$/.test(name))).toHaveLength(1)
    await settled(harness, new Map())
  },
)
