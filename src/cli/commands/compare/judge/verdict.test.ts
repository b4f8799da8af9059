import { describe, expect, it } from 'vitest'
import { bestText, modelRanks, rankGroups, type Verdict, verdictText } from './verdict.ts'

const plain = (_: unknown, text: string): string => text

/** A verdict on samples such as `A:gpt`, ranked as `B 1`. */
function verdictOf(samples: string, ranking: string): Verdict {
  const all = samples.split(' ').map((text) => {
    const [letter = '', preference = ''] = text.split(':')
    return { letter, preference }
  })
  const ranked = ranking.split(', ').map((text) => {
    const [letter = '', rank] = text.split(' ')
    return { letter, name: `${letter.toLowerCase()} model`, reason: 'good', rank: Number(rank) }
  })
  return {
    judge: 'j',
    ranking: ranked,
    models: modelRanks(ranked, all),
    error: null,
    costUsd: null,
  }
}

describe('the mean rank of a model', () => {
  it('is that of its answers, the best model first', () => {
    const { models } = verdictOf('A:x B:x C:y', 'C 1, A 2, B 3')
    expect(models).toEqual([
      { model: 'y', meanRank: 1, ranked: 1, samples: 1 },
      { model: 'x', meanRank: 2.5, ranked: 2, samples: 2 },
    ])
  })

  it('says how many of its samples were ranked; a model without any has none', () => {
    const { models } = verdictOf('A:x B:x C:y D:z', 'C 1, A 2')
    expect(models).toEqual([
      { model: 'y', meanRank: 1, ranked: 1, samples: 1 },
      { model: 'x', meanRank: 2, ranked: 1, samples: 2 },
    ])
  })
})

describe('the verdict in words', () => {
  it('names the best answer and the best model', () => {
    const text = verdictText(verdictOf('A:x B:x C:y D:x', 'A 1, C 2, B 3'), plain)
    expect(text).toBe(
      'Judged blind by j (cost unknown):\n' +
        '  1. A a model: good\n  2. C c model: good\n  3. B b model: good\n' +
        'Mean rank:\n   2.0  x (2 of 3 ranked)\n   2.0  y\n' +
        'Best answer: A a model. No best model by mean rank: x and y are equal.\n',
    )
    expect(bestText(verdictOf('A:x B:x C:y', 'C 1, A 2, B 3'))).toBe(
      'Best answer: C c model. Best model by mean rank: y.',
    )
  })

  it('has identical answers on one line', () => {
    const verdict = verdictOf('A:x B:x C:y', 'A 1.5, B 1.5, C 3')
    expect(rankGroups(verdict)).toEqual([
      { ranks: '1–2', names: 'A, B (identical)', reason: 'good' },
      { ranks: '3', names: 'C c model', reason: 'good' },
    ])
  })

  it('has no mean rank where each model has one answer, or there is one model', () => {
    expect(verdictText(verdictOf('A:x B:y', 'B 1, A 2'), plain)).not.toMatch(/Mean|Best/)
    expect(verdictText(verdictOf('A:x B:x', 'B 1, A 2'), plain)).not.toMatch(/Mean|Best/)
  })

  it('of an older run, without ranks, is shown by position', () => {
    const ranking = ['B', 'A'].map((letter) => ({ letter, name: 'm', reason: 'r' }))
    const older: Verdict = { judge: 'j', ranking, error: null, costUsd: null }
    expect(verdictText(older, plain)).toContain('  1. B m: r\n  2. A m: r\n')
  })
})
