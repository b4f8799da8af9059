import { describe, expect, it } from 'vitest'
import { duration, json, keyValues, mebibytes, painter } from './output.ts'

const terminal = { write: () => true, isTTY: true }
const pipe = { write: () => true }

describe('colours', () => {
  it.each([
    [terminal, {}, true],
    [pipe, {}, false],
    [terminal, { NO_COLOR: '1' }, false],
    [terminal, { NO_COLOR: '' }, true],
    [terminal, { TERM: 'dumb' }, false],
    [pipe, { FORCE_COLOR: '1' }, true],
    [terminal, { FORCE_COLOR: '0' }, false],
    [terminal, { FORCE_COLOR: '1', NO_COLOR: '1' }, true],
  ])('case %#', (stream, env, coloured) => {
    const text = painter(stream, env)('red', 'x')
    expect(text).toBe(coloured ? '\u001b[31mx\u001b[39m' : 'x')
  })
})

describe('lists', () => {
  it('puts values under each other and leaves out what is unknown', () => {
    const text = keyValues([
      ['ID', 'a3f2d8e1'],
      ['Model', null],
      ['Port', 0],
      ['Reference Count', 2],
    ])
    expect(text).toBe('ID:              a3f2d8e1\nPort:            0\nReference Count: 2\n')
  })

  it('prints JSON with a line end', () => {
    expect(json([])).toBe('[]\n')
  })

  it.each([
    [0, '0s'],
    [59_999, '59s'],
    [187_000, '3m 7s'],
    [18_120_000, '5h 2m'],
    [792_000_000, '9d 4h'],
  ])('says %d ms as %s', (ms, text) => {
    expect(duration(ms)).toBe(text)
  })

  it('says bytes in MiB', () => {
    expect(mebibytes(60_817_408)).toBe('58 MiB')
  })
})
