/** What a session is doing, told from locks and from a daemon that proves itself. */
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { type AddressInfo, createServer, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import {
  type FakeDaemon,
  type FakeDaemonOptions,
  startFakeDaemon,
} from '../../test/support/fake-daemon.ts'
import * as lock from '../lib/lock.ts'
import { tryAcquire } from '../lib/lock.ts'
import { processStart } from '../lib/process.ts'
import { sessionRef, type SessionRef } from './identity.ts'
import { bootLock, logFile, operationLock, recordFile, serveLock } from './paths.ts'
import { listSessions, probe, provedHolders, rememberedSessions } from './probe.ts'
import { pruneSessions } from './prune.ts'
import { knownSessions, readRecord, updateRecord } from './record.ts'

vi.mock('../lib/lock.ts', { spy: true })

let home: string
let ref: SessionRef
let closing: (() => unknown)[]
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'ccr-probe-'))
  ref = session('a,b')
  closing = []
})
afterEach(() => {
  vi.useRealTimers()
  vi.restoreAllMocks()
  vi.resetAllMocks()
  for (const close of closing) close()
  rmSync(home, { recursive: true, force: true })
})

const session = (preference: string): SessionRef =>
  sessionRef({ CCR_HOME: home, CCR_MODEL_PREFERENCE: preference })
async function serve(of = ref, options?: FakeDaemonOptions): Promise<FakeDaemon> {
  const daemon = await startFakeDaemon(of, options)
  closing.push(() => daemon.end())
  return daemon
}
async function hold(name: string): Promise<() => void> {
  const held = await tryAcquire(home, name)
  expect(held).not.toBeNull()
  closing.push(() => held?.release())
  return () => held?.release()
}

const STATUS = {
  ...{ pid: 7, version: '1.2.3', uptimeMs: 1, rssBytes: 2, referenceCount: 3 },
  ...{ served: 4, running: 5, dropped: 6, access: 'counted', unproved: 8, notes: ['n'] },
}
const NOTHING = {
  ...{ pid: null, version: null, uptimeMs: null, rssBytes: null, referenceCount: null },
  ...{ served: null, running: null, dropped: null, access: null, unproved: null, notes: [] },
}

describe('a session that runs', () => {
  it('is told with what its daemon says of itself, and with the pid that was proved', async () => {
    const daemon = await serve(ref, { status: STATUS })
    const view = await probe(ref)
    expect(view).toEqual({
      ...{ ref, id: ref.id, preference: 'a,b', state: 'running', port: daemon.port },
      ...{ record: readRecord(ref), logFile: logFile(ref) },
      ...{ ...STATUS, pid: process.pid },
    })
  })

  it('runs where its boot ends between the looks at its two locks', async () => {
    vi.mocked(lock.isHeld).mockImplementationOnce(async (_, name) => {
      expect(name).toBe(bootLock(ref))
      await serve()
      return false
    })
    expect((await probe(ref)).state).toBe('running')
  })

  it('drains once its daemon says so', async () => {
    const daemon = await serve()
    daemon.health.status = 'draining'
    expect((await probe(ref)).state).toBe('draining')
  })

  it('may say less, or something else: that is not known', async () => {
    const odd = Object.fromEntries(Object.keys(STATUS).map((key) => [key, {}]))
    await serve(ref, { status: { ...odd, notes: ['n', 7], access: 'ajar' } })
    expect(await probe(ref)).toMatchObject({ ...NOTHING, pid: process.pid, notes: ['n'] })
  })

  it('is known by its process where its lock was lost', async () => {
    const record = { pid: process.pid, processStart: processStart(process.pid) }
    await serve(ref, { record, holdsLock: false })
    expect((await probe(ref)).state).toBe('running')
    await updateRecord(ref, { processStart: 'another start' })
    expect((await probe(ref)).state).toBe('stopped')
  })

  it('leaves no connection of ours behind', async () => {
    const daemon = await serve()
    await probe(ref)
    const closed = new Promise((resolve) => {
      daemon.answers['/control/status'] = (res) => {
        res.socket?.once('close', resolve)
        res.end('{}')
      }
    })
    await probe(ref)
    await closed
  })
})

describe('a session that does not run', () => {
  it('is stopped, or starts while a daemon boots', async () => {
    expect(await probe(ref)).toMatchObject({ ...NOTHING, state: 'stopped', port: null })
    await updateRecord(ref, { port: 3457, token: 'ccr-tok-x', desired: 'running' })
    expect(await probe(ref)).toMatchObject({ state: 'stopped', port: 3457 })
    const release = await hold(bootLock(ref))
    expect((await probe(ref)).state).toBe('starting')
    release()
    expect((await probe(ref)).state).toBe('stopped')
  })

  it('starts while its daemon holds its lock and has not written its record yet', async () => {
    await hold(serveLock(ref))
    await hold(bootLock(ref))
    await updateRecord(ref, { port: 1, token: 'ccr-tok-of-before' })
    expect((await probe(ref)).state).toBe('starting')
  })
})

describe('a daemon that does not prove itself', () => {
  it('hangs where it holds its lock', async () => {
    await updateRecord(ref, { port: 1, token: 'ccr-tok-x', pid: process.pid })
    await hold(serveLock(ref))
    vi.mocked(lock.waitUntilFree).mockResolvedValue(false)
    expect(await probe(ref)).toMatchObject({ ...NOTHING, state: 'unresponsive', pid: process.pid })
  })

  it('is waited for a moment where it may be dying, and was', async () => {
    await updateRecord(ref, { port: 1, token: 'ccr-tok-x' })
    const release = await hold(serveLock(ref))
    vi.mocked(lock.waitUntilFree).mockImplementation(() => {
      release()
      return Promise.resolve(true)
    })
    expect((await probe(ref)).state).toBe('stopped')
  })

  it('is looked for again where its record has changed meanwhile', async () => {
    const daemon = await serve()
    const { port } = daemon
    await updateRecord(ref, { port: 1 })
    vi.mocked(lock.waitUntilFree).mockResolvedValue(false)
    vi.mocked(lock.requestRepair).mockImplementation(async () => {
      await updateRecord(ref, { port })
      return true
    })
    expect((await probe(ref)).state).toBe('running')
    expect(lock.requestRepair).toHaveBeenCalledWith(home, serveLock(ref))
    vi.mocked(lock.requestRepair).mockClear()
    await updateRecord(ref, { token: 'ccr-tok-wrong' })
    vi.mocked(lock.requestRepair).mockImplementation(async () => {
      await updateRecord(ref, { token: 'ccr-tok-fake' })
      return true
    })
    expect((await probe(ref)).state).toBe('running')
  })

  it('is the one that holds the lock, or where nobody can tell the one of the record', async () => {
    await updateRecord(ref, { pid: process.pid, processStart: processStart(process.pid) })
    expect(await provedHolders(ref)).toEqual([])
    vi.mocked(lock.holdersOf).mockResolvedValue(null)
    expect(await provedHolders(ref)).toEqual([process.pid])
    await updateRecord(ref, { processStart: 'another start' })
    expect(await provedHolders(ref)).toEqual([])
    await updateRecord(ref, { pid: null })
    expect(await provedHolders(ref)).toEqual([])
  })
})

describe('a look that lasts', () => {
  /** Waits for what happens on connections, while the clock stands. */
  async function until(done: () => boolean): Promise<void> {
    while (!done()) await new Promise((resolve) => setImmediate(resolve))
  }

  it('says for whom it waits, once, after a second or so', async () => {
    const daemon = await serve()
    let answer = (): void => undefined
    daemon.answers['/control/status'] = (res) => {
      answer = () => res.end('{}')
    }
    const silences: unknown[] = []
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
    const looking = probe(ref, 15_000, (silence) => silences.push(silence))
    await until(() => daemon.requests.length > 0)
    vi.advanceTimersByTime(1_000)
    for (let n = 0; n < 20; n += 1) await new Promise((resolve) => setImmediate(resolve))
    expect(silences).toEqual([])
    vi.advanceTimersByTime(1_000)
    await until(() => silences.length > 0)
    expect(silences).toEqual([{ ref, pid: process.pid }])
    vi.advanceTimersByTime(10_000)
    answer()
    expect((await looking).state).toBe('running')
    expect([silences.length, vi.getTimerCount()]).toEqual([1, 0])
  })

  it('says nothing of a daemon that boots', async () => {
    const daemon = await serve()
    let answer = (): void => undefined
    daemon.answers['/control/status'] = (res) => {
      answer = () => res.end('{}')
    }
    await hold(bootLock(ref))
    const silences: unknown[] = []
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
    const looking = probe(ref, 15_000, (silence) => silences.push(silence))
    await until(() => daemon.requests.length > 0)
    vi.advanceTimersByTime(2_000)
    for (let n = 0; n < 50; n += 1) await new Promise((resolve) => setImmediate(resolve))
    answer()
    await looking
    expect(silences).toEqual([])
  })

  it('that is over leaves no timer behind, which would keep a command from ending', async () => {
    await serve()
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
    const silences: unknown[] = []
    await probe(ref, 2_000, (silence) => silences.push(silence))
    await probe(session('none'), 2_000, (silence) => silences.push(silence))
    expect([silences, vi.getTimerCount()]).toEqual([[], 0])
  })

  it('is given up at once where a stranger sits on the name of the lock', async () => {
    const daemon = await serve()
    let left = false
    const { port } = await silent((socket) => socket.once('close', () => (left = true)))
    await updateRecord(ref, { port })
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
    vi.mocked(lock.isHeld).mockResolvedValue(false)
    const looking = probe(ref, 15_000)
    await until(() => sockets.length > 0)
    vi.advanceTimersByTime(999)
    for (let n = 0; n < 20; n += 1) await new Promise((resolve) => setImmediate(resolve))
    expect(left).toBe(false)
    vi.advanceTimersByTime(1)
    expect((await looking).state).toBe('stopped')
    expect(daemon.requests).toEqual([])
  })

  const sockets: Socket[] = []
  /** A server that accepts connections and says nothing. */
  async function silent(onConnection: (socket: Socket) => void) {
    sockets.length = 0
    const server = createServer((socket) => {
      sockets.push(socket)
      socket.on('error', () => undefined)
      onConnection(socket.resume())
    }).listen(0, '127.0.0.1')
    await once(server, 'listening')
    closing.push(() => {
      for (const socket of sockets) socket.destroy()
      server.close()
    })
    return { port: (server.address() as AddressInfo).port }
  }
})

describe('all sessions of a home', () => {
  it('are listed by their ports, those without one last', async () => {
    await updateRecord(session('none'), {})
    await updateRecord(session('high'), { port: 3460 })
    await updateRecord(session('low'), { port: 3457 })
    await serve(session('served'), { record: { port: 3458 } })
    const views = await listSessions(home)
    expect(views.map(({ preference }) => preference)).toEqual(['low', 'served', 'high', 'none'])
  })

  it('are remembered also where a record is damaged under its daemon, which puts it right', async () => {
    await updateRecord(ref, { port: 3457 })
    const whole = readRecord(ref)
    writeFileSync(recordFile(ref), '{"id":')
    vi.mocked(lock.requestRepair).mockImplementation((_, name) => {
      if (name === serveLock(ref)) writeFileSync(recordFile(ref), JSON.stringify(whole))
      return Promise.resolve(true)
    })
    expect((await rememberedSessions(home)).map(({ id }) => id)).toEqual([ref.id])
    vi.mocked(lock.requestRepair).mockClear()
    await rememberedSessions(home)
    expect(lock.requestRepair).not.toHaveBeenCalled()
  })
})

describe('ccr prune', () => {
  it('forgets what is stopped, with its files, and nothing that runs, starts or is worked on', async () => {
    const [running, starting, busy] = [session('running'), session('starting'), session('busy')]
    for (const each of [ref, running, starting, busy]) await updateRecord(each, { port: 3457 })
    mkdirSync(join(ref.dir, 'more'))
    await serve(running)
    await hold(bootLock(starting))
    await hold(operationLock(busy))
    const { removed, faults } = await pruneSessions(home)
    expect([removed.map(({ id }) => id), faults]).toEqual([[ref.id], []])
    const left = knownSessions(home).map(({ ref: { preference } }) => preference)
    expect(left.sort()).toEqual(['busy', 'running', 'starting'])
    expect(await tryAcquire(home, operationLock(ref))).not.toBeNull()
  })

  it('does not take a record away that somebody writes at this moment', async () => {
    await updateRecord(ref, { port: 3457 })
    const release = await hold('registry')
    let over = false
    const pruning = pruneSessions(home).then(() => (over = true))
    await vi.waitUntil(() => vi.mocked(lock.withLock).mock.calls.length > 1)
    for (let n = 0; n < 20; n += 1) await new Promise((resolve) => setImmediate(resolve))
    expect([over, readRecord(ref).port]).toEqual([false, 3457])
    release()
    await pruning
    expect(knownSessions(home)).toEqual([])
  })
})
