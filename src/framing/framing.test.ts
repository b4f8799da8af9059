import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { reads } from '../../test/support/stream.ts'
import type { Frame } from '../messages/frame.ts'
import { jsonFrames } from './json.ts'
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

  it.each(['{"é":\n 1}', '\n\n [{"é":1}]', '{}'])(
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

it('a JSON document is one frame, whatever its reads', async () => {
  const bytes = new TextEncoder().encode('{"é":1}')
  expect(await all(jsonFrames(reads(bytes.subarray(0, 3), bytes.subarray(3))))).toEqual([
    { event: '', data: '{"é":1}' },
  ])
})
