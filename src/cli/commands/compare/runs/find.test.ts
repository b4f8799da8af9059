import { describe, expect, it } from 'vitest'
import { agentRecord, runRecord } from '../../../../../test/support/agent-runs.ts'
import { findModel } from './find.ts'

const sample = (letter: string, n: number) =>
  agentRecord(letter, {
    ...{ preference: 'p,gpt', name: `p,gpt #${n}`, sample: n, label: `gpt-${n}` },
  })
const run = runRecord([
  sample('A', 1),
  sample('B', 2),
  agentRecord('C', { preference: 'gpt-1', name: 'gpt-1', label: 'gpt-1-2' }),
])

describe('a sample of a run', () => {
  it.each([
    ['B', 'B'],
    ['b', 'B'],
    ['p,gpt #2', 'B'],
    ['P,GPT #1', 'A'],
    ['gpt-2', 'B'],
    ['gpt-1', 'C'],
    ['gpt-1-2', 'C'],
  ])('is found by %j', (name, letter) => {
    expect(findModel(run, name).letter).toBe(letter)
  })

  it('is not guessed where a model has several', () => {
    expect(() => findModel(run, 'p,gpt')).toThrow('run abc123 has several samples of p,gpt: A, B.')
    expect(() => findModel(run, 'P,GPT')).toThrow('several samples')
  })

  it('of a model named twice in an older run is the first', () => {
    const older = runRecord([agentRecord('A', { name: 'x' }), agentRecord('B', { name: 'x' })])
    expect(findModel(older, 'x').letter).toBe('A')
  })
})
