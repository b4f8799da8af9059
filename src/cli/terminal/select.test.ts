import { describe, expect, it } from 'vitest'
import { type Key, type ListState, numbered, press, screen } from './select.ts'
import { widthOf } from '../../lib/width.ts'

const START: ListState = { rows: ['alpha', 'beta', 'gamma', 'alphabet'], filter: '', at: 0 }
const plain = (_: unknown, text: string): string => text

/** Presses keys one after the other; a string is typed. */
function after(keys: readonly (string | Key)[], state = START): ListState | number | null {
  const pressed = keys.flatMap((key): Key[] =>
    typeof key === 'string' ? key.split('').map((name) => ({ name, sequence: name })) : [key],
  )
  for (const key of pressed) {
    const step = press(state, key)
    if ('chosen' in step) return step.chosen
    state = step.state
  }
  return state
}

const DOWN = { name: 'down' }
const UP = { name: 'up' }
const ENTER = { name: 'return' }

describe('a list', () => {
  it.each([
    [[ENTER], 0],
    [[DOWN, DOWN, ENTER], 2],
    [[UP, ENTER], 3],
    [[{ name: 'end' }, DOWN, ENTER], 0],
    [[{ name: 'pagedown' }, ENTER], 3],
    [['gam', ENTER], 2],
    [['ALPHA', DOWN, ENTER], 3],
    [['zzz', ENTER, { name: 'backspace' }, { name: 'backspace' }, { name: 'backspace' }, ENTER], 0],
    [[DOWN, { name: 'escape' }], null],
    [[{ name: 'c', ctrl: true }], null],
  ])('gives for %j %j', (keys, chosen) => {
    expect(after(keys)).toBe(chosen)
  })

  it('keeps the marked row while it fits the filter', () => {
    expect(after([DOWN, DOWN, DOWN, 'alp'])).toEqual({ ...START, filter: 'alp', at: 1 })
  })

  it('shows a page around the marked row, and never a line longer than the terminal', () => {
    const rows = Array.from({ length: 30 }, (_, n) => `model-${n} ${'x'.repeat(100)}`)
    const lines = screen('Model', { rows, filter: '', at: 20 }, 40, plain)
    expect(lines).toHaveLength(12)
    expect(lines[0]).toBe('Model (10 of 30)')
    expect(lines.find((line) => line.startsWith('> '))).toContain('model-20')
    expect(Math.max(...lines.map((line) => line.length))).toBeLessThan(40)
  })

  it('counts cells, not characters, and cuts names in the middle', () => {
    const rows = [
      '大規模言語モデル-超長い名前-とても長い-v3',
      '👩‍👩‍👧‍👦-family-of-models-with-a-long-name-🇩🇪',
    ]
    const lines = screen(
      'モデルを選んでください、どれでもいいです',
      { rows, filter: '', at: 0 },
      30,
      plain,
    )
    expect(Math.max(...lines.map(widthOf))).toBeLessThan(30)
    expect(lines[1]).toMatch(/^> 大規模.*….*v3$/)
    expect(lines[2]).toMatch(/^ {2}👩‍👩‍👧‍👦-family.*….*🇩🇪$/)
  })

  it('is filtered by letters of any alphabet, and by nothing that is no letter', () => {
    const rows = ['alpha', '速い', 'é']
    expect(after(['速', ENTER], { rows, filter: '', at: 0 })).toBe(1)
    expect(after(['é', ENTER], { rows, filter: '', at: 0 })).toBe(2)
    const odd = ['\u0007', '\u001b[5~', '\u202e', '']
    expect(after(odd.map((sequence) => ({ name: 'x', sequence })))).toEqual(START)
  })

  it.each([
    ['', 1],
    ['1', 0],
    [' 3 ', 2],
    ['q', null],
    ['4', undefined],
    ['0', undefined],
    ['x', undefined],
    ['1.5', undefined],
  ])('by number: %j of 3 rows is %j', (line, chosen) => {
    expect(numbered(line, 3, 1)).toBe(chosen)
  })

  it('says so when nothing matches', () => {
    expect(screen('Model', { ...START, filter: 'zzz' }, 80, plain)).toContain('  no match')
  })
})
