import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { type Held, tryAcquire } from '../lib/lock.ts'
import { proofOf } from '../lib/secret.ts'
import { sessionRef, type SessionRef } from './identity.ts'
import { holdLease } from './lease.ts'
import { bootLock, serveLock } from './paths.ts'
import { COMMAND_LIMIT_MS } from './peer.ts'
import { probe, type SessionView } from './probe.ts'
import { updateRecord } from './record.ts'
import { stopSession } from './stop.ts'

/** A daemon that proves itself and then hangs. It "runs" in this process, which nobody signals. */
let home: string
let ref: SessionRef
let held: Held | null
let server: Server
/** What it does with each request behind its proof, by path; nothing when it is not named. */
let answers: Record<string, (res: ServerResponse) => unknown>
let arrived: string[]

beforeEach(async () => {
  home = mkdtempSync(join(tmpdir(), 'ccr-hanging-'))
  ref = sessionRef({ CCR_HOME: home, CCR_MODEL_PREFERENCE: 'a,b' })
  held = await tryAcquire(home, serveLock(ref))
  answers = {}
  arrived = []
  server = createServer(answer).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  await updateRecord(ref, { host: '127.0.0.1', port, token, pid: process.pid, desired: 'running' })
})
afterEach(() => {
  vi.useRealTimers()
  vi.restoreAllMocks()
  server.closeAllConnections()
  server.close()
  held?.release()
  rmSync(home, { recursive: true, force: true })
})

const token = 'ccr-tok-secret'

function answer(req: IncomingMessage, res: ServerResponse): void {
  const { pathname, searchParams } = new URL(req.url ?? '', 'http://x')
  if (pathname === '/health') {
    const proof = proofOf(token, searchParams.get('nonce') ?? '')
    res.end(JSON.stringify({ status: 'ok', sessionId: ref.id, pid: process.pid, proof }))
    return
  }
  answers[pathname]?.(res)
  arrived.push(pathname)
}

const view = (): Promise<SessionView> => {
  answers['/control/status'] = (res) => res.end('{}')
  return probe(ref)
}
const reached = (path: string): Promise<void> =>
  vi.waitUntil(() => arrived.includes(path), { timeout: 20_000, interval: 5 }).then(() => undefined)
/** Lets limits pass until it is over. */
async function outwaited<T>(work: Promise<T>): Promise<T> {
  const state = { over: false }
  const settled = work.finally(() => (state.over = true))
  settled.catch(() => undefined)
  while (!state.over) {
    vi.advanceTimersByTime(COMMAND_LIMIT_MS)
    await new Promise((resolve) => setImmediate(resolve))
  }
  return settled
}

test('a daemon that hangs right after its proof is told to be unresponsive', async () => {
  expect(await probe(ref, 200)).toMatchObject({ state: 'unresponsive', pid: process.pid })
})

test.each([
  ['says nothing', undefined],
  ['does not count it', (res: ServerResponse) => res.writeHead(200).flushHeaders()],
])('a lease of a daemon that %s is given up, with the connection', async (_, does) => {
  const found = await view()
  if (does) answers['/control/lease'] = does
  const closed = new Promise((resolve) => {
    server.once('connection', (socket) => socket.once('close', resolve))
  })
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
  const lease = expect(holdLease(ref, found)).rejects.toThrow(/has just ended/)
  await reached('/control/lease')
  await outwaited(lease)
  await closed
})

test('a stop that is not answered ends in the advice to force it', async () => {
  await view()
  const timeout = AbortSignal.timeout.bind(AbortSignal)
  // The wait for the end of a daemon that was signalled: it hangs, and time is short here.
  vi.spyOn(AbortSignal, 'timeout').mockImplementation((ms) =>
    ms > 1_000_000 ? AbortSignal.abort() : timeout(ms),
  )
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
  const stopped = expect(stopSession(ref, { drainMs: 1_000_000 })).rejects.toMatchObject({
    message: expect.stringContaining('does not answer') as string,
    hint: expect.stringContaining('ccr stop --force') as string,
  })
  await reached('/control/stop')
  await outwaited(stopped)
})

test('a start that hangs is not waited for without end: a stop says so and how to force it', async () => {
  held?.release()
  held = await tryAcquire(home, bootLock(ref))
  vi.spyOn(AbortSignal, 'timeout').mockImplementation(() => AbortSignal.abort())
  const onWait = vi.fn()
  for (const force of [false, true]) {
    await expect(stopSession(ref, { force, onWait })).rejects.toMatchObject({
      message: expect.stringContaining(`pid ${String(process.pid)}`) as string,
      hint: expect.stringContaining('CCR_MODEL_PREFERENCE=a,b ccr stop --force') as string,
    })
  }
  expect(onWait).toHaveBeenCalledWith(`session ${ref.id} is being started`)
})
