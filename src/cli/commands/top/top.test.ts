import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { requestRow } from '../../../../test/support/usage-rows.ts'
import { createLedger } from '../../../store/ledger.ts'
import { createStore } from '../../../store/store.ts'
import { command } from './top.ts'
import type { TopSnapshot, TopSession } from './snapshot.ts'
import { topText } from './text.ts'

const plain = (_: unknown, text: string): string => text

const SESSION: TopSession = {
  sessionId: 'a3f2d8e1',
  modelPreference: 'fast',
  model: 'p,m',
  state: 'running',
  clients: 2,
  running: 1,
  requests: 3,
  input: 12_345,
  output: 678,
  cost: 1.5,
  unpriced: 0,
  tokensPerSecond: 41.26,
}

const lines = (
  sessions: readonly Partial<TopSession>[],
  more: Partial<TopSnapshot> = {},
): string[] => {
  const whole = sessions.map((session) => ({ ...SESSION, ...session }))
  return topText(
    { sessions: whole, costToday: null, trouble: null, faults: [], ...more },
    { paint: plain, width: null },
  ).split('\n')
}

describe('the table of ccr top', () => {
  it('has a line for each session, with what it took today', () => {
    expect(lines([{}], { costToday: 2.25 })).toEqual([
      'session   model  running  clients  requests  input  output  tokens/s  cost today',
      'a3f2d8e1  p,m          1        2         3  12.3K     678      41.3       $1.50',
      '',
      'All sessions today: $2.25',
      '',
    ])
  })

  it('shows what is not known as such, never as nothing', () => {
    const unknown = { clients: null, running: null, tokensPerSecond: null, cost: null }
    const [, line] = lines([{ ...unknown, state: 'unresponsive' }])
    expect(line).toBe(
      'a3f2d8e1  p,m    unresponsive        -         3  12.3K     678         -           -',
    )
  })

  it('marks a cost that lacks requests without a price, and one of nothing', () => {
    expect(lines([{ unpriced: 2 }])[1]).toMatch(/ \$1\.50\+$/)
    expect(lines([{ cost: 0 }])[1]).toMatch(/ \$0$/)
  })

  it('names a session without a model by its preference, without power over a terminal', () => {
    expect(lines([{ model: null }])[1]).toMatch(/^a3f2d8e1 {2}fast /)
    expect(lines([{ model: null, modelPreference: '' }])[1]).toMatch(/^a3f2d8e1 {2}default /)
    expect(lines([{ model: 'p,\u001b[2Jm' }]).join('\n')).not.toContain('\u001b')
  })

  it('says so when nobody is there, and why there are no figures', () => {
    expect(lines([], { costToday: 0.5, trouble: 'the disk is full' })).toEqual([
      'No active sessions.',
      '',
      'All sessions today: $0.5000',
      '',
      'No figures for today: the disk is full',
      '',
    ])
  })
})

describe('ccr top in a pipe', () => {
  let home: string
  beforeEach(() => {
    home = mkdtempSync(join(tmpdir(), 'ccr-top-'))
  })
  afterEach(() => rmSync(home, { recursive: true, force: true }))

  const run = async (args: readonly string[] = []): Promise<string> => {
    let text = ''
    const stdout = { write: (part: string) => (text += part), columns: 100 }
    await command.run(args, { env: { CCR_HOME: home }, stdout, stderr: stdout })
    return text
  }

  it('looks once, also where there was never a session', async () => {
    expect(await run()).toBe('No active sessions.\n')
    expect(JSON.parse(await run(['--json']))).toEqual({
      sessions: [],
      costToday: null,
      trouble: null,
      faults: [],
    })
  })

  it('has the cost of sessions that are stopped, of today alone', async () => {
    const store = createStore({ home })
    const ledger = createLedger({ store, onTrouble: () => undefined, keepDays: () => 0 })
    const at = Date.now()
    ledger.add(requestRow({ at, cost: 0.75, priceSource: 'provider' }))
    ledger.add(requestRow({ at, session: 'other', cost: 1.5 }))
    ledger.add(requestRow({ at: at - 2 * 86_400_000, cost: 100 }))
    await ledger.close()
    expect(await run()).toBe('No active sessions.\n\nAll sessions today: $2.25\n')
  })

  it('says what is wrong with the database instead of failing', async () => {
    const store = createStore({ home })
    await store.write((db) => db.exec('PRAGMA user_version = 99900'))
    store.close()
    expect(await run()).toContain('\nNo figures for today: usage.db was written by a newer ccr')
  })
})
