import { describe, expect, it } from 'vitest'
import { CallNames, saysSomething, ToolCallKeys } from './response-tool-calls.ts'
import type { ToolCallDelta } from './types.ts'

const named = (name: string, more: object = {}): ToolCallDelta => ({
  function: { name },
  ...more,
})
const args = (text: unknown, more: object = {}): ToolCallDelta => ({
  function: { arguments: text },
  ...more,
})

type Row = [what: string, pieces: readonly (readonly [string, ToolCallDelta])[]]

/** Hand-written pieces, each with the key of the call that it belongs to. */
describe("the pieces of an answer's calls", () => {
  it.each<Row>([
    [
      'by index',
      [
        ['1', named('A', { index: 0 })],
        ['2', named('B', { index: 1 })],
        ['1', args('{', { index: 0 })],
        ['2', args('{', { index: 1 })],
      ],
    ],
    [
      'by id where there is no index',
      [
        ['1', named('A', { id: 'a' })],
        ['2', named('B', { id: 'b' })],
        ['1', args('{', { id: 'a' })],
      ],
    ],
    [
      'one after the other where there is neither',
      [
        ['1', named('A')],
        ['1', args('{')],
        ['2', named('B')],
        ['2', args({ x: 1 }, { id: null, index: null })],
      ],
    ],
    [
      'one after the other where all ids are empty',
      [
        ['1', named('A', { id: '' })],
        ['1', args('{', { id: '' })],
        ['2', named('B', { id: '' })],
      ],
    ],
    [
      'by a new id with a name under the same index',
      [
        ['1', named('A', { index: 0, id: 'a' })],
        ['2', named('A', { index: 0, id: 'b' })],
        ['2', args('{', { index: 0 })],
      ],
    ],
    [
      'by an id that came behind the name',
      [
        ['1', named('A', { index: 0 })],
        ['1', args('{', { index: 0, id: 'a' })],
        ['2', named('A', { index: 0, id: 'b' })],
      ],
    ],
    [
      'by the first of the ids that came',
      [
        ['1', named('A', { index: 0, id: 'a' })],
        ['1', args('{', { index: 0, id: 'z' })],
        ['1', named('A', { index: 0, id: 'a' })],
      ],
    ],
    [
      'not by an id where one had none before',
      [
        ['1', named('A', { index: 0 })],
        ['1', args('{', { index: 0 })],
        ['1', named('A', { index: 0, id: 'a' })],
        ['1', named('A', { index: 0 })],
      ],
    ],
    [
      'not by another index of a mere piece',
      [
        ['1', named('A', { index: 0, id: 'a' })],
        ['1', args('{', { index: 1 })],
        ['1', args('}', { index: 2 })],
      ],
    ],
    [
      'not by another id of a mere piece',
      [
        ['1', named('A', { id: 'a' })],
        ['1', args('{', { id: 'x' })],
        ['1', args('}', { id: 'y' })],
      ],
    ],
    [
      'by an index and an id of its own, though its name is missing yet',
      [
        ['1', named('A', { index: 0, id: 'a' })],
        ['2', args('{', { index: 1, id: 'b' })],
        ['2', named('B', { index: 1 })],
      ],
    ],
    [
      'by an id that comes before anything else of it',
      [
        ['1', named('A', { id: 'a' })],
        ['2', { id: 'b' }],
        ['3', { id: 'c', function: null }],
        ['4', { id: 'd', index: 7, function: {} }],
        ['2', named('B', { id: 'b' })],
      ],
    ],
    [
      'though none began',
      [
        ['1', args('{')],
        ['1', args('}')],
      ],
    ],
  ])('are told apart %s', (_, pieces) => {
    const keys = new ToolCallKeys(() => false)
    expect(pieces.map(([, call]) => keys.key(call))).toEqual(pieces.map(([key]) => key))
  })

  it('are told apart by another name behind whole arguments', () => {
    const whole = new Set<string>()
    const keys = new ToolCallKeys((key) => whole.has(key))
    const at = { index: 0 }
    expect(keys.key(named('Re', at))).toBe('1')
    expect(keys.key(named('ad', at))).toBe('1')
    whole.add('1')
    expect(keys.key(args('', at))).toBe('1')
    expect(keys.key({ index: 0, id: 'r', function: null })).toBe('1')
    expect(keys.key(named('Read', at))).toBe('1')
    expect(keys.key(named('Write', at))).toBe('2')
  })

  it.each<[call: ToolCallDelta, says: boolean]>([
    [{}, false],
    [{ index: 0, id: '', function: null }, false],
    [{ function: { name: '', arguments: '' } }, false],
    [{ id: 'a' }, true],
    [named('A'), true],
    [args('{'), true],
    [args({}), true],
  ])('%j says something: %j', (call, says) => {
    expect(saysSomething(call)).toBe(says)
  })
})

describe('the names of calls', () => {
  it('are told once, when arguments come', () => {
    const names = new CallNames()
    expect(names.read('1', 'Re', false)).toBeUndefined()
    expect(names.read('1', 'ad', false)).toBeUndefined()
    expect(names.read('1', '', true)).toBe('Read')
    expect(names.read('1', 'Read', true)).toBeUndefined()
    expect(names.read('1', '', true)).toBeUndefined()
    expect(names.rest()).toEqual([])
  })

  it('are told at the end where no arguments came, if there are any', () => {
    const names = new CallNames()
    expect(names.read('1', '', true)).toBeUndefined()
    expect(names.read('2', 'Read', false)).toBeUndefined()
    expect(names.read('3', 'Write', true)).toBe('Write')
    expect(names.rest()).toEqual([['2', 'Read']])
    expect(names.rest()).toEqual([])
    expect(names.read('2', 'Read', true)).toBeUndefined()
    expect(names.read('1', 'Glob', true)).toBe('Glob')
  })
})
