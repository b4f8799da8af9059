import { type IncomingHttpHeaders, IncomingMessage } from 'node:http'
import { Socket } from 'node:net'
import { deflateSync, gzipSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { readBody } from './body.ts'

/** A request whose body is given by the test. */
function request(headers: IncomingHttpHeaders = {}) {
  const req = Object.assign(new IncomingMessage(new Socket()), { headers })
  const send = (...parts: (string | Buffer)[]): void => {
    for (const part of parts) req.push(part)
  }
  const end = (): void => {
    req.complete = true
    req.push(null)
  }
  return { req, send, end }
}

const LIMIT = 3 * 1024 * 1024

async function read(body: string | Buffer, headers: IncomingHttpHeaders = {}, limit = LIMIT) {
  const { req, send, end } = request(headers)
  const reading = readBody(req, limit)
  if (body.length > 0) send(body)
  end()
  return String(await reading)
}

describe('the body of a request', () => {
  it('is put together from all its parts', async () => {
    const { req, send, end } = request()
    const reading = readBody(req)
    send('{"a":', '"', Buffer.from([0xc3]), Buffer.from([0xa9]), '"}')
    end()
    expect(String(await reading)).toBe('{"a":"é"}')
    expect(await read('')).toBe('')
  })

  it('loses a byte order mark at its start, and no other one', async () => {
    expect(await read('\ufeff{}')).toBe('{}')
    expect(await read('{"a":"\ufeff"}')).toBe('{"a":"\ufeff"}')
    expect(await read('x')).toBe('x')
    const packed = gzipSync('\ufeff{}')
    expect(await read(packed, { 'content-encoding': 'gzip' })).toBe('{}')
  })

  it.each(['gzip', 'x-gzip', ' GZip '])(
    'is unpacked, however that is written: %s',
    async (name) => {
      expect(await read(gzipSync('{"a":1}'), { 'content-encoding': name })).toBe('{"a":1}')
    },
  )

  it.each([undefined, '', 'identity', 'Identity'])('is as it is with %s', async (name) => {
    const headers = name === undefined ? {} : { 'content-encoding': name }
    expect(await read('{}', headers)).toBe('{}')
  })

  it.each(['zstd', 'constructor'])('packed in an unknown way is refused: %s', async (name) => {
    const refused = read('x', { 'content-encoding': name })
    await expect(refused).rejects.toMatchObject({
      status: 415,
      message: expect.stringContaining(name) as string,
    })
  })

  it('that is not what it says is refused, with the packing that it should have', async () => {
    for (const [name, body] of [
      ['gzip', '{}'],
      ['deflate', deflateSync('x'.repeat(100)).subarray(0, -6)],
    ] as const) {
      await expect(read(body, { 'content-encoding': name })).rejects.toMatchObject({
        status: 400,
        message: expect.stringContaining(name) as string,
      })
    }
  })
})

describe('a body that is too large', () => {
  const tooLarge = { status: 413, message: 'The request is larger than 3 MB.' }

  it('may have the limit, and not one byte more', async () => {
    expect(await read('x'.repeat(LIMIT))).toHaveLength(LIMIT)
    await expect(read('x'.repeat(LIMIT + 1))).rejects.toMatchObject(tooLarge)
    const most = gzipSync('x'.repeat(LIMIT))
    expect(await read(most, { 'content-encoding': 'gzip' })).toHaveLength(LIMIT)
    const more = gzipSync('x'.repeat(LIMIT + 1))
    await expect(read(more, { 'content-encoding': 'gzip' })).rejects.toMatchObject(tooLarge)
  })

  it('is refused before it is read where it is announced', async () => {
    const { req } = request({ 'content-length': String(LIMIT + 1) })
    await expect(readBody(req, LIMIT)).rejects.toMatchObject(tooLarge)
    expect(req.readableFlowing).toBe(true)
    const least = request({ 'content-length': String(LIMIT) })
    const reading = readBody(least.req, LIMIT)
    least.send('{}')
    least.end()
    expect(String(await reading)).toBe('{}')
  })

  it('is thrown away as it comes: nothing of it is held', async () => {
    const { req, send } = request()
    const reading = readBody(req, LIMIT)
    for (let n = 0; n <= 3; n += 1) send(Buffer.alloc(1024 * 1024))
    await expect(reading).rejects.toMatchObject(tooLarge)
    expect([req.listenerCount('data'), req.readableFlowing]).toEqual([0, true])
    for (let n = 0; n < 50; n += 1) send(Buffer.alloc(1024 * 1024))
    await new Promise((resolve) => setImmediate(resolve))
    expect(req.readableLength).toBe(0)
  })
})

describe('a client that goes away', () => {
  it('in its body ends the reading, whether or not its connection says why', async () => {
    for (const error of [new Error('reset'), undefined]) {
      const { req, send } = request()
      const reading = readBody(req)
      send('half')
      req.destroy(error)
      await expect(reading).rejects.toThrow(error ? 'reset' : 'the client went away')
    }
  })
})
