/** Stopping a session, with a daemon in the test's own process. */
import { mkdtempSync, rmSync } from 'node:fs'
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
import * as processes from '../lib/process.ts'
import { sessionRef, type SessionRef } from './identity.ts'
import { bootLock, operationLock, serveLock } from './paths.ts'
import { readRecord, updateRecord } from './record.ts'
import { onPlatform } from '../../test/support/platform.ts'
import { probe } from './probe.ts'
import { DRAIN_MS, endHanging, renewToken, signalHolders, stopSession } from './stop.ts'

vi.mock('../lib/lock.ts', { spy: true })
vi.mock('../lib/process.ts', { spy: true })

let home: string
let ref: SessionRef
let daemons: FakeDaemon[]
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'ccr-stop-'))
  ref = sessionRef({ CCR_HOME: home, CCR_MODEL_PREFERENCE: 'a,b' })
  daemons = []
})
afterEach(() => {
  vi.useRealTimers()
  vi.restoreAllMocks()
  vi.resetAllMocks()
  for (const daemon of daemons) daemon.end()
  rmSync(home, { recursive: true, force: true })
})

/** A daemon that ends as soon as it is asked to. */
async function serve(options: FakeDaemonOptions = {}): Promise<FakeDaemon> {
  const daemon = await startFakeDaemon(ref, options)
  daemons.push(daemon)
  daemon.answers['/control/stop'] = (res) => {
    res.writeHead(200).flushHeaders()
    setImmediate(() => daemon.end())
  }
  return daemon
}
const orders = ({ requests }: FakeDaemon): unknown[] =>
  requests
    .filter(({ path }) => path === '/control/stop')
    .map(({ body }): unknown => JSON.parse(body))
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

describe('a session that runs', () => {
  it('is asked to end within ten seconds, with its token, and how many it had is told', async () => {
    const daemon = await serve({ status: { referenceCount: 3 } })
    expect(await stopSession(ref)).toEqual({ ran: true, clients: 3 })
    expect(orders(daemon)).toEqual([{ drainMs: 10_000 }])
    expect(DRAIN_MS).toBe(10_000)
    expect(daemon.requests.at(-1)).toMatchObject({
      method: 'POST',
      authorization: 'Bearer ccr-tok-fake',
    })
    expect(readRecord(ref).desired).toBe('stopped')
  })

  it('gets the time that the user gives it, and none with force', async () => {
    const patient = await serve()
    await stopSession(ref, { drainMs: 60_000 })
    expect(orders(patient)).toEqual([{ drainMs: 60_000 }])
    const cut = await serve()
    await stopSession(ref, { drainMs: 60_000, force: true })
    expect(orders(cut)).toEqual([{ drainMs: 0 }])
  })

  it('is waited for until it has ended', async () => {
    const daemon = await serve()
    let isReached = false
    daemon.answers['/control/stop'] = (res) => {
      res.writeHead(200).flushHeaders()
      isReached = true
    }
    let over = false
    const stopping = stopSession(ref).then(() => (over = true))
    await vi.waitUntil(() => isReached, { timeout: 20_000, interval: 5 })
    for (let n = 0; n < 20; n += 1) await turn()
    expect(over).toBe(false)
    daemon.end()
    await stopping
  })

  it('and is being stopped by another command gets our limit at once', async () => {
    const daemon = await serve({ status: { referenceCount: 1 } })
    daemon.health.status = 'draining'
    const other = await tryAcquire(home, operationLock(ref))
    const stopping = stopSession(ref, { drainMs: 5 })
    await vi.waitUntil(() => orders(daemon).length > 0, { timeout: 20_000, interval: 5 })
    expect(orders(daemon)).toEqual([{ drainMs: 5 }])
    other?.release()
    expect(await stopping).toEqual({ ran: true, clients: 1 })
  })

  it('leaves no timer behind that would keep the command from ending', async () => {
    await serve()
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
    await stopSession(ref)
    expect(vi.getTimerCount()).toBe(0)
  })

  it('waits for another command that works on it', async () => {
    const daemon = await serve()
    const other = await tryAcquire(home, operationLock(ref))
    const stopping = stopSession(ref)
    for (let n = 0; n < 20; n += 1) await turn()
    expect(orders(daemon)).toEqual([])
    other?.release()
    expect((await stopping).ran).toBe(true)
  })
})

describe('a session that does not run', () => {
  it('is not told to have run, and is not revived from then on', async () => {
    await updateRecord(ref, { desired: 'running', token: 'ccr-tok-a', port: 3457 })
    expect(await stopSession(ref)).toEqual({ ran: false, clients: 0 })
    expect(readRecord(ref)).toMatchObject({ desired: 'stopped', token: 'ccr-tok-a', port: 3457 })
  })

  it('is waited for where it starts, and stopped then', async () => {
    const booting = await tryAcquire(home, bootLock(ref))
    const stopping = stopSession(ref)
    for (let n = 0; n < 20; n += 1) await turn()
    await serve()
    booting?.release()
    expect(await stopping).toMatchObject({ ran: true })
  })
})

describe('a new token', () => {
  it('is given once it has ended: who has the old one is refused', async () => {
    await serve()
    await stopSession(ref, { newToken: true })
    const { token } = readRecord(ref)
    expect(token).toMatch(/^ccr-tok-.{40,}/)
    expect(token).not.toBe('ccr-tok-fake')
    await renewToken(ref)
    expect(readRecord(ref).token).not.toBe(token)
  })

  it('is given to no session that was never started', async () => {
    await renewToken(ref)
    expect(readRecord(ref).token).toBe('')
  })
})

describe('a daemon that hangs', () => {
  const OTHER = 4_000_001
  const kills: (readonly [number, unknown])[] = []
  /** Who holds the session's lock, by the kernel's word; when each of them started. */
  let holders: number[]
  let starts: Record<number, string>
  beforeEach(() => {
    kills.length = 0
    holders = [OTHER]
    starts = { [OTHER]: 'then', [process.pid]: 'before' }
    vi.mocked(lock.holdersOf).mockImplementation(() => Promise.resolve([...holders]))
    vi.mocked(processes.processStart).mockImplementation((pid) => starts[pid] ?? null)
    vi.mocked(processes.isSameProcess).mockImplementation(
      (pid, start) => pid !== null && start !== null && starts[pid] === start,
    )
    vi.spyOn(process, 'kill').mockImplementation((pid, signal) => {
      kills.push([pid, signal])
      return true
    })
  })

  it('is ended by the lock that it holds, never this process or one that took its pid', async () => {
    holders = [OTHER, process.pid, 4_000_002]
    await signalHolders(ref, 'SIGTERM')
    expect(kills).toEqual([[OTHER, 'SIGTERM']])
    kills.length = 0
    let looks = 0
    vi.mocked(lock.holdersOf).mockImplementation(() => {
      looks += 1
      if (looks === 1) return Promise.resolve([OTHER])
      return Promise.resolve([])
    })
    await signalHolders(ref, 'SIGTERM')
    expect(kills).toEqual([])
  })

  it('may be gone before the signal, but not be beyond it', async () => {
    const failing = (code: string) =>
      vi.spyOn(process, 'kill').mockImplementation(() => {
        throw Object.assign(new Error(code), { code })
      })
    failing('ESRCH')
    await signalHolders(ref, 'SIGKILL')
    failing('EPERM')
    await expect(signalHolders(ref, 'SIGKILL')).rejects.toThrow('EPERM')
  })

  /** A look waits a moment for a daemon that may be dying; there are two before it is ended. */
  const ALIVE = [false, false]
  /** How long each end was waited for, and whether it came. */
  function waits(...ends: boolean[]): number[] {
    const limits: number[] = []
    const timeout = AbortSignal.timeout.bind(AbortSignal)
    let last = 0
    vi.spyOn(AbortSignal, 'timeout').mockImplementation((ms) => {
      last = ms
      return timeout(1_000_000)
    })
    vi.mocked(lock.waitUntilFree).mockImplementation(() => {
      limits.push(last)
      const end = ends.shift() ?? true
      if (end) for (const daemon of daemons) daemon.end()
      return Promise.resolve(end)
    })
    return limits
  }
  /** One that proves itself and is deaf to the order to end. */
  async function deaf(): Promise<FakeDaemon> {
    const daemon = await serve()
    daemon.answers['/control/stop'] = (res) => res.destroy()
    daemon.answers['/control/status'] = (res) => res.destroy()
    expect(await tryAcquire(home, serveLock(ref))).toBeNull()
    return daemon
  }

  it('is asked by SIGTERM and given its drain, and not killed unless the user says so', async () => {
    await deaf()
    const limits = waits(...ALIVE, false)
    await expect(stopSession(ref, { drainMs: 7_000 })).rejects.toThrow(/does not answer/)
    expect(kills).toEqual([[OTHER, 'SIGTERM']])
    expect(limits.at(-1)).toBe(12_000)
  })

  it('is killed with force, a second after it was asked', async () => {
    await deaf()
    const limits = waits(...ALIVE, false, true)
    expect((await stopSession(ref, { force: true })).ran).toBe(true)
    expect(kills).toEqual([
      [OTHER, 'SIGTERM'],
      [OTHER, 'SIGKILL'],
    ])
    expect(limits.slice(-2)).toEqual([1_000, 1_000])
  })

  it('that ends by SIGTERM is not killed', async () => {
    await deaf()
    waits(...ALIVE, true)
    expect((await stopSession(ref, { force: true })).ran).toBe(true)
    expect(kills).toEqual([[OTHER, 'SIGTERM']])
  })

  it('is not signalled on Windows without force: each signal would end it at once', async () => {
    const view = await probe(ref)
    onPlatform('win32')
    const limits = waits(false, true)
    await expect(endHanging(view, { drainMs: 7_000 })).rejects.toThrow(/does not answer/)
    expect([kills, limits]).toEqual([[], [12_000]])
    await endHanging(view, { force: true })
    expect(kills).toEqual([[OTHER, 'SIGKILL']])
  })
})
