import { type AddressInfo, createServer, type Server, type Socket } from 'node:net'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { createUpstream, type Upstream } from './send.ts'

const closing: (() => Promise<unknown>)[] = []
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close()
})

/** A server that sends exactly the given bytes, once for each connection. */
async function rawServer(talk: (socket: Socket) => void): Promise<string> {
  const sockets = new Set<Socket>()
  const server: Server = createServer((socket) => {
    sockets.add(socket)
    socket.on('error', () => undefined)
    talk(socket)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  closing.push(() => {
    for (const socket of sockets) socket.destroy()
    return new Promise((resolve) => server.close(resolve))
  })
  return `127.0.0.1:${String((server.address() as AddressInfo).port)}`
}

const LONG = 60_000

function upstream(limits: { connectMs?: number; firstByteMs?: number; idleMs?: number }): Upstream {
  const timeouts = { connectMs: LONG, firstByteMs: LONG, idleMs: LONG, ...limits }
  const made = createUpstream({ limits: () => timeouts, network: { proxyUrl: '', env: {} } })
  closing.push(() => made.close())
  return made
}

const call = (url: string) => ({ provider: 'p', url, headers: {}, body: '{}' })
const signal = new AbortController().signal

async function textOf(body: AsyncIterable<Uint8Array>): Promise<string> {
  const text = new TextDecoder()
  let read = ''
  for await (const chunk of body) read += text.decode(chunk, { stream: true })
  return read
}

const HEAD = 'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n'

describe('an upstream', () => {
  it('gives status and body', async () => {
    const host = await rawServer((socket) => {
      socket.once('data', () => socket.write(`${HEAD}2\r\nhi\r\n0\r\n\r\n`))
    })
    const answer = await upstream({}).send(call(`http://${host}/v1`), signal)
    expect(answer.status).toBe(200)
    expect(await textOf(answer.body)).toBe('hi')
    answer.release()
  })

  it('sends a GET without a body', async () => {
    let request = ''
    const host = await rawServer((socket) => {
      socket.once('data', (data) => {
        request = data.toString('utf8')
        socket.write(`${HEAD}0\r\n\r\n`)
      })
    })
    const get = { ...call(`http://${host}/search?q=otters`), method: 'GET', body: '' } as const
    const answer = await upstream({}).send(get, signal)
    expect(request).toMatch(/^GET \/search\?q=otters HTTP\/1\.1\r\n/)
    expect(request).not.toMatch(/content-length|transfer-encoding/i)
    answer.release()
  })

  it('gives up on a connection that does not come to stand, and names the limit', async () => {
    const host = await rawServer(() => undefined) // never answers the TLS handshake
    const sent = upstream({ connectMs: 50 }).send(call(`https://${host}/v1`), signal)
    await expect(sent).rejects.toMatchObject({
      kind: 'timeout_error',
      message: `p (https://${host}) did not accept a connection within 0.05 s (its limit timeouts.connect)`,
    })
  })

  it('gives up on an answer that does not begin', async () => {
    const host = await rawServer(() => undefined)
    const sent = upstream({ firstByteMs: 50 }).send(call(`http://${host}/v1`), signal)
    await expect(sent).rejects.toMatchObject({
      kind: 'timeout_error',
      message: expect.stringContaining('did not begin to answer within 0.05 s') as string,
    })
  })

  it('does not take a status line for the beginning of an answer', async () => {
    const host = await rawServer((socket) => {
      socket.once('data', () => socket.write(HEAD))
    })
    const answer = await upstream({ firstByteMs: 200 }).send(call(`http://${host}/v1`), signal)
    await expect(textOf(answer.body)).rejects.toMatchObject({
      kind: 'timeout_error',
      message: expect.stringContaining('timeouts.firstByte') as string,
    })
    answer.release()
  })

  it('gives up on an answer that falls silent', async () => {
    const host = await rawServer((socket) => {
      socket.once('data', () => socket.write(`${HEAD}2\r\nhi\r\n`))
    })
    const answer = await upstream({ idleMs: 50 }).send(call(`http://${host}/v1`), signal)
    await expect(textOf(answer.body)).rejects.toMatchObject({
      kind: 'timeout_error',
      message: expect.stringContaining('middle of its answer within 0.05 s') as string,
    })
    answer.release()
  })

  it('does not count the time that the reader takes', async () => {
    const host = await rawServer((socket) => {
      socket.once('data', () => socket.write(`${HEAD}2\r\nhi\r\n0\r\n\r\n`))
    })
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
    closing.push(() => Promise.resolve(vi.useRealTimers()))
    const answer = await upstream({}).send(call(`http://${host}/v1`), signal)
    await answer.body.next()
    vi.advanceTimersByTime(2 * LONG)
    expect(await answer.body.next()).toMatchObject({ done: true })
    answer.release()
  })

  it('gives a healthy answer whole that takes longer than every limit', async () => {
    let more: (text: string) => void = () => undefined
    const host = await rawServer((socket) => {
      more = (text) => void socket.write(`${text.length.toString(16)}\r\n${text}\r\n`)
      socket.once('data', () => socket.write(HEAD))
    })
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
    closing.push(() => Promise.resolve(vi.useRealTimers()))
    const answer = await upstream({}).send(call(`http://${host}/v1`), signal)
    for (let n = 0; n < 10; n += 1) {
      const next = answer.body.next()
      await vi.advanceTimersByTimeAsync(0.9 * LONG)
      more(`piece ${String(n)}`)
      expect(String((await next).value)).toBe(`piece ${String(n)}`)
    }
    answer.release()
  })

  it('waits for the first byte, and for each further one, as long as it may and no longer', async () => {
    for (const first of ['', '2\r\nhi\r\n']) {
      const host = await rawServer((socket) => {
        socket.once('data', () => socket.write(HEAD + first))
      })
      vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
      closing.push(() => Promise.resolve(vi.useRealTimers()))
      const answer = await upstream({}).send(call(`http://${host}/v1`), signal)
      if (first !== '') await answer.body.next()
      let isOver = false
      const late = answer.body.next().catch((error: unknown) => {
        isOver = true
        return error
      })
      await vi.advanceTimersByTimeAsync(0.5 * LONG)
      expect(isOver).toBe(false)
      await vi.advanceTimersByTimeAsync(0.5 * LONG)
      expect(await late).toMatchObject({ kind: 'timeout_error' })
      answer.release()
      vi.useRealTimers()
    }
  })

  it('gives all that one read brought as one piece, then the error that broke it off', async () => {
    const host = await rawServer((socket) => {
      socket.once('data', () => {
        socket.write(`${HEAD}2\r\nhi\r\n4\r\n you\r\n`, () => socket.destroy())
      })
    })
    const { body } = await upstream({}).send(call(`http://${host}/v1`), signal)
    expect(String((await body.next()).value)).toBe('hi you')
    await expect(body.next()).rejects.toMatchObject({
      message: `p (http://${host}) closed the connection`,
    })
  })

  it('keeps the connection of a body that is about to end when it is released', async () => {
    let connections = 0
    const host = await rawServer((socket) => {
      connections += 1
      socket.on('data', () => {
        socket.write(`${HEAD}2\r\nhi\r\n`, () => socket.write('0\r\n\r\n'))
      })
    })
    const one = upstream({})
    for (let n = 0; n < 10; n += 1) {
      const answer = await one.send(call(`http://${host}/v1`), signal)
      await answer.body.next()
      answer.release()
    }
    // Another one is opened only while the end is still on its way.
    expect(connections).toBeLessThan(10)
  })

  it('gives a long body whole to a reader that is slower than it', async () => {
    const size = 8 * 1024 * 1024
    let sent = 0
    const host = await rawServer((socket) => {
      socket.once('data', () => {
        socket.write(`HTTP/1.1 200 OK\r\ncontent-length: ${String(size)}\r\n\r\n`)
        const piece = Buffer.alloc(64 * 1024)
        const more = (): void => {
          if (sent === size) return
          sent += piece.length
          socket.write(piece, more)
        }
        more()
      })
    })
    const answer = await upstream({}).send(call(`http://${host}/v1`), signal)
    let read = 0
    for await (const piece of answer.body) {
      read += piece.length
      await new Promise((resolve) => setImmediate(resolve))
    }
    expect(read).toBe(size)
  })

  it('stops at once when it is aborted', async () => {
    const host = await rawServer(() => undefined)
    const abort = new AbortController()
    const one = upstream({})
    const sent = one.send(call(`http://${host}/v1`), abort.signal)
    abort.abort()
    await expect(sent).rejects.toMatchObject({ kind: 'api_error' })
    await expect(one.send(call(`http://${host}/v1`), abort.signal)).rejects.toThrow()
  })

  it('says that a connection was refused, and closed', async () => {
    const host = await rawServer((socket) => socket.destroy())
    const one = upstream({})
    await expect(one.send(call(`http://${host}/v1`), signal)).rejects.toMatchObject({
      status: 502,
      message: `p (http://${host}) closed the connection`,
    })
    await expect(one.send(call('http://127.0.0.1:1/v1'), signal)).rejects.toMatchObject({
      status: 502,
      message: expect.stringContaining('refused the connection') as string,
    })
  })
})
