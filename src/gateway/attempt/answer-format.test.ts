import { describe, expect, it } from 'vitest'
import { awsEvent } from '../../../test/support/aws-event-stream.ts'
import { reads } from '../../../test/support/stream.ts'
import { opening, wordsIn } from './answer-format.ts'

async function* bytesOf(chunks: readonly (string | Uint8Array)[]): AsyncGenerator<Uint8Array> {
  for await (const chunk of reads(...chunks)) yield chunk
}

/** What an answer of these reads is, and its events whole. */
async function opened(...chunks: readonly (string | Uint8Array)[]): Promise<unknown> {
  const answer = await opening(bytesOf(chunks), 'p', () => undefined)
  if (answer.kind !== 'events') return 'json' in answer ? answer.json : answer.kind
  const read = [answer.first]
  for await (const chunk of answer.rest) read.push(chunk)
  return { events: Buffer.concat(read).toString() }
}

const each = (text: string): readonly Uint8Array[] =>
  [...Buffer.from(text)].map((byte) => Buffer.of(byte))

describe('what a server writes in the place of events', () => {
  const words = (text: string, end = Infinity) =>
    wordsIn(Buffer.from(text).subarray(0, Math.min(end, Buffer.byteLength(text))))

  it.each([
    'out of memory',
    'database is locked',
    'identity provider down',
    'retry later',
    'worker died\nevent loop closed',
  ])('is kept: %j', (text) => {
    expect(words(`\ufeff${text}\n`)).toBe(text)
  })

  it.each([
    'data: {}',
    'oops\r\ndata: {}',
    'oops\rid: 1',
    'oops\n: comment',
    'oops\nevent: ping',
    'oops\nretry:3',
    '',
    'null',
    '503',
    'a\u0000b',
  ])('is not kept where it may be events or says nothing: %j', (text) => {
    expect(words(text)).toBe('')
  })

  it('is kept up to a letter that is cut in two, but not where bytes are no text', () => {
    expect(words('zu groß', 7)).toBe('zu gro')
    expect(words(`${'a'.repeat(1_998)}語 and more`)).toBe('a'.repeat(1_998))
    expect(wordsIn(Buffer.of(0x61, 0xff, 0x62))).toBe('')
  })
})

describe('an answer of the Messages API', () => {
  it('is nothing, a page, a document or events, however its bytes are cut', async () => {
    const events = ': hi\n\nevent: ping\ndata: {"type":"ping"}\n\n'
    const nameless = 'data: {"type":"message_start"}\n\n'
    const rows: readonly (readonly [string, unknown])[] = [
      ['', 'nothing'],
      [' \n: working', 'nothing'],
      ['\ufeff <html>', 'page'],
      ['{"type":"message"} and more', '{"type":"message"}'],
      [': working\n\n[1]', '[1]'],
      ['{"type":"mess', '{"type":"mess'],
      ['data: {"type":"message"}\n\ndata: [DONE]\n\n', '{"type":"message"}'],
      ['data:{"type":"message"}', '{"type":"message"}'],
      [events, { events }],
      [nameless, { events: nameless }],
      ['fine', { events: 'fine' }],
    ]
    for (const [text, kind] of rows) {
      expect(await opened(text)).toEqual(kind)
      expect(await opened(...each(text))).toEqual(kind)
    }
  })

  it('may come as an event a line', async () => {
    const lines = '{"type":"message_start",\r\n"a":1}\n{"type":"message_stop"}\n'
    const EXPECTED = {
      events:
        'event: message_start\ndata: {"type":"message_start",  "a":1}\n\nevent: message_stop\ndata: {"type":"message_stop"}\n\n',
    }
    expect(await opened(lines)).toEqual(EXPECTED)
    expect(await opened(...each(lines))).toEqual(EXPECTED)
  })

  it('may come in the frames of AWS', async () => {
    const chunk = awsEvent('chunk', {
      bytes: Buffer.from('{"type":"message_stop"}').toString('base64'),
    })
    const events = 'event: message_stop\ndata: {"type":"message_stop"}\n\n'
    expect(await opened(chunk)).toEqual({ events })
    expect(await opened(...[...chunk].map((byte) => Buffer.of(byte)))).toEqual({ events })
  })
})
