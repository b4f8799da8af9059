import { describe, expect, it } from 'vitest'
import { widthOf } from '../../lib/width.ts'
import { budgetText } from '../commands/budget/text.ts'
import { commandHelp, overview } from '../help.ts'
import { modelsText } from '../commands/models/text.ts'
import { type TableStyle, table } from './table.ts'
import { command as topCommand } from '../commands/top/top.ts'
import { topText } from '../commands/top/text.ts'
import { usageText } from '../commands/usage/text.ts'
import { resultTables } from '../commands/compare/report.ts'
import { runTables } from '../commands/compare/agent/report.ts'
import type { Result } from '../commands/compare/result.ts'
import type { RunRecord } from '../commands/compare/agent/record.ts'

const MODEL = 'openrouter,anthropic/claude-sonnet-4-5-20250929-with-a-very-long-name:thinking'
const WIDE = 'openrouter,模型模型模型模型模型模型模型模型模型模型模型模型模型模型模型'

const at = (width: number | null): TableStyle => ({ paint: (_, text) => text, width })

const SESSION = {
  ...{ sessionId: 'a3f2d8e1', modelPreference: 'fast', model: MODEL, state: 'running' },
  ...{ clients: 2, running: 1, requests: 30, input: 12_345, output: 678, cost: 1.5 },
  ...{ unpriced: 0, tokensPerSecond: 41.26 },
}

const SUM = {
  ...{ requests: 1234, errors: 0, aborted: 0, input: 123_456, output: 7890, cacheRead: 45_678 },
  ...{ cacheWrite: 0, reasoning: 0, cost: 12.5, unpriced: 1, ttftMs: 1234, tokensPerSecond: 41.2 },
  durationMs: 1000,
}

const GROUPS = [MODEL, WIDE].map((key) => ({ ...SUM, key, from: 0, to: 1 }))

const RESULT = {
  ...{ letter: 'A', name: MODEL, preference: MODEL, cost: { usd: 0.0123 } },
  answer: {
    ...{ usage: { input: 1000, output: 2000 }, firstTokenMs: 340, totalMs: 12_300 },
    ...{ outcome: 'answered', stopReason: 'end_turn' },
  },
} as unknown as Result

const RUN = {
  models: [
    {
      ...{ letter: 'A', name: MODEL, preference: MODEL, state: 'done', files: [], usage: null },
      ...{ ms: 12_300, turns: 3, tools: 4, verified: null, error: null, costUsd: null },
    },
  ],
} as unknown as RunRecord

const CONFIGURED = {
  ...{ provider: 'openrouter', model: MODEL.slice(11), contextWindow: 200_000, price: null },
  ...{ routes: ['default', 'background', 'think', 'longContext'], sessions: ['a3f2d8e1'] },
  missing: [],
}

const TABLES: Readonly<Record<string, (style: TableStyle) => string>> = {
  'ccr top': (style) =>
    topText(
      {
        sessions: [SESSION, { ...SESSION, model: WIDE, state: 'unresponsive', running: null }],
        costToday: 2,
        trouble: null,
        faults: [],
      },
      style,
    ),
  'ccr usage': (style) =>
    usageText(
      { by: 'model', span: { since: 0, until: 1 }, groups: GROUPS, total: { ...SUM, unpriced: 0 } },
      style,
    ),
  'ccr models': (style) => modelsText([CONFIGURED as never], style),
  'ccr budget': (style) =>
    budgetText(
      [
        {
          name: `of ${MODEL} in the month`,
          spent: 12.5,
          held: 0.25,
          limit: 20,
          state: 'warning',
          unpriced: 0,
        } as never,
      ],
      style,
    ),
  'ccr compare': (style) => resultTables([RESULT], style),
  'ccr compare -m MODEL*2': (style) => resultTables([RESULT, { ...RESULT, letter: 'B' }], style),
  'ccr compare --agent': (style) => runTables(RUN, style),
  'ccr compare --agent -m MODEL*2': (style) =>
    runTables({ ...RUN, models: [...RUN.models, ...RUN.models] }, style),
}

const linesOf = (text: string): string[] => text.trimEnd().split('\n')

describe.each(Object.entries(TABLES))('the table of %s', (_, draw) => {
  it.each([40, 80, 100])('has no line wider than a terminal of %i columns', (width) => {
    for (const line of linesOf(draw(at(width)))) expect(widthOf(line)).toBeLessThanOrEqual(width)
  })

  it.each([40, 80, 100])('cuts a long name in the middle at %i columns', (width) => {
    expect(draw(at(width))).toMatch(/(openrou|of open|open)\S*…/)
  })

  it('has everything whole in a pipe', () => {
    const text = draw(at(null))
    expect(text).toContain(MODEL)
    expect(text).not.toContain('…')
  })
})

describe('a table', () => {
  const COLUMNS = [
    { heading: 'name', cut: 'middle' },
    { heading: 'spent', align: 'end', spare: 1 },
    { heading: 'limit', align: 'end' },
  ] as const
  const ROWS = [
    ['a-name-with-a-head-and-a-tail', '$1', '$20'],
    ['b', '$100.00', '$3'],
  ]

  it('has its headings over its cells, numbers at the end', () => {
    expect(linesOf(table(COLUMNS, ROWS, at(null)))).toEqual([
      'name                             spent  limit',
      'a-name-with-a-head-and-a-tail       $1    $20',
      'b                              $100.00     $3',
    ])
  })

  it('cuts names first, then leaves out what can be spared', () => {
    expect(linesOf(table(COLUMNS, ROWS, at(30)))).toEqual([
      'name              spent  limit',
      'a-name-…a-tail       $1    $20',
      'b               $100.00     $3',
    ])
    expect(linesOf(table(COLUMNS, ROWS, at(24)))).toEqual([
      'name               limit',
      'a-name-w…d-a-tail    $20',
      'b                     $3',
    ])
  })

  it('never breaks a line, however narrow the terminal is', () => {
    for (const line of linesOf(table(COLUMNS, ROWS, at(10)))) {
      expect(widthOf(line)).toBeLessThanOrEqual(10)
    }
  })

  it('colours a cell without counting the colour', () => {
    const paint: TableStyle['paint'] = (colour, text) => `<${colour}>${text}</>`
    const text = table([{ heading: 'a' }, { heading: '' }], [['x', ['red', 'used up']]], {
      paint,
      width: 20,
    })
    expect(linesOf(text)[1]).toBe('x  <red>used up</>')
  })
})

describe('help', () => {
  it.each([40, 80, 100])('has no description wider than %i columns', (width) => {
    const text = overview([topCommand], width) + commandHelp(topCommand, width)
    const shown = linesOf(text).filter((line) => !/^ {2}(ccr|CCR_)/.test(line))
    for (const line of shown) expect(widthOf(line)).toBeLessThanOrEqual(width)
  })
})
