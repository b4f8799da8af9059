import { describe, expect, it } from 'vitest'
import { DetailList, detailText } from './response-reasoning.ts'
import type { ReasoningDetail } from './types.ts'

const TEXT = { type: 'reasoning.text', index: 0 }
const SUMMARY = { type: 'reasoning.summary', index: 0 }
const BLOCK = { type: 'thinking' }
const SECRET = { type: 'reasoning.encrypted', index: 0 }

function listed(pieces: readonly ReasoningDetail[], isGrowing = false) {
  const list = new DetailList()
  // Each piece in a chunk of its own.
  for (const piece of pieces) list.add([piece])
  const taken = list.take(isGrowing)
  expect(list.take(isGrowing)).toEqual([])
  return taken
}

type Row = [what: string, pieces: readonly ReasoningDetail[], whole: readonly ReasoningDetail[]]

describe('a list of reasoning details', () => {
  it.each<Row>([
    [
      'a text',
      [
        { ...TEXT, text: 'A' },
        { ...TEXT, text: 'B' },
      ],
      [{ ...TEXT, text: 'AB' }],
    ],
    [
      'a summary',
      [
        { ...SUMMARY, summary: 'A' },
        { ...SUMMARY, summary: 'B' },
      ],
      [{ ...SUMMARY, summary: 'AB' }],
    ],
    [
      'a thinking block, which its signature ends',
      [
        { ...BLOCK, thinking: 'A' },
        { ...BLOCK, thinking: 'B' },
        { ...BLOCK, signature: 's' },
        { ...BLOCK, thinking: 'C' },
      ],
      [
        { ...BLOCK, thinking: 'AB', signature: 's' },
        { ...BLOCK, thinking: 'C' },
      ],
    ],
    [
      'a text behind its signature',
      [
        { ...TEXT, text: 'A', signature: 's' },
        { ...TEXT, text: 'B', signature: null, format: undefined },
      ],
      [{ ...TEXT, text: 'AB', signature: 's' }],
    ],
    [
      'what later pieces say of it',
      [
        { ...TEXT, text: 'A', format: 'x', id: null },
        { ...TEXT, signature: 's', id: 'i', format: null },
      ],
      [{ ...TEXT, text: 'A', format: 'x', id: 'i', signature: 's' }],
    ],
    [
      'a piece that says nothing',
      [
        { ...TEXT, signature: 's' },
        { ...TEXT, text: null },
      ],
      [{ ...TEXT, signature: 's' }],
    ],
  ])('joins the pieces of %s', (_, pieces, whole) => {
    expect(listed(pieces)).toEqual(whole)
  })

  it.each<[what: string, pieces: readonly ReasoningDetail[]]>([
    [
      'of another index',
      [
        { ...TEXT, text: 'A' },
        { ...TEXT, index: 1, text: 'B' },
      ],
    ],
    [
      'of another type',
      [
        { ...SUMMARY, summary: 'A' },
        { ...TEXT, text: 'B' },
      ],
    ],
    [
      'that nobody can read',
      [
        { ...SECRET, data: 'A' },
        { ...SECRET, data: 'B' },
      ],
    ],
    [
      'of no type',
      [
        { index: 0, text: 'A' },
        { index: 0, text: 'B' },
      ],
    ],
  ])('keeps pieces apart %s', (_, pieces) => {
    expect(listed(pieces)).toEqual(pieces)
    expect(listed(pieces, true)).toEqual(pieces)
  })

  it('holds the newest piece of each where every piece has all the text so far', () => {
    const pieces = [
      { ...SECRET, data: 'D' },
      { ...SUMMARY, summary: 'S', id: 'i' },
      { ...TEXT, text: 'A', format: 'x' },
      { ...TEXT, text: 'AB', signature: null },
      { ...TEXT, text: 'ABC', signature: 's', format: null },
    ]
    expect(listed(pieces, true)).toEqual([
      { ...SECRET, data: 'D' },
      { ...SUMMARY, summary: 'S', id: 'i' },
      { ...TEXT, text: 'ABC', format: 'x', signature: 's' },
    ])
  })

  it('is empty of nothing', () => {
    expect(listed([])).toEqual([])
    expect(listed([], true)).toEqual([])
  })

  it.each<[detail: ReasoningDetail, text: string]>([
    [{ text: 'A', summary: 'B', thinking: 'C' }, 'A'],
    [{ text: null, summary: 'B', thinking: 'C' }, 'B'],
    [{ thinking: 'C' }, 'C'],
    [SECRET, ''],
  ])('shows of %j the text %j', (detail, text) => {
    expect(detailText(detail)).toBe(text)
  })
})
