import { describe, expect, it } from 'vitest'
import type { Output } from '../command.ts'
import { painter } from './output.ts'
import { coloursOf, control, safeOutput } from './safe-output.ts'

function stream(more: Partial<Output> = {}): { out: Output; written: () => string } {
  let text = ''
  return { out: safeOutput({ write: (part) => (text += part), ...more }), written: () => text }
}

describe('the way out', () => {
  it('escapes what others wrote, and keeps lines and tabs', () => {
    const { out, written } = stream()
    out.write('a\u001b[31mred\u001b]0;t\u0007 \u009b2J\u007f\u202eb\u2066\u200f\r\n\tc\rd\n')
    expect(written()).toBe(
      'a\\u001b[31mred\\u001b]0;t\\u0007 \\u009b2J\\u007f\\u202eb\\u2066\\u200f\r\n\tc\\u000dd\n',
    )
  })

  it('leaves emoji and every script as they are', () => {
    const { out, written } = stream()
    out.write('日本 👩‍👩‍👧 é نیم‌فاصله')
    expect(written()).toBe('日本 👩‍👩‍👧 é نیم‌فاصله')
  })

  it('leaves JSON the same value', () => {
    const { out, written } = stream()
    const value = { text: 'a\u001b\u009b\u202e\u007fé\n' }
    out.write(`${JSON.stringify(value, null, 2)}\n`)
    expect(JSON.parse(written())).toEqual(value)
    expect(written()).not.toMatch(/(?!\n)[\p{Cc}\u202e]/u)
  })

  it('lets the colours of ccr through on a terminal, not those in the text', () => {
    const { out, written } = stream({ isTTY: true })
    out.write(painter(out, {})('red', 'x\u001b[32my'))
    expect(written()).toBe('\u001b[31mx\\u001b[32my\u001b[39m')
  })

  it('lets the sequences of ccr through', () => {
    const { out, written } = stream({ isTTY: true })
    out.write(control(out, '\u001b[?1049h\u001b[2;1H\u001b[J'))
    out.write(coloursOf(out, '\u001b[38;2;1;2;3mx\u001b[0m\u001b[2J'))
    expect(written()).toBe('\u001b[?1049h\u001b[2;1H\u001b[J\u001b[38;2;1;2;3mx\u001b[0m\\u001b[2J')
  })

  it('has the size of its stream, and is made safe once', () => {
    const size = { isTTY: true, columns: 90, rows: 20 }
    const { out } = stream(size)
    expect(out).toMatchObject(size)
    expect(stream().out.columns).toBeUndefined()
    expect(safeOutput(out)).toBe(out)
  })
})
