import { describe, expect, it } from 'vitest'
import { widthOf } from '../../../lib/width.ts'
import { type Panel, screenful, wholePanels } from './columns.ts'

const plain = (_: string, text: string): string => text
const panel = (title: string, text: string, progress = `${title} runs`): Panel => ({
  title,
  text,
  progress,
})
const LONG = Array.from({ length: 50 }, (_, n) => `line ${n}`).join('\n')

describe('answers on a terminal', () => {
  it('stand side by side, wrapped by the width of their letters', () => {
    const text = wholePanels([panel('A', '日本語 '.repeat(20)), panel('B', 'short')], 80, plain)
    const lines = text.trimEnd().split('\n')
    expect(lines[0]).toMatch(/^A +│ B$/)
    const bars = lines.slice(2).map((line) => widthOf(line.slice(0, line.indexOf('│'))))
    expect(new Set(bars)).toEqual(new Set([39]))
    expect(text.match(/日本語/g)).toHaveLength(20)
  })

  it('stand below each other where there is no room, each whole under its heading', () => {
    const text = wholePanels([panel('A', 'one\ntwo\n\n'), panel('B', 'three')], 60, plain)
    expect(text).toBe('== A ==\none\ntwo\n\n== B ==\nthree\n')
  })

  it('cannot write over the terminal', () => {
    const text = wholePanels([panel('A', 'x\u001b[2J'), panel('B', '\u009b1m')], 100, plain)
    expect(text).not.toMatch(/(?!\n)\p{Cc}/u)
    expect(text).toContain('x␛[2J')
  })

  it.each([
    [100, 30],
    [40, 30],
    [40, 8],
    [20, 4],
    [100, 3],
    [10, 1],
  ])('a screen of %d x %d holds the ends of all and never more lines than it has', (c, r) => {
    const frame = screenful([panel('A', LONG), panel('B', 'x'.repeat(3000))], size(c, r), plain)
    expect(frame.length).toBeLessThanOrEqual(r)
    for (const line of frame) expect(widthOf(line)).toBeLessThanOrEqual(c)
    expect(frame.at(-1)).toBe('B runs')
    if (r >= 8) expect(frame.join('\n')).toContain('line 49')
  })
})

const size = (columns: number, rows: number) => ({ columns, rows })
