import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { editDistance, suggest } from './suggest.ts'

const COMMANDS = ['start', 'stop', 'restart', 'status', 'sessions', 'code', 'demo']

describe('suggest', () => {
  it.each([
    ['stauts', 'status'],
    ['sttart', 'start'],
    ['strat', 'start'],
    ['sesions', 'sessions'],
    ['Sessions', 'sessions'],
    ['sess', 'sessions'],
    ['cod', 'code'],
    ['demmo', 'demo'],
    [' stop ', 'stop'],
  ])('takes %j for a slip of %j', (word, command) => {
    expect(suggest(word, COMMANDS)[0]).toBe(command)
  })

  it.each(['', '   ', 'frobnicate', 'x', '--help', 'a'.repeat(100_000)])(
    'proposes nothing for a word that is near to none: %.12j',
    (word) => {
      expect(suggest(word, COMMANDS)).toEqual([])
    },
  )

  it('puts the nearest first, keeps the order of equals, and stops at the limit', () => {
    expect(suggest('gpt-4', ['gpt-5', 'gpt-4o', 'gpt-41', 'gpt-3'], 2)).toEqual(['gpt-5', 'gpt-4o'])
    expect(suggest('gpt-44', ['gpt-5', 'gpt-4'])).toEqual(['gpt-4', 'gpt-5'])
  })

  it('names a candidate once', () => {
    expect(suggest('stat', ['start', 'start'])).toEqual(['start'])
  })
})

describe('editDistance', () => {
  it.each([
    ['', '', 0],
    ['', 'abc', 3],
    ['kitten', 'sitting', 3],
    ['status', 'stauts', 1],
    ['openrouter', 'opnrouter', 1],
  ])('from %j to %j is %i', (from, to, distance) => {
    expect(editDistance(from, to)).toBe(distance)
  })

  it('is the same both ways, 0 only for equal words, and never more than the longer word', () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 20 }), fc.string({ maxLength: 20 }), (a, b) => {
        const distance = editDistance(a, b)
        expect(distance).toBe(editDistance(b, a))
        expect(distance === 0).toBe(a === b)
        expect(distance).toBeLessThanOrEqual(Math.max(a.length, b.length))
      }),
    )
  })
})
