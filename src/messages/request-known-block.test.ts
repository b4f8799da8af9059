/** Which blocks encoders may read without looking twice, and which they leave alone. */
import { describe, expect, it } from 'vitest'
import { type Block, blocksOf, isContent, knownBlock } from './request.ts'

const TEXT = { type: 'text', text: 'x' }
const PNG = { type: 'base64', media_type: 'image/png', data: 'AA==' }
const image = (source: unknown): Block => ({ type: 'image', source })
const document = (source: unknown): Block => ({ type: 'document', source })

describe('a block', () => {
  it.each<Block>([
    TEXT,
    { type: 'text', text: '' },
    image(PNG),
    image({ type: 'url', url: 'https://a.example/a.png' }),
    document({ ...PNG, media_type: 'application/pdf' }),
    document({ type: 'url', url: 'https://a.example/a.pdf' }),
    document({ type: 'text', media_type: 'text/plain', data: 'x' }),
    document({ type: 'text', data: 'x' }),
    document({ type: 'content', content: 'x' }),
    document({ type: 'content', content: [TEXT] }),
    { type: 'tool_use', id: 'a', name: 'Read', input: {} },
    { type: 'tool_result', tool_use_id: 'a' },
    { type: 'tool_result', tool_use_id: 'a', content: null },
    { type: 'tool_result', tool_use_id: 'a', content: 'x' },
    { type: 'tool_result', tool_use_id: 'a', content: [TEXT] },
    { type: 'thinking', thinking: 'hm' },
    { type: 'thinking', thinking: 'hm', signature: null },
    { type: 'thinking', thinking: '', signature: 's' },
    { type: 'tool_reference', tool_name: 'Read' },
    { type: 'search_result', source: 'https://a.example', title: 'A', content: [TEXT] },
  ])('of a known type and shape is known: %j', (block) => {
    expect(knownBlock(block)).toBe(block)
  })

  it.each<Block>([
    { type: 'text' },
    { type: 'text', text: null },
    image(undefined),
    image(null),
    image('https://a.example/a.png'),
    image([PNG]),
    image({ type: 'file', file_id: 'f' }),
    image({ type: 'url' }),
    image({ ...PNG, type: 'url' }),
    image({ ...PNG, media_type: 5 }),
    image({ ...PNG, data: undefined }),
    image({ type: 'base64', url: 'https://a.example/a.png' }),
    document(undefined),
    document({ type: 'file', file_id: 'f' }),
    document({ type: 'text' }),
    document({ type: 'content' }),
    document({ type: 'content', content: [{ text: 'x' }] }),
    document({ type: 'content', data: 'x', media_type: 'text/plain' }),
    { type: 'tool_use', id: 'a' },
    { type: 'tool_use', name: 'Read' },
    { type: 'tool_use' },
    { type: 'tool_result' },
    { type: 'tool_result', content: 'x' },
    { type: 'tool_result', tool_use_id: 'a', content: 5 },
    { type: 'tool_result', tool_use_id: 'a', content: [TEXT, 'x'] },
    { type: 'thinking' },
    { type: 'thinking', signature: 's' },
    { type: 'thinking', thinking: 'hm', signature: 5 },
    { type: 'tool_reference' },
    { type: 'search_result', title: 'A', content: [TEXT] },
    { type: 'search_result', source: 's', content: [TEXT] },
    { type: 'search_result', source: 's', title: 'A' },
    { type: 'search_result', source: 's', title: 'A', content: [null] },
    { type: 'of_tomorrow', text: 'x' },
    { type: 'constructor' },
  ])('of another is not: %j', (block) => {
    expect(knownBlock(block)).toBeUndefined()
  })
})

describe('content', () => {
  it.each([
    ['x', [TEXT]],
    ['', []],
    [null, []],
    [undefined, []],
    [
      [TEXT, TEXT],
      [TEXT, TEXT],
    ],
  ])('%j is these blocks: %j', (content, blocks) => {
    expect(blocksOf(content)).toEqual(blocks)
  })

  it.each([
    ['x', true],
    ['', true],
    [[], true],
    [[TEXT, { type: 'of_tomorrow' }], true],
    [[TEXT, { text: 'x' }], false],
    [[TEXT, null], false],
    [[TEXT, [TEXT]], false],
    [TEXT, false],
    [5, false],
    [null, false],
  ])('%j is content: %s', (value, is) => {
    expect(isContent(value)).toBe(is)
  })
})
