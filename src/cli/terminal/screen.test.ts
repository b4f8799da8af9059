import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import type { Output } from '../command.ts'
import { canDraw, openScreen } from './screen.ts'

beforeEach(() => vi.useFakeTimers())
afterEach(() => vi.useRealTimers())

const CSI = '\u001b['

function terminal() {
  let written = ''
  const listeners = new Set<() => void>()
  const out: Output & { columns: number; rows: number } = {
    isTTY: true,
    columns: 40,
    rows: 10,
    write: (text) => (written += text),
    on: (_, listener) => listeners.add(listener),
    off: (_, listener) => listeners.delete(listener),
  }
  return {
    out,
    listeners,
    taken: () => {
      const text = written
      written = ''
      return text
    },
    resize: (columns: number) => {
      out.columns = columns
      for (const listener of listeners) listener()
    },
  }
}

it('writes only the lines that changed, and everything after a change of size', () => {
  const { out, taken, resize, listeners } = terminal()
  let lines = ['one', 'two']
  const screen = openScreen(out, ({ columns }) => [...lines, `width ${columns}`])
  expect(taken()).toContain('one')
  vi.advanceTimersByTime(1000)
  expect(taken()).toBe('')
  lines = ['one', 'TWO']
  vi.advanceTimersByTime(1000)
  const changed = taken()
  expect(changed).toContain(`${CSI}2;1HTWO`)
  expect(changed).not.toContain('one')
  resize(30)
  expect(taken()).toMatch(/2J.*one.*TWO.*width 30/s)
  screen.close()
  expect(taken()).toBe(`${CSI}?25h${CSI}?1049l`)
  expect(listeners.size).toBe(0)
  screen.close()
  vi.advanceTimersByTime(1000)
  expect(taken()).toBe('')
})

it('is for terminals that can move the cursor', () => {
  const { out } = terminal()
  expect(canDraw(out, {})).toBe(true)
  expect(canDraw(out, { TERM: 'dumb' })).toBe(false)
  expect(canDraw({ write: () => true }, {})).toBe(false)
})
