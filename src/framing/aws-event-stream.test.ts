import { crc32 } from 'node:zlib'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { awsEvent, awsException, awsMessage } from '../../test/support/aws-event-stream.ts'
import { reads } from '../../test/support/stream.ts'
import type { Frame } from '../messages/events.ts'
import { awsEventFrames } from './aws-event-stream.ts'

async function all(...chunks: readonly Uint8Array[]): Promise<Frame[]> {
  const out: Frame[] = []
  for await (const batch of awsEventFrames(reads(...chunks))) out.push(...batch)
  return out
}

const STREAM = Buffer.concat([
  awsEvent('messageStart', { role: 'assistant' }),
  awsEvent('contentBlockDelta', { delta: { text: 'grüße 👋' } }),
  awsMessage({ ':message-type': 'event', ':event-type': 'empty' }, ''),
])
const FRAMES = [
  { event: 'messageStart', data: '{"role":"assistant"}' },
  { event: 'contentBlockDelta', data: '{"delta":{"text":"grüße 👋"}}' },
  { event: 'empty', data: '' },
]

describe('an AWS event stream', () => {
  it('gives the same frames however its bytes are cut', async () => {
    expect(await all(STREAM)).toEqual(FRAMES)
    expect(await all(...[...STREAM].map((byte) => Buffer.of(byte)))).toEqual(FRAMES)
    await fc.assert(
      fc.asyncProperty(fc.array(fc.integer({ min: 0, max: STREAM.length })), async (cuts) => {
        const at = [0, ...cuts.sort((a, b) => a - b), STREAM.length]
        const pieces = at.slice(1).map((end, i) => STREAM.subarray(at[i], end))
        expect(await all(...pieces)).toEqual(FRAMES)
      }),
    )
  })

  it("reads the empty message of AWS's own test vectors", async () => {
    const vector = Buffer.from('000000100000000005c248eb7d98c8ff', 'hex')
    expect(await all(vector)).toEqual([{ event: '', data: '' }])
  })

  it('gives one batch for each read that completes frames', async () => {
    const batches: number[] = []
    const cut = STREAM.length - 3
    const body = reads(STREAM.subarray(0, cut), STREAM.subarray(cut))
    for await (const batch of awsEventFrames(body)) batches.push(batch.length)
    expect(batches).toEqual([2, 1])
  })

  it('tells exceptions and errors by their type and message', async () => {
    const error = {
      ':message-type': 'error',
      ':error-code': 'InternalError',
      ':error-message': 'x',
    }
    expect(
      await all(awsException('throttlingException', 'slow down'), awsMessage(error, '')),
    ).toEqual([
      { event: 'exception', data: '{"type":"throttlingException","message":"slow down"}' },
      { event: 'exception', data: '{"type":"InternalError","message":"x"}' },
    ])
  })

  it('skips headers of every other type', async () => {
    const others = Buffer.concat(
      [
        [0], // true
        [2, 7], // byte
        [4, 0, 0, 0, 1], // int
        [6, 0, 2, 1, 2], // bytes
        [9, ...Buffer.alloc(16)], // uuid
      ].map((value) => Buffer.from([1, 120, ...value])),
    )
    const plain = awsMessage({ ':event-type': 'e' }, 'p')
    const headers = Buffer.concat([others, plain.subarray(12, 12 + plain.readUInt32BE(4))])
    expect(await all(message(headers, 'p'))).toEqual([{ event: 'e', data: 'p' }])
  })

  it.each([
    ['prelude', 0],
    ['payload', STREAM.length - 8],
  ])('with a flipped bit in its %s is an error', async (_where, at) => {
    const damaged = Buffer.from(STREAM)
    damaged[at] = (damaged[at] ?? 0) ^ 1
    await expect(all(damaged)).rejects.toMatchObject({ kind: 'api_error', status: 502 })
  })

  it('that ends within a message is an error', async () => {
    await expect(all(STREAM.subarray(0, STREAM.length - 1))).rejects.toThrow('within a message')
  })

  it('with a length beyond all bounds, or headers beyond their message, is an error', async () => {
    const prelude = Buffer.alloc(12)
    prelude.writeUInt32BE(0xffffffff, 0)
    prelude.writeUInt32BE(crc32(prelude.subarray(0, 8)), 8)
    await expect(all(prelude)).rejects.toThrow('impossible length')
    await expect(all(message(Buffer.from([9, 1, 7]), 'p'))).rejects.toThrow('longer than its')
    await expect(all(message(Buffer.from([1, 120, 7, 255, 255]), 'p'))).rejects.toThrow('longer')
    await expect(all(message(Buffer.from([1, 120, 42]), 'p'))).rejects.toThrow('unknown type')
  })
})

function message(headers: Buffer, payload: string): Buffer {
  const prelude = Buffer.alloc(12)
  prelude.writeUInt32BE(16 + headers.length + payload.length, 0)
  prelude.writeUInt32BE(headers.length, 4)
  prelude.writeUInt32BE(crc32(prelude.subarray(0, 8)), 8)
  const whole = Buffer.concat([prelude, headers, Buffer.from(payload)])
  const crc = Buffer.alloc(4)
  crc.writeUInt32BE(crc32(whole))
  return Buffer.concat([whole, crc])
}
