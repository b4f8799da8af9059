import { describe, expect, it } from 'vitest'
import { type Piece, TagReader } from './response-text.ts'

const thinking = (text: string): Piece => ({ kind: 'thinking', text })
const say = (text: string): Piece => ({ kind: 'text', text })

/** What each chunk makes due at once, and what the end does. */
type Row = [
  what: string,
  chunks: readonly (readonly [chunk: string, ...due: Piece[]])[],
  end: readonly Piece[],
]

describe('text with reasoning between tags is told as soon as it is sure', () => {
  it.each<Row>([
    ['a plain text, its white space kept', [['  Hi', say('  Hi')]], []],
    [
      'more of a plain text',
      [
        ['Hi ', say('Hi ')],
        [' <think>', say(' <think>')],
      ],
      [],
    ],
    ['an opening tag alone', [['<think>'], ['a', thinking('a')]], []],
    ['an opening tag and nothing more', [['<think>']], []],
    ['white space before an opening tag', [['\n '], ['<think>a', thinking('a')]], []],
    ['white space and nothing more', [['\n ']], [say('\n ')]],
    ['an opening tag in pieces', [['<th'], ['ink>a', thinking('a')]], []],
    ['what only begins like a tag', [['<th'], ['e', say('<the')]], []],
    ['the beginning of a tag at the end', [['<mm:thi']], [say('<mm:thi')]],
    ['the other tag', [['<mm:think>a</mm:think>b', thinking('a'), say('b')]], []],
    [
      'a text behind the closing tag',
      [
        ['<think>a</think>b', thinking('a'), say('b')],
        ['c', say('c')],
      ],
      [],
    ],
    [
      'white space behind the closing tag',
      [['<think>a</think>', thinking('a')], ['\n'], ['\n b', say('b')], [' c', say(' c')]],
      [],
    ],
    ['nothing but white space behind it', [['<think>a</think>\n ', thinking('a')]], []],
    [
      'a closing tag in pieces',
      [
        ['<think>a</thi', thinking('a')],
        ['nk>b', say('b')],
      ],
      [],
    ],
    [
      'what only begins like a closing tag',
      [
        ['<think>a</thi', thinking('a')],
        ['s', thinking('</this')],
      ],
      [],
    ],
    [
      'the beginning of a closing tag at the end',
      [['<think>a</think', thinking('a')]],
      [thinking('</think')],
    ],
    ['a closing tag of the other kind', [['<think>a</mm:think>b', thinking('a</mm:think>b')]], []],
    ['no reasoning at all', [['<think></think>b', say('b')]], []],
  ])('%s', (_, chunks, end) => {
    const reader = new TagReader()
    for (const [chunk, ...due] of chunks) expect(reader.read(chunk)).toEqual(due)
    expect(reader.release()).toEqual(end)
    expect(reader.release()).toEqual([])
  })

  it('and what comes behind a call is text, whatever was held before', () => {
    const reader = new TagReader()
    expect(reader.read('<thi')).toEqual([])
    expect(reader.release()).toEqual([say('<thi')])
    expect(reader.read('<think>b')).toEqual([say('<think>b')])
  })
})
