import { describe, expect, it } from 'vitest'
import { agentRecord, runRecord } from '../../../../../test/support/agent-runs.ts'
import { runJson, runText } from './report.ts'

const plain = (_: unknown, text: string): string => text
const look = { paint: plain, width: null }

const PASSED = { code: 0, timedOut: false, ms: 10, output: '' }
const FAILED = { ...PASSED, code: 1 }
const good = { state: 'done', verified: PASSED } as const
const bad = { state: 'done', verified: FAILED } as const
const late = { state: 'timeout', error: 'not over after 1 s', verified: null } as const

type Model = Parameters<typeof agentRecord>[1]
const runOf = (models: readonly Model[], more: Parameters<typeof runRecord>[1] = {}) =>
  runRecord(
    models.map((model, n) => agentRecord('ABCDE'[n] ?? '', model)),
    more,
  )
const ranked = (...letters: string[]) => ({
  verdict: {
    judge: 'j',
    ranking: letters.map((letter) => ({ letter, name: '', reason: '' })),
    error: null,
    costUsd: null,
  },
})

describe('what to type next', () => {
  it.each([
    ['the first that passed', [bad, good, good], {}, 'B'],
    ['the first where nothing was verified', [{}, {}], {}, 'A'],
    ['the judge’s first', [good, good], ranked('B', 'A'), 'B'],
    ['the judge’s best that passed', [good, bad, good], ranked('B', 'C', 'A'), 'C'],
    ['one that the judge did not rank, where no ranked one passed', [good, bad], ranked('B'), 'A'],
    ['none that is not whole', [late, good], ranked('A', 'B'), 'B'],
    ['none that changed nothing', [{ ...good, files: [] }, good], ranked('A', 'B'), 'B'],
  ] as const)('applies %s', (_, models, more, letter) => {
    const run = runOf(models, more)
    const text = runText(run, look)
    expect([...text.matchAll(/compare apply (\w+)/g)].map(([, name]) => name)).toEqual([letter])
    expect(runJson(run)).toMatchObject({ suggested: letter })
  })

  it.each([
    ['none passed --verify', [bad, { state: 'done', verified: { ...FAILED, timedOut: true } }]],
    ['none passed --verify', [bad, late]],
    ['no agent finished', [late, { state: 'failed', error: 'x' }]],
    [
      'no model changed anything',
      [
        { ...good, files: [] },
        { ...good, files: [] },
      ],
    ],
    ['the ones that passed changed nothing', [{ ...good, files: [] }, bad]],
  ] as const)('names no work to apply: %s', (why, models) => {
    const run = runOf(models, ranked('A', 'B'))
    const text = runText(run, look)
    expect(text).not.toMatch(/compare apply/)
    expect(text).toContain(`Nothing to apply: ${why}.`)
    expect(runJson(run)).toMatchObject({ suggested: null })
  })

  it('names the run where it is not the last of its repository', () => {
    const text = runText(runOf([good, good]), look, false)
    expect(text).toContain('ccr compare show abc123 ')
    expect(text).toContain('ccr compare diff A B --run abc123 ')
    expect(text).toContain('ccr compare apply A --run abc123 ')
    expect(text).toContain('ccr compare clean abc123 ')
  })
})

describe('the spread of the agents of a model', () => {
  const sample = (letter: string, preference: string, more: Model) =>
    agentRecord(letter, { preference, name: `${preference} #1`, sample: 1, ...more })
  const files = (added: number) => [{ path: 'a.txt', added, deleted: 1 }]
  const run = runRecord([
    sample('A', 'x', { ...good, ms: 10_000, costUsd: 0.1, files: files(1) }),
    sample('B', 'x', { ...bad, ms: 30_000, costUsd: 0.3, files: files(9) }),
    sample('C', 'x', { ...late, ms: 99_000, costUsd: 9, files: [] }),
    sample('D', 'y', { ...good, ms: 20_000, files: files(4) }),
  ])

  it('counts the finished ones, and those that passed', () => {
    const [, spread] = runText(run, look).split('\n\n')
    expect(spread?.split('\n').map((line) => line.split(/ {2,}/))).toEqual([
      ['Spread (minimum–median–maximum):'],
      ['MODEL', 'DONE', 'PASSED', 'LINES', 'TURNS', 'OUT', 'COST', 'TIME'],
      ['x', '2/3', '1/3', '2–6–10', '3', 'unknown', '$0.1000–0.2000–0.3000', '10.0–20.0–30.0 s'],
      ['y', '1/1', '1/1', '5', '3', 'unknown', 'unknown', '20.0 s'],
    ])
  })

  it('is there for scripts, with or without several', () => {
    expect(runJson(run)).toMatchObject({
      models: [{ model: 'x', name: 'x #1', sample: 1 }, {}, {}, {}],
      spread: [
        { model: 'x', letters: ['A', 'B', 'C'], samples: 3, done: 2, passed: 1 },
        { model: 'y', letters: ['D'], done: 1, passed: 1, lines: { min: 5, max: 5 } },
      ],
    })
    expect(runJson(runOf([{}, {}]))).toMatchObject({ spread: [{ passed: null }, {}] })
    expect(runText(runOf([{}, {}]), look)).not.toContain('Spread')
  })
})
