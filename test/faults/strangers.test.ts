/** Processes of others with a pid or on a port that a session's files speak of. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { createServer, type Server, type Socket } from 'node:net'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { processStart } from '../../src/lib/process.ts'
import type { SessionRecord } from '../../src/session/record.ts'
import { settled } from './invariants.ts'
import { startHarness, isClient, killHard, PATIENCE, type Harness } from './harness.ts'

let harness: Harness
let bystander: ChildProcess
/** What the bystander was told: it notes every signal that can be noted. */
let noted: string
let servers: Server[]
let sockets: Set<Socket>

const NOTES_SIGNALS = `
for (const name of ['SIGTERM', 'SIGINT', 'SIGHUP', 'SIGUSR2']) process.on(name, () => console.log(name))
process.stdin.resume()
console.log('ready')
`

beforeEach(async () => {
  harness = await startHarness()
  bystander = spawn(process.execPath, ['-e', NOTES_SIGNALS])
  noted = ''
  bystander.stdout?.on('data', (part: Buffer) => (noted += part.toString()))
  await vi.waitUntil(() => noted === 'ready\n', PATIENCE)
  servers = []
  sockets = new Set()
})
afterEach(async () => {
  bystander.kill('SIGKILL')
  for (const server of servers) server.close()
  for (const socket of sockets) socket.destroy()
  await harness.remove()
})

/** A bystander that lives has not been killed; one that ends by itself has noted all it was told. */
async function untouched(): Promise<void> {
  expect(processStart(bystander.pid ?? 0)).not.toBeNull()
  const ended = once(bystander, 'exit')
  bystander.stdin?.end()
  expect(await ended).toEqual([0, null])
  expect(noted).toBe('ready\n')
}

type Manner = (socket: Socket, part: Buffer, record: SessionRecord) => void

/** How a stranger answers what it is sent. */
const MANNERS: Readonly<Record<string, Manner>> = {
  'answers /health without a proof': (socket, _, { id }) =>
    json(socket, { status: 'ok', sessionId: id, pid: bystander.pid }),
  'answers /health with a wrong proof': (socket, _, { id }) =>
    json(socket, { status: 'ok', sessionId: id, pid: bystander.pid, proof: 'f'.repeat(64) }),
  'echoes what it is sent': (socket, part) => socket.write(part),
  'sends back the question as an answer': (socket, part) =>
    json(socket, { status: 'ok', sessionId: part.toString(), proof: part.toString() }),
  'hangs up': (socket) => socket.destroy(),
  'sends garbage': (socket) => socket.write(Buffer.alloc(100_000, 0xff)),
  'never answers': () => undefined,
}

function json(socket: Socket, body: object): void {
  const text = JSON.stringify(body)
  socket.write(
    `HTTP/1.1 200 OK\r\ncontent-length: ${String(Buffer.byteLength(text))}\r\n\r\n${text}`,
  )
}

interface Stranger {
  readonly port: number
  /** All that it was sent. */
  received(): string
}

/** A server of another program on a port (0: any). */
async function stranger(manner: Manner, record: SessionRecord, port = 0): Promise<Stranger> {
  const received: Buffer[] = []
  const server = createServer((socket) => {
    sockets.add(socket)
    socket.on('error', () => undefined)
    socket.on('data', (part) => {
      received.push(part)
      manner(socket, part, record)
    })
  })
  servers.push(server)
  // A killed process is gone for its parent before the last of its threads has let the port go.
  await vi.waitFor(async () => {
    server.listen(port, '127.0.0.1')
    await once(server, 'listening')
  }, PATIENCE)
  const address = server.address() as { port: number }
  return { port: address.port, received: () => Buffer.concat(received).toString('latin1') }
}

const rewrite = (change: Partial<SessionRecord>, preference = 'demo,x'): void =>
  writeFileSync(
    harness.file(preference, 'session.json'),
    JSON.stringify({ ...harness.record(preference), ...change }),
  )

describe.each(Object.entries(MANNERS))('a stranger that %s', (_, manner) => {
  test('on the port of a crashed session is left alone, and the session moves', async () => {
    await harness.succeed('start', 'demo,x')
    const before = harness.record('demo,x')
    await killHard(before.pid ?? 0)
    const other = await stranger(manner, before, before.port ?? 0)
    rewrite({ pid: bystander.pid ?? 0 })
    writeFileSync(harness.file('demo,x', 'router.pid'), `${String(bystander.pid)}\n`)

    expect((await harness.run('status', 'demo,x')).code).toBe(3)
    expect(await harness.succeed('sessions')).toContain('No active sessions.')
    await harness.succeed('stop', 'demo,x')
    const client = await harness.attach('demo,x')
    expect(isClient(client)).toBe(true)
    await harness.succeed('restart', 'demo,x')
    const after = harness.record('demo,x')
    expect(after).toMatchObject({ port: harness.ccr.port + 2, token: before.token })
    await settled(harness, new Map())
    await harness.succeed('stop --all')
    expect(other.received()).not.toContain(before.token)
    await untouched()
  })
})

test('strangers where the records of hanging sessions point are sent no token, and only the daemon is signalled', async () => {
  await Promise.all(
    Object.values(MANNERS).map(async (manner, n) => {
      const preference = `demo,x${String(n)}`
      await harness.succeed('start', preference)
      const record = harness.record(preference)
      const { pid, token } = record
      process.kill(pid ?? 0, 'SIGSTOP') // it cannot put its record right meanwhile
      const other = await stranger(manner, record)
      rewrite({ port: other.port, pid: bystander.pid ?? 0 }, preference)

      expect((await harness.run('status', preference)).code).toBe(3)
      await harness.succeed('stop --force', preference)
      expect(processStart(pid ?? 0)).toBeNull()
      expect(other.received()).toContain('/health?nonce=')
      expect(other.received()).not.toContain(token)
    }),
  )
  await untouched()
  const views = await settled(harness, new Map())
  expect(views.map(({ state }) => state)).toEqual(Object.keys(MANNERS).map(() => 'stopped'))
})
