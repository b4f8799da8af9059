import { describe, expect, it } from 'vitest'
import { testWriter } from '../../test/support/stream.ts'
import type { StreamEvent } from './events.ts'
import type { Writer, WriterParts } from './writer.ts'

const USAGE = {
  input_tokens: 3,
  output_tokens: 4,
  cache_creation_input_tokens: 0,
  cache_read_input_tokens: 2,
}

function eventsOf(say: (writer: Writer) => void, parts: Partial<WriterParts> = {}) {
  const writer = testWriter(parts)
  say(writer)
  writer.finish()
  return writer.take()
}

function started(index: number, content_block: object) {
  return { type: 'content_block_start', index, content_block }
}
function delta(index: number, more: object) {
  return { type: 'content_block_delta', index, delta: more }
}
function stopped(index: number) {
  return { type: 'content_block_stop', index }
}

/** What a piece of content makes due at once. */
function due(writer: Writer, say: (writer: Writer) => void): readonly StreamEvent[] {
  writer.take()
  say(writer)
  return writer.take()
}

describe('the events of an answer', () => {
  it('are these and no others, with all their fields', () => {
    const events = eventsOf((w) => {
      w.thinking('hm')
      w.signature('s')
      w.text('a')
      w.tool('0', { id: 'x', name: 'T', args: '{"x":1}' })
      w.stop('end_turn')
    })
    expect(events).toStrictEqual([
      {
        type: 'message_start',
        message: {
          id: 'msg_1',
          type: 'message',
          role: 'assistant',
          model: 'p,m',
          content: [],
          stop_reason: null,
          stop_sequence: null,
          usage: {
            input_tokens: 7,
            output_tokens: 0,
            cache_creation_input_tokens: 0,
            cache_read_input_tokens: 0,
          },
        },
      },
      started(0, { type: 'thinking', thinking: '', signature: '' }),
      delta(0, { type: 'thinking_delta', thinking: 'hm' }),
      delta(0, { type: 'signature_delta', signature: 's' }),
      stopped(0),
      started(1, { type: 'text', text: '' }),
      delta(1, { type: 'text_delta', text: 'a' }),
      stopped(1),
      started(2, { type: 'tool_use', id: 'x', name: 'T', input: {} }),
      delta(2, { type: 'input_json_delta', partial_json: '{"x":1}' }),
      stopped(2),
      {
        type: 'message_delta',
        delta: { stop_reason: 'tool_use', stop_sequence: null },
        usage: { output_tokens: 0 },
      },
      { type: 'message_stop' },
    ])
  })

  it('are given once each, as they become due', () => {
    const writer = testWriter()
    expect(due(writer, (w) => w.thinking('hm'))).toHaveLength(3)
    expect(writer.take()).toEqual([])
    expect(due(writer, (w) => w.thinking('m'))).toEqual([
      delta(0, { type: 'thinking_delta', thinking: 'm' }),
    ])
    expect(due(writer, (w) => w.text('a'))).toEqual([
      stopped(0),
      started(1, { type: 'text', text: '' }),
      delta(1, { type: 'text_delta', text: 'a' }),
    ])
    expect(writer.take()).toEqual([])
  })

  it('hold no block for pieces that say nothing', () => {
    const events = eventsOf((w) => {
      w.thinking('')
      w.text('')
      w.thinking('')
      w.stop('end_turn')
    })
    expect(events.map(({ type }) => type)).toEqual([
      'message_start',
      'message_delta',
      'message_stop',
    ])
  })

  it('do not end in thinking, of which the client would show nothing', () => {
    const events = eventsOf((w) => {
      w.text('a')
      w.thinking('more')
      w.signature('s')
      w.stop('end_turn')
    })
    expect(events.filter(({ type }) => type === 'content_block_start')).toEqual([
      started(0, { type: 'text', text: '' }),
    ])
    expect(JSON.stringify(events)).not.toContain('more')
  })

  it('show thinking behind a text once something follows it', () => {
    const writer = testWriter()
    writer.text('a')
    expect(due(writer, (w) => w.thinking('more'))).toEqual([stopped(0)])
    expect(due(writer, (w) => w.text('b'))).toEqual([
      started(1, { type: 'thinking', thinking: '', signature: '' }),
      delta(1, { type: 'thinking_delta', thinking: 'more' }),
      stopped(1),
      started(2, { type: 'text', text: '' }),
      delta(2, { type: 'text_delta', text: 'b' }),
    ])
  })

  it('show thinking that is all there is, with what was sealed of it', () => {
    const events = eventsOf((w) => {
      w.signature('s')
      w.thinking('hm')
      w.stop('max_tokens')
    })
    expect(events.filter(({ type }) => type === 'content_block_delta')).toEqual([
      delta(0, { type: 'thinking_delta', thinking: 'hm' }),
      delta(0, { type: 'signature_delta', signature: 's' }),
    ])
  })

  it('tell that a limit was met in a call: its arguments may be cut', () => {
    const events = eventsOf((w) => {
      w.tool('0', { id: 'x', name: 'T', args: '{"x":' })
      w.stop('max_tokens')
    })
    expect(events.at(-2)).toMatchObject({ delta: { stop_reason: 'max_tokens' } })
  })
})

describe('what a writer is asked while it writes', () => {
  it('whether there is content yet', () => {
    const writer = testWriter()
    expect(writer.hasContent()).toBe(false)
    writer.usage(USAGE)
    writer.text('')
    expect(writer.hasContent()).toBe(false)
    writer.tool('0', { id: 'x', name: 'T' })
    expect(writer.hasContent()).toBe(true)
    writer.stop('end_turn')
    writer.finish()
    expect(writer.hasContent()).toBe(true)
  })

  it('whether the answer is over', () => {
    const writer = testWriter()
    writer.text('a')
    expect(writer.stopped).toBe(false)
    writer.stop('end_turn')
    expect(writer.stopped).toBe(true)
  })

  it('what the provider has counted and charged, its last word each', () => {
    const writer = testWriter()
    expect([writer.reported, writer.charged]).toEqual([undefined, undefined])
    writer.usage(USAGE, 0.25)
    writer.usage({ ...USAGE, output_tokens: 9 })
    expect(writer.reported).toEqual({ ...USAGE, output_tokens: 9 })
    expect(writer.charged).toBe(0.25)
    writer.usage(USAGE, 0)
    expect(writer.charged).toBe(0)
  })

  it('whether the arguments of a call are whole', () => {
    const writer = testWriter()
    expect(writer.toolIsWhole('0')).toBe(false)
    writer.tool('0', { id: 'x', name: 'T', args: '{"x":' })
    expect(writer.toolIsWhole('0')).toBe(false)
    writer.tool('0', { args: '1}' })
    expect(writer.toolIsWhole('0')).toBe(true)
    expect(writer.toolIsWhole('1')).toBe(false)
  })
})

describe('a web search of the server', () => {
  const search = { query: 'cats', id: 'srvtoolu_1' }
  const pages = [{ url: 'https://example.org/', title: 'Cats' }]

  it('is shown to a client that asked for one, behind the text, and counted', () => {
    const events = eventsOf(
      (w) => {
        w.searched()
        w.text('purr')
        w.sources(pages, 'Sources: …')
        w.stop('end_turn')
        expect(w.hasContent()).toBe(true)
      },
      { search },
    )
    const blocks = events.filter(({ type }) => type === 'content_block_start')
    expect(blocks).toMatchObject([
      { index: 0, content_block: { type: 'text' } },
      { index: 1, content_block: { type: 'server_tool_use', id: 'srvtoolu_1' } },
      { index: 2, content_block: { type: 'web_search_tool_result', content: pages } },
    ])
    expect(events).toContainEqual(
      delta(1, { type: 'input_json_delta', partial_json: '{"query":"cats"}' }),
    )
    expect(events.at(-2)).toMatchObject({
      usage: { server_tool_use: { web_search_requests: 1, web_fetch_requests: 0 } },
    })
  })

  it('says what was searched for, where the server says it', () => {
    const events = eventsOf(
      (w) => {
        w.searched('big cats')
        w.sources(pages, '')
        w.stop('end_turn')
      },
      { search },
    )
    expect(events).toContainEqual(
      delta(0, { type: 'input_json_delta', partial_json: '{"query":"big cats"}' }),
    )
  })

  it('that is over stands before what follows, once', () => {
    const events = eventsOf(
      (w) => {
        w.text('let me look')
        w.searched('cats')
        w.found([{ ...pages[0]!, age: 'a day' }])
        w.text('purr')
        w.stop('end_turn')
      },
      { search },
    )
    const blocks = events.filter(({ type }) => type === 'content_block_start')
    expect(blocks).toMatchObject([
      { index: 0, content_block: { type: 'text' } },
      { index: 1, content_block: { type: 'server_tool_use' } },
      { index: 2, content_block: { content: [{ ...pages[0], page_age: 'a day' }] } },
      { index: 3, content_block: { type: 'text' } },
    ])
    expect(events[0]?.type).toBe('message_start')
  })

  it('that is all of an answer is content of it', () => {
    const writer = testWriter({ search })
    writer.searched()
    writer.stop('end_turn')
    writer.finish()
    expect(writer.hasContent()).toBe(true)
    const none = testWriter({ search })
    none.stop('end_turn')
    none.finish()
    expect(none.hasContent()).toBe(false)
  })

  it('is text for a client that asked for none', () => {
    const events = eventsOf((w) => {
      w.searched()
      w.text('purr ')
      w.sources(pages, 'Sources: …')
      w.stop('end_turn')
    })
    expect(events).toContainEqual(delta(0, { type: 'text_delta', text: 'Sources: …' }))
    expect(JSON.stringify(events)).not.toContain('server_tool_use","id')
  })
})
