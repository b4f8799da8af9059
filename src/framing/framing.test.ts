import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { awsEvent } from '../../test/support/aws-event-stream.ts'
import { reads } from '../../test/support/stream.ts'
import type { Frame } from '../messages/events.ts'
import { framesIn } from './frames.ts'
import { JsonValues } from '../lib/json-values.ts'
import { sseFrames } from './sse.ts'

async function all(frames: AsyncIterable<readonly Frame[]>): Promise<Frame[]> {
  const out: Frame[] = []
  for await (const batch of frames) out.push(...batch)
  return out
}

describe('a server-sent event stream', () => {
  it('is read with any line ends, comments, missing spaces and a last event without its blank line', async () => {
    const text = ': hi\r\n\r\ndata:{"a":1}\r\n\r\nevent: x\ndata: b\n\ndata: c'
    expect(await all(sseFrames(reads(text)))).toEqual([
      { event: '', data: '{"a":1}' },
      { event: 'x', data: 'b' },
      { event: '', data: 'c' },
    ])
  })

  it('gives one batch for each read that completes frames', async () => {
    const batches: number[] = []
    const body = reads('data: a\n\ndata: b\n\nda', 'ta: c', '\n\n')
    for await (const batch of sseFrames(body)) batches.push(batch.length)
    expect(batches).toEqual([2, 1])
  })

  it('gives the same frames however its bytes are cut', async () => {
    const bytes = new TextEncoder().encode(
      'data: grüße 👋\n\nevent: e\r\ndata: {"é":"日本"}\r\n\r\n',
    )
    const whole = await all(sseFrames(reads(bytes)))
    await fc.assert(
      fc.asyncProperty(fc.array(fc.integer({ min: 0, max: bytes.length })), async (cuts) => {
        const at = [0, ...cuts.sort((a, b) => a - b), bytes.length]
        const pieces = at.slice(1).map((end, i) => bytes.subarray(at[i], end))
        expect(await all(sseFrames(reads(...pieces)))).toEqual(whole)
      }),
    )
  })
})

describe('a body of a provider that keeps no rules', () => {
  const CHUNKS = ['{"a":1}', '{"b":[2]}', '[DONE]']
  const FRAMES = CHUNKS.map((data) => ({ event: '', data }))

  it.each([
    ['without blank lines between its events', CHUNKS.map((c) => `data: ${c}\n`).join('')],
    ['with a JSON document a line', CHUNKS.map((c) => `${c}\n`).join('')],
    ['with a byte order mark', `\uFEFF${CHUNKS.map((c) => `data: ${c}\n\n`).join('')}`],
    ['with lines that end in a carriage return', CHUNKS.map((c) => `data: ${c}\r\r`).join('')],
  ])('is read %s', async (_how, text) => {
    const bytes = new TextEncoder().encode(text)
    for (const size of [1, 3, Infinity]) {
      const pieces: Uint8Array[] = []
      for (let at = 0; at < bytes.length; at += size) pieces.push(bytes.subarray(at, at + size))
      expect(await all(sseFrames(reads(...pieces)))).toEqual(FRAMES)
    }
  })

  it.each(['{"é":\n 1}', '\n\n [ [1] ]', '[]', '{}'])(
    'is one frame where it is a JSON document: %j',
    async (text) => {
      const bytes = new TextEncoder().encode(text)
      const frames = await all(
        sseFrames(reads(...Array.from(bytes, (byte) => Uint8Array.of(byte)))),
      )
      expect(frames).toEqual([{ event: '', data: text.trimStart() }])
    },
  )

  it('is not held while it says nothing', async () => {
    const blank = new Uint8Array(256 * 1024).fill('\n'.charCodeAt(0))
    const body = reads(...Array<Uint8Array>(300).fill(blank), 'data: a\n\n')
    expect(await all(sseFrames(body))).toEqual([{ event: '', data: 'a' }])
  })

  it('keeps a JSON document that is spread over the lines of one event', async () => {
    const frames = await all(sseFrames(reads('data: {"a":\ndata: 1}\n\n')))
    expect(frames).toEqual([{ event: '', data: '{"a":\n1}' }])
  })

  it('tells of an error that is a field of its own, as llama.cpp has it', async () => {
    const frames = await all(sseFrames(reads('data: {}\n\nerror: {"code":500}\n\n')))
    expect(frames).toEqual([
      { event: '', data: '{}' },
      { event: 'error', data: '{"code":500}' },
    ])
  })
})

describe('JSON in the place of events', () => {
  const json = (data: string): Frame => ({ event: '', data })

  it('is a frame for each value, as soon as it is whole', async () => {
    const batches: (readonly Frame[])[] = []
    const body = reads('\ufeff{"a":"}', '\\\\\\"]"}{"b"', ':[{}]},\n[1]', ' \n{"c":', '2}')
    for await (const batch of sseFrames(body)) batches.push(batch)
    expect(batches).toEqual([
      [json('{"a":"}\\\\\\"]"}')],
      [json('{"b":[{}]}'), json('[1]')],
      [json('{"c":2}')],
    ])
  })

  it('gives the same values however it is cut', () => {
    const texts = [{ a: 'x"\\}{][é👋', b: [[], {}] }, [1, 'z'], { c: null }].map((value) =>
      JSON.stringify(value, null, 1),
    )
    const text = texts.join('\n, ')
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: text.length })), (cuts) => {
        const at = [0, ...cuts.sort((a, b) => a - b), text.length]
        const values = new JsonValues()
        const found = at.slice(1).flatMap((end, i) => values.push(text.slice(at[i], end)).values)
        expect(found).toEqual(texts)
        expect(values.held).toBe('')
      }),
    )
  })

  it('is read before, behind and between events', async () => {
    expect(
      await all(sseFrames(reads(': hi\r\n\r\n: ho\n\n{"a":1}\n\n', 'data: [DONE]\n\n'))),
    ).toEqual([json('{"a":1}'), json('[DONE]')])
    expect(await all(sseFrames(reads('data: {}\n\n{"error":1}\n\ndata: b\n\n')))).toEqual([
      json('{}'),
      json('{"error":1}'),
      json('b'),
    ])
  })

  it('is a frame for each object of a list', async () => {
    const body = reads('[{"a":1}\n,\n', '{"b":[{"c":2}]}]\n')
    expect(await all(sseFrames(body))).toEqual([json('{"a":1}'), json('{"b":[{"c":2}]}')])
    const raw = reads('data: a\n\n[{"error":{"code":400}}]\n\n')
    expect(await all(sseFrames(raw))).toEqual([json('a'), json('{"error":{"code":400}}')])
  })

  it('is read between events over many lines', async () => {
    const error = JSON.stringify({ error: { message: 'gave up', list: [1] } }, null, 2)
    const body = reads(`data: {}\n\n${error}\n\ndata: b\n\n`)
    expect(await all(sseFrames(body))).toEqual([json('{}'), json(`${error}\n`), json('b')])
  })

  it('is one frame at its end where it is broken, with what is behind it', async () => {
    const text = '{"a":1}\n[oops] then {"b":2}'
    expect(await all(sseFrames(reads(text.slice(0, 12), text.slice(12))))).toEqual([
      json('{"a":1}'),
      json('[oops] then {"b":2}'),
    ])
    expect(await all(sseFrames(reads('{"a":')))).toEqual([json('{"a":')])
  })
})

it('events without any line end are taken apart', async () => {
  const glued = 'data: {"a":"data: x"}data: [1]data:{"b":2}data: [DONE]'
  expect(await all(sseFrames(reads(...glued.split(/(?=a)/))))).toEqual(
    ['{"a":"data: x"}', '[1]', '{"b":2}', '[DONE]'].map((data) => ({ event: '', data })),
  )
  const scraps = 'data: {"a":1}data: {"b'
  expect(await all(sseFrames(reads(scraps)))).toEqual([{ event: '', data: scraps.slice(6) }])
})

it('text that is no event is one frame, for its words', async () => {
  const body = reads('Too many requests: slow', ' down\nplease')
  expect(await all(sseFrames(body))).toEqual([
    { event: '', data: 'Too many requests: slow down\nplease' },
  ])
  expect(await all(sseFrames(reads('oops\n\ndata: a\n\n')))).toEqual([{ event: '', data: 'a' }])
})

describe('the bytes of an answer', () => {
  const page = () => new Error('a web page')

  it('tell by themselves what they are', async () => {
    const aws = awsEvent('messageStop', { a: 1 })
    for (const chunks of [
      [aws],
      [new Uint8Array(), aws],
      [...aws].map((byte) => Buffer.of(byte)),
    ]) {
      expect(await all(framesIn(reads(...chunks), page))).toEqual([
        { event: 'messageStop', data: '{"a":1}' },
      ])
    }
    expect(await all(framesIn(reads('data: a\n\n'), page))).toEqual([{ event: '', data: 'a' }])
    expect(await all(framesIn(reads(), page))).toEqual([])
    await expect(all(framesIn(reads('\n', ' <', '!doctype html>'), page))).rejects.toThrow(
      'a web page',
    )
  })
})
