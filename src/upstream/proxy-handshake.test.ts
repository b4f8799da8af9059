import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import { afterEach, describe, expect, it } from 'vitest'
import { nextMessage, ProxyRefusal } from './proxy-handshake.ts'
import { socksConnect } from './socks.ts'

const closing: (() => unknown)[] = []
afterEach(() => {
  for (const close of closing.splice(0).reverse()) close()
})

/** Both ends of a connection: ours, and that of a proxy. */
async function ends(): Promise<{ ours: Socket; theirs: Socket }> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const connected = once(server, 'connection') as Promise<[Socket]>
  const ours = connect((server.address() as AddressInfo).port, '127.0.0.1')
  const [theirs] = await connected
  for (const socket of [ours, theirs]) socket.on('error', () => undefined)
  closing.push(() => {
    ours.destroy()
    theirs.destroy()
    server.close()
  })
  return { ours, theirs }
}

const line = (seen: Buffer): number => seen.indexOf('\n') + 1

describe('the next message of a proxy', () => {
  it('is given whole, and what follows it stays for the next reader', async () => {
    const { ours, theirs } = await ends()
    const first = nextMessage(ours, line)
    theirs.write('hel')
    theirs.write('lo\nworld\nrest')
    expect(String(await first)).toBe('hello\n')
    expect(String(await nextMessage(ours, line))).toBe('world\n')
    const [rest] = (await once(ours.resume(), 'data')) as [Buffer]
    expect(String(rest)).toBe('rest')
    expect(ours.listenerCount('end') + ours.listenerCount('close')).toBeLessThanOrEqual(2)
  })

  it('may be long, but not without end', async () => {
    const { ours, theirs } = await ends()
    theirs.write(`${'x'.repeat(15_000)}\n`)
    expect(await nextMessage(ours, line)).toHaveLength(15_001)
    const endless = nextMessage(ours, line)
    theirs.write('x'.repeat(64 * 1024))
    await expect(endless).rejects.toThrow('sent too much')
  })

  it.each([
    ['ends', (socket: Socket) => socket.end()],
    ['is cut', (socket: Socket) => socket.destroy()],
  ])('never comes where the connection %s first', async (_, end) => {
    const { ours, theirs } = await ends()
    const waiting = nextMessage(ours, line)
    theirs.write('hal', () => end(theirs))
    await expect(waiting).rejects.toThrow(ProxyRefusal)
  })

  it('is never received on a connection that has ended, whose error is reported', async () => {
    const { ours } = await ends()
    ours.destroy(new Error('took too long'))
    await expect(nextMessage(ours, line)).rejects.toThrow('took too long')
  })
})

describe('SOCKS5', () => {
  /** Answers each message with the next of these, and notes what came. */
  async function proxy(...answers: number[][]) {
    const { ours, theirs } = await ends()
    const seen: number[][] = []
    theirs.on('data', (chunk: Buffer) => {
      seen.push([...chunk])
      const answer = answers.shift()
      if (answer) theirs.write(Buffer.from(answer))
    })
    return { ours, seen }
  }
  const OK = [5, 0, 0, 1, 1, 2, 3, 4, 0, 80]

  it('asks for a name, a port of two bytes and no more than it needs', async () => {
    const { ours, seen } = await proxy([5, 0], OK)
    await socksConnect(ours, { host: 'ab.example', port: 8443 }, undefined)
    expect(seen).toEqual([
      [5, 1, 0],
      [5, 1, 0, 3, 10, ...Buffer.from('ab.example'), 8443 >> 8, 8443 & 255],
    ])
  })

  it('logs in where it is asked to', async () => {
    const { ours, seen } = await proxy([5, 2], [1, 0], OK)
    await socksConnect(ours, { host: '1.2.3.4', port: 80 }, { user: 'me', password: 'pä' })
    expect(seen).toEqual([
      [5, 2, 0, 2],
      [1, 2, 109, 101, 3, ...Buffer.from('pä')],
      [5, 1, 0, 1, 1, 2, 3, 4, 0, 80],
    ])
  })

  it.each([
    ['::1', [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1]],
    ['fd00::', [253, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]],
    ['1:2:3:4:5:6:7:8', [0, 1, 0, 2, 0, 3, 0, 4, 0, 5, 0, 6, 0, 7, 0, 8]],
    ['2001:db8::a:b', [32, 1, 13, 184, 0, 0, 0, 0, 0, 0, 0, 0, 0, 10, 0, 11]],
  ])('writes the address %s out', async (host, bytes) => {
    const { ours, seen } = await proxy([5, 0], OK)
    await socksConnect(ours, { host, port: 1 }, undefined)
    expect(seen[1]).toEqual([5, 1, 0, 4, ...bytes, 0, 1])
  })

  it.each([
    ['an address of version 6', [5, 0, 0, 4, ...Array<number>(16).fill(7), 0, 80]],
    ['a name', [5, 0, 0, 3, 3, 97, 98, 99, 0, 80]],
  ])('leaves what comes behind a reply with %s to the provider', async (_, reply) => {
    const { ours } = await proxy([5, 0], [...reply, 104, 105])
    await socksConnect(ours, { host: 'a', port: 1 }, undefined)
    const [rest] = (await once(ours.resume(), 'data')) as [Buffer]
    expect(String(rest)).toBe('hi')
  })

  it.each([
    [1, 'failed'],
    [2, 'does not allow this connection'],
    [3, 'cannot reach the network'],
    [4, 'cannot reach the host'],
    [5, 'was refused by the host'],
    [6, 'took too many hops'],
    [7, 'does not know the command CONNECT'],
    [8, 'does not know this type of address'],
    [99, 'answered 99'],
  ])('tells the refusal %i in words', async (reply, words) => {
    const { ours } = await proxy([5, 0], [5, reply, 0, 1, 0, 0, 0, 0, 0, 0])
    const connecting = socksConnect(ours, { host: 'a', port: 1 }, undefined)
    await expect(connecting).rejects.toThrow(words)
  })

  it('tells what it wants, and what it does not take', async () => {
    const destination = { host: 'a', port: 1 }
    const me = { user: 'me', password: 'x' }
    const wants = await proxy([5, 255])
    await expect(socksConnect(wants.ours, destination, undefined)).rejects.toThrow(/^wants a user/)
    const other = await proxy([5, 255])
    await expect(socksConnect(other.ours, destination, me)).rejects.toThrow(/^takes no user name/)
    const uncalled = await proxy([5, 2])
    await expect(socksConnect(uncalled.ours, destination, undefined)).rejects.toThrow(/^wants/)
    const old = await proxy([4, 0])
    await expect(socksConnect(old.ours, destination, me)).rejects.toThrow('is no SOCKS5 proxy')
    const wrong = await proxy([5, 2], [1, 1])
    await expect(socksConnect(wrong.ours, destination, me)).rejects.toThrow('refused the user name')
    const long = await proxy([5, 2])
    const secret = { user: 'me', password: 'x'.repeat(256) }
    await expect(socksConnect(long.ours, destination, secret)).rejects.toThrow('no password this')
    const far = await proxy([5, 0])
    const name = { host: 'x'.repeat(256), port: 1 }
    await expect(socksConnect(far.ours, name, undefined)).rejects.toThrow('no host name this long')
  })
})
