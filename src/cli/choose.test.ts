import { describe, expect, it } from 'vitest'
import type { Key, ListState } from './choose.ts'
import { press, screen } from './choose.ts'

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

  it('says so when nothing fits', () => {
    expect(screen('Model', { ...START, filter: 'zzz' }, 80, plain)).toContain('  nothing fits')
  })
})
