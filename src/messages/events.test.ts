import { expect, it } from 'vitest'
import { serialize } from './events.ts'

it('events are the frames that the client reads: a name, a line of data, an empty line', () => {
  const delta = { type: 'text_delta', text: 'two\nlines' } as const
  expect(serialize([{ type: 'ping' }, { type: 'content_block_delta', index: 0, delta }])).toBe(
    'event: ping\ndata: {"type":"ping"}\n\n' +
      'event: content_block_delta\ndata: {"type":"content_block_delta","index":0,' +
      String.raw`"delta":{"type":"text_delta","text":"two\nlines"}}` +
      '\n\n',
  )
  expect(serialize([])).toBe('')
})
