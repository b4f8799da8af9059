import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { requestRow } from '../../../../test/support/usage-rows.ts'
import { createLedger } from '../../../store/ledger.ts'
import { createStore } from '../../../store/store.ts'
import { command } from './usage.ts'
import { usageCsv } from './csv.ts'
import { spanOf } from './span.ts'
import { docsPage } from '../../../lib/docs.ts'

let home: string
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'ccr-usage-'))
})
afterEach(() => rmSync(home, { recursive: true, force: true }))

async function fill(): Promise<void> {
  const store = createStore({ home })
  const ledger = createLedger({ store, onTrouble: () => undefined, keepDays: () => 0 })
  const at = Date.now()
  ledger.add(requestRow({ at, model: 'small' }))
  ledger.add(requestRow({ at, model: 'big', cost: 1.5, cacheRead: 900 }))
  ledger.add(requestRow({ at, model: 'own', cost: null, outcome: 'error' }))
  await ledger.close()
}

async function run(args: readonly string[], columns = 60): Promise<string> {
  let text = ''
  const stdout = { write: (part: string) => (text += part), columns, isTTY: true }
  await command.run(args, { env: { CCR_HOME: home, NO_COLOR: '1' }, stdout, stderr: stdout })
  return text
}

describe('ccr usage', () => {
  it('says so when there is nothing', async () => {
    expect(await run([])).toContain('No requests in this period')
    expect(JSON.parse(await run(['--json']))).toMatchObject({ groups: [], total: { requests: 0 } })
  })

  it('shows the dearest first, sums, and what has no price', async () => {
    await fill()
    expect((await run([])).split('\n')).toEqual([
      'model    requests  input  output  cached     cost',
      'p,big           1   1000      10     900    $1.50',
      'p,small         1    100      10       0  $0.0100',
      'p,own           1    100      10       0  unknown',
      'total           3   1200      30     900   $1.51+',
      '',
      '1 request failed.',
      `1 request without a known price, not included in costs: see Prices in ${docsPage('configuration.md')}`,
      '',
    ])
  })

  it.each([
    ['requests', ['p,big', 'p,small', 'p,own']],
    ['tokens', ['p,big', 'p,small', 'p,own']],
    ['model', ['p,big', 'p,own', 'p,small']],
    ['first-token', ['p,own', 'p,small', 'p,big']],
    ['time', ['p,own', 'p,small', 'p,big']],
    ['speed', ['p,small', 'p,big', 'p,own']],
  ])('--sort %s, in the table, as JSON and as CSV', async (word, order) => {
    const store = createStore({ home })
    const ledger = createLedger({ store, onTrouble: () => undefined, keepDays: () => 0 })
    const at = Date.now()
    const times = { ttftMs: 300, tokensPerSecond: 5 }
    ledger.add(requestRow({ at: at - 9, model: 'big', cost: 1.5, input: 900, ...times }))
    ledger.add(requestRow({ at: at - 5, model: 'small', ttftMs: 200, tokensPerSecond: 50 }))
    ledger.add(requestRow({ at, model: 'own', cost: null, ttftMs: 100, tokensPerSecond: null }))
    if (word === 'requests') ledger.add(requestRow({ at: at - 9, model: 'big' }))
    await ledger.close()
    const rows = (await run(['--sort', word])).split('\n').slice(1, 4)
    expect(rows.map((row) => row.split(' ')[0])).toEqual(order)
    const { groups } = JSON.parse(await run(['--sort', word, '--json'])) as {
      groups: { key: string }[]
    }
    expect(groups.map(({ key }) => key)).toEqual(order)
    const csv = (await run(['--sort', word, '--csv'])).split('\r\n').slice(1, 4)
    expect(csv.map((row) => /^"([^"]*)"/.exec(row)?.[1])).toEqual(order)
  })

  it('--sort takes the word of --by, and names one that it does not know', async () => {
    await fill()
    expect(await run(['--by', 'session', '--sort', 'session'])).toContain('session')
    await expect(run(['--sort', 'price'])).rejects.toMatchObject({
      message: 'ccr usage: --sort price is unknown.',
      hint: expect.stringContaining('cost, requests, tokens') as string,
    })
  })

  it('draws bars where there is room', async () => {
    await fill()
    expect(await run([], 120)).toContain('████████████████')
  })

  it('gives JSON and CSV', async () => {
    await fill()
    const report = JSON.parse(await run(['--by', 'provider', '--json'])) as object
    expect(report).toMatchObject({
      by: 'provider',
      groups: [{ key: 'p', requests: 3, unpriced: 1 }],
    })
    const [head, first] = (await run(['--csv'])).split('\r\n')
    expect(head).toMatch(/^model,requests,errors/)
    expect(first).toMatch(/^"p,big",1,0,0,100,10,900,0,0,1\.5,0,50,100,150$/)
  })

  it('hands a spreadsheet no formula', () => {
    const group = { key: '=HYPERLINK("x")', from: 0, to: 0 } as never
    expect(usageCsv('model', [group])).toContain('"\'=HYPERLINK(""x"")"')
  })

  it('refuses what it does not know', async () => {
    await expect(run(['--by', 'colour'])).rejects.toThrow('--by colour is unknown')
    await expect(run(['--since', 'soon'])).rejects.toThrow('--since soon is not a time')
  })

  const NOW = new Date(2026, 10, 25, 12, 30).getTime()
  it.each([
    ['7d', NOW - 7 * 86_400_000],
    ['90m', NOW - 90 * 60_000],
    ['today', new Date(2026, 10, 25).getTime()],
    ['yesterday', new Date(2026, 10, 24).getTime()],
    ['2026-11-01', new Date(2026, 10, 1).getTime()],
    ['2026-11-01T10:00:00Z', Date.UTC(2026, 10, 1, 10)],
    ['all', 0],
  ])('takes %s for a time', (written, ms) => {
    expect(spanOf('--since', written, NOW)).toBe(ms)
  })
})
