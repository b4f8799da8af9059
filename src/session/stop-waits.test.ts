/** What a stop waits for, and when it signals: daemons that are slow, deaf or quicker than it. */
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
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
import { UserError } from '../lib/user-error.ts'
import { sessionRef, type SessionRef } from './identity.ts'
import { bootLock, operationLock, recordFile, REGISTRY_LOCK } from './paths.ts'
import { COMMAND_LIMIT_MS } from './peer.ts'
import { updateRecord } from './record.ts'
import { stopSession } from './stop.ts'

vi.mock('../lib/lock.ts', { spy: true })
vi.mock('../lib/process.ts', { spy: true })
const actual = await vi.importActual<typeof lock>('../lib/lock.ts')

/** By the kernel's word it holds each lock of the session; it is no process. */
const OTHER = 4_000_001

let home: string
let ref: SessionRef
let closing: (() => unknown)[]
/** The signals that were sent, and what they do. */
let kills: (readonly [number, unknown])[]
let onKill: () => void
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'ccr-stop-'))
  ref = sessionRef({ CCR_HOME: home, CCR_MODEL_PREFERENCE: 'a,b' })
  closing = []
  kills = []
  onKill = () => undefined
  vi.mocked(lock.holdersOf).mockResolvedValue([OTHER])
  vi.mocked(processes.processStart).mockReturnValue('then')
  vi.mocked(processes.isSameProcess).mockImplementation((pid) => pid === OTHER)
  vi.spyOn(process, 'kill').mockImplementation((pid, signal) => {
    kills.push([pid, signal])
    onKill()
    return true
  })
})
afterEach(() => {
  vi.useRealTimers()
  vi.restoreAllMocks()
  vi.resetAllMocks()
  for (const close of closing) close()
  rmSync(home, { recursive: true, force: true })
})

async function serve(options: FakeDaemonOptions = {}): Promise<FakeDaemon> {
  const daemon = await startFakeDaemon(ref, options)
  closing.push(() => daemon.end())
  daemon.answers['/control/stop'] = (res) => {
    res.writeHead(200).flushHeaders()
    setImmediate(() => daemon.end())
  }
  return daemon
}
const orders = ({ requests }: FakeDaemon): number =>
  requests.filter(({ path }) => path === '/control/stop').length
const holdTime = (): unknown => vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))
const turns = async (many = 20): Promise<void> => {
  for (let n = 0; n < many; n += 1) await turn()
}
/** Waits for what happens on connections, while the clock stands. */
async function until(done: () => boolean): Promise<void> {
  while (!done()) await turn()
}

describe('a session that does not run', () => {
  it('needs nothing, and nothing is written for it, not even its home', async () => {
    const none = sessionRef({ CCR_HOME: join(home, 'none') })
    expect(await stopSession(none)).toEqual({ ran: false, clients: 0 })
    expect(existsSync(none.home)).toBe(false)
  })

  it('may be started by a command that is at work, which is waited for', async () => {
    const other = await tryAcquire(home, operationLock(ref))
    const stopping = stopSession(ref)
    await turns()
    const daemon = await serve()
    other?.release()
    expect(await stopping).toMatchObject({ ran: true })
    expect(orders(daemon)).toBe(1)
  })

  it('and never did has no record after a stop that waited for another command', async () => {
    const other = await tryAcquire(home, operationLock(ref))
    const stopping = stopSession(ref)
    await turns()
    other?.release()
    expect(await stopping).toEqual({ ran: false, clients: 0 })
    expect(existsSync(recordFile(ref))).toBe(false)
  })

  /** Where the home is full or read-only. */
  const unwritable = (fault: Error): void => {
    vi.mocked(lock.withLock).mockImplementation((at, name, work) =>
      name === REGISTRY_LOCK ? Promise.reject(fault) : actual.withLock(at, name, work),
    )
  }

  it('but may be revived, for nothing can be noted, is told with that', async () => {
    await updateRecord(ref, { desired: 'running' })
    const fault = new UserError('cannot write session.json: it is full', 'Make room.')
    unwritable(fault)
    await expect(stopSession(ref)).rejects.toMatchObject({
      message: fault.message,
      hint: `Session ${ref.id} does not run, but a claude that is attached may start it again.\nMake room.`,
      cause: fault,
    })
    unwritable(new RangeError('ours'))
    await expect(stopSession(ref)).rejects.toThrow(RangeError)
    vi.mocked(lock.withLock).mockReset()
    await stopSession(ref)
    expect(JSON.parse(readFileSync(recordFile(ref), 'utf8'))).toMatchObject({ desired: 'stopped' })
  })
})

describe('a session that runs', () => {
  it.each([
    ['more', [1, 3]],
    ['fewer', [3, 1]],
  ])('is told with the most clients that it had: %s at the second look', async (_, counts) => {
    const daemon = await serve()
    daemon.answers['/control/status'] = (res) => {
      res.end(JSON.stringify({ referenceCount: counts.shift() }))
    }
    expect(await stopSession(ref)).toEqual({ ran: true, clients: 3 })
  })

  it('and ends in time is not signalled', async () => {
    await serve()
    expect((await stopSession(ref)).ran).toBe(true)
    expect(kills).toEqual([])
  })

  it('and ends without an answer is not signalled', async () => {
    const daemon = await serve()
    daemon.answers['/control/stop'] = () => daemon.end()
    expect((await stopSession(ref)).ran).toBe(true)
    expect(kills).toEqual([])
  })

  it('and ends by itself before it is asked to is not signalled', async () => {
    const daemon = await serve()
    let looks = 0
    daemon.answers['/control/status'] = (res) => {
      looks += 1
      res.end('{}', looks < 2 ? undefined : () => daemon.end())
    }
    expect((await stopSession(ref)).ran).toBe(true)
    expect([kills, orders(daemon)]).toEqual([[], 0])
  })

  it('and loses the order is asked again, over another connection, while it drains too', async () => {
    const daemon = await serve()
    let first = (): void => undefined
    const closed = new Promise<void>((resolve) => (first = resolve))
    daemon.answers['/control/stop'] = async (res) => {
      daemon.health.status = 'draining'
      if (orders(daemon) === 1) {
        res.socket?.once('close', first)
        res.end('{}')
        return
      }
      await closed // nobody keeps the first one open
      daemon.end()
    }
    expect((await stopSession(ref)).ran).toBe(true)
    expect([kills, orders(daemon)]).toEqual([[], 2])
  })

  it('and drains for longer than it may is ended, and not before', async () => {
    const daemon = await serve()
    daemon.answers['/control/stop'] = (res) => res.writeHead(200).flushHeaders()
    onKill = () => daemon.end()
    holdTime()
    const stopping = stopSession(ref, { drainMs: 7_000 })
    await until(() => orders(daemon) > 0 && vi.getTimerCount() === 1)
    await turns(200)
    vi.advanceTimersByTime(11_999)
    await turns()
    expect(kills).toEqual([])
    vi.advanceTimersByTime(1)
    expect((await stopping).ran).toBe(true)
    expect([kills, orders(daemon)]).toEqual([[[OTHER, 'SIGTERM']], 1])
  })

  it('and does not hear the order, though it answers all else, is ended', async () => {
    const daemon = await serve()
    delete daemon.answers['/control/stop']
    onKill = () => daemon.end()
    holdTime()
    const stopping = stopSession(ref)
    await until(() => orders(daemon) > 0)
    vi.advanceTimersByTime(COMMAND_LIMIT_MS)
    expect((await stopping).ran).toBe(true)
    expect([kills, orders(daemon)]).toEqual([[[OTHER, 'SIGTERM']], 1])
  })
})

describe('a daemon that boots for ever', () => {
  let booting: lock.Held | null
  let limits: number[]
  beforeEach(async () => {
    booting = await tryAcquire(home, bootLock(ref))
    closing.push(() => booting?.release())
    limits = []
    vi.spyOn(AbortSignal, 'timeout').mockImplementation((ms) => {
      limits.push(ms)
      return AbortSignal.abort()
    })
    vi.mocked(lock.waitUntilFree).mockImplementation(async (at, name) => {
      return !(await actual.isHeld(at, name))
    })
  })

  it('has the time that any start has, and is left alive', async () => {
    await expect(stopSession(ref)).rejects.toThrow(`its daemon (pid ${String(OTHER)}) hangs`)
    expect([kills, limits]).toEqual([[], [60_000]])
  })

  it('is killed with force after a second, by the lock that it holds', async () => {
    onKill = () => booting?.release()
    expect(await stopSession(ref, { force: true })).toEqual({ ran: false, clients: 0 })
    expect([kills, limits]).toEqual([[[OTHER, 'SIGKILL']], [1_000, 1_000]])
    expect(lock.holdersOf).toHaveBeenLastCalledWith(home, bootLock(ref))
  })

  it('that is not even ended by that is told', async () => {
    const stopping = stopSession(ref, { force: true })
    await expect(stopping).rejects.toThrow(`its daemon (pid ${String(OTHER)}) hangs`)
    expect(kills).toEqual([[OTHER, 'SIGKILL']])
  })

  it('and gets ready after all is stopped like any other', async () => {
    const onWait = vi.fn()
    vi.mocked(lock.waitUntilFree).mockImplementationOnce(async () => {
      await serve()
      booting?.release()
      return true
    })
    expect((await stopSession(ref, { onWait })).ran).toBe(true)
    expect(onWait).toHaveBeenCalledExactlyOnceWith(`session ${ref.id} is being started`)
    expect(kills).toEqual([])
  })
})
