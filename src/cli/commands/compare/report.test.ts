import { describe, expect, it } from 'vitest'
import { EMPTY, type Outcome } from './answer.ts'
import { markdown, resultTables } from './report.ts'
import { type Result, spreadJson } from './result.ts'

const plain = { paint: (_: unknown, text: string) => text, width: null }

function result(letter: string, preference: string, totalMs: number, outcome: Outcome): Result {
  const output = totalMs / 10
  const usage = { input: 9, output, cacheRead: 0, cacheWrite5m: 0, cacheWrite1h: 0 }
  const good = outcome === 'answered'
  return {
    ...{ letter, preference, name: `${preference} #1`, sample: 1, label: letter },
    ...{ means: 'p,m', sessionId: 'x', cost: { usd: output / 100, source: 'c', priceDate: null } },
    answer: {
      ...{ ...EMPTY, text: 'a|b', firstTokenMs: totalMs / 2, usage: good ? usage : null },
      ...{ outcome, error: good ? null : 'why', totalMs, model: null, stopReason: 'end_turn' },
    },
  }
}

const RESULTS = [
  result('A', 'x', 100, 'answered'),
  result('B', 'x', 900, 'timeout'),
  result('C', 'x', 300, 'answered'),
  result('D', 'y', 200, 'answered'),
]

describe('the table of several samples', () => {
  it('has a row for each, and the spread of the complete ones of each model', () => {
    const [rows, spread] = resultTables(RESULTS, plain).split('\n\n')
    expect(rows?.split('\n')).toHaveLength(5)
    expect(spread?.split('\n').map((line) => line.split(/ {2,}/))).toEqual([
      ['Spread (minimum–median–maximum):'],
      ['MODEL', 'ANSWERED', 'FIRST TOKEN', 'TOTAL', 'OUT', 'COST'],
      ['x', '2/3', '50–100–150 ms', '100–200–300 ms', '10–20–30', '$0.1000–0.2000–0.3000'],
      ['y', '1/1', '100 ms', '200 ms', '20', '$0.2000'],
      [''],
    ])
  })

  it('has no spread where each model has one', () => {
    expect(resultTables(RESULTS.slice(2), plain)).not.toContain('Spread')
    expect(markdown('p', RESULTS.slice(2), null)).not.toContain('Spread')
  })

  it('has the spread in Markdown too', () => {
    expect(markdown('p', RESULTS, null)).toContain(
      '| x | 2/3 | 50–100–150 ms | 100–200–300 ms | 10–20–30 | $0.1000–0.2000–0.3000 |',
    )
  })

  it('has the spread for scripts, null where nothing is known', () => {
    expect(spreadJson([RESULTS[1]!, ...RESULTS.slice(3)])).toMatchObject([
      { model: 'x', letters: ['B'], samples: 1, answered: 0, totalMs: null, costUsd: null },
      { model: 'y', letters: ['D'], totalMs: { min: 200, median: 200, max: 200, known: 1 } },
    ])
  })
})
