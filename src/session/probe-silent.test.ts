/** Looks at daemons that take long, say nothing or say something odd. */
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
import { processStart } from '../lib/process.ts'
import { sessionRef, type SessionRef } from './identity.ts'
import { bootLock, serveLock } from './paths.ts'
import { COMMAND_LIMIT_MS } from './peer.ts'
import { probe } from './probe.ts'
import { updateRecord } from './record.ts'

vi.mock('../lib/lock.ts', { spy: true })

let home: string
let ref: SessionRef
let closing: (() => unknown)[]
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'ccr-silent-'))
  ref = sessionRef({ CCR_HOME: home, CCR_MODEL_PREFERENCE: 'a,b' })
  closing = []
})
afterEach(() => {
  vi.useRealTimers()
  vi.resetAllMocks()
  for (const close of closing) close()
  rmSync(home, { recursive: true, force: true })
})

async function serve(options?: FakeDaemonOptions): Promise<FakeDaemon> {
  const daemon = await startFakeDaemon(ref, options)
  closing.push(() => daemon.end())
  return daemon
}
const LIVES = { pid: process.pid, processStart: processStart(process.pid) }
const holdTime = (): unknown => vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))
/** Waits for what happens on connections, while the clock stands. */
async function until(done: () => boolean): Promise<void> {
  while (!done()) await turn()
}

describe('a daemon that has proved itself', () => {
  it('and says nothing of itself runs, with nothing known', async () => {
    await serve({ status: { notes: 'none' } })
    expect(await probe(ref)).toMatchObject({
      ...{ state: 'running', pid: process.pid, version: null, uptimeMs: null, rssBytes: null },
      ...{ referenceCount: null, served: null, running: null, dropped: null, access: null },
      notes: [],
    })
  })

  it.each([
    ['and hangs is known for it at once, for its process lives', LIVES, []],
    [
      'and hangs may put its record right where that names another process',
      { ...LIVES, processStart: 'another start' },
      ['knocked'],
    ],
  ])('%s', async (_, record, knocks) => {
    const daemon = await serve({ record })
    delete daemon.answers['/control/status']
    vi.mocked(lock.waitUntilFree).mockClear()
    vi.mocked(lock.requestRepair).mockResolvedValue(true)
    holdTime()
    const looking = probe(ref, COMMAND_LIMIT_MS)
    await until(() => daemon.requests.length > 0)
    vi.advanceTimersByTime(COMMAND_LIMIT_MS)
    expect(await looking).toMatchObject({ state: 'unresponsive', pid: process.pid })
    expect(vi.mocked(lock.requestRepair).mock.calls.map(() => 'knocked')).toEqual(knocks)
    expect(lock.waitUntilFree).not.toHaveBeenCalled()
  })
})

describe('a daemon that has not proved itself', () => {
  it('may put its record right, though the process that the record names lives', async () => {
    const held = await tryAcquire(home, serveLock(ref))
    closing.push(() => held?.release())
    await updateRecord(ref, { ...LIVES, port: 1, token: 'ccr-tok-x' })
    vi.mocked(lock.waitUntilFree).mockResolvedValue(false)
    expect((await probe(ref)).state).toBe('unresponsive')
    expect(lock.requestRepair).toHaveBeenCalledExactlyOnceWith(home, serveLock(ref))
  })

  it.each(['port', 'token', 'host'] as const)(
    'and wrote a record with another %s meanwhile is asked with that, at once',
    async (field) => {
      const { port } = await serve()
      const right = { port, token: 'ccr-tok-fake', host: '127.0.0.1' }
      const wrong = { port: 1, token: 'ccr-tok-wrong', host: '::1' }
      await updateRecord(ref, { [field]: wrong[field] })
      vi.mocked(lock.isHeld).mockImplementation(async (_, name) => {
        await updateRecord(ref, right)
        return name === serveLock(ref)
      })
      expect((await probe(ref)).state).toBe('running')
      expect(lock.requestRepair).not.toHaveBeenCalled()
    },
  )

  it('and is ours is waited for, also when that takes long', async () => {
    let isReached = false
    let goOn = (): void => undefined
    const proving = new Promise<void>((resolve) => (goOn = resolve))
    const beforeProof = (): Promise<void> => {
      isReached = true
      return proving
    }
    await serve({ beforeProof })
    holdTime()
    const looking = probe(ref, COMMAND_LIMIT_MS)
    await until(() => isReached)
    vi.advanceTimersByTime(1_000)
    expect(await vi.mocked(lock.isHeld).mock.results[0]?.value).toBe(true)
    for (let n = 0; n < 20; n += 1) await turn()
    goOn()
    expect((await looking).state).toBe('running')
  })
})

describe('who waits for a daemon', () => {
  /** A look at a daemon that has not answered for a while; what is heard of that. */
  async function lookThatLasts(options?: FakeDaemonOptions) {
    const daemon = await serve(options)
    let answer = (): void => undefined
    daemon.answers['/control/status'] = (res) => {
      answer = () => res.end('{}')
    }
    const silences: unknown[] = []
    vi.mocked(lock.holdersOf).mockClear()
    holdTime()
    const looking = probe(ref, COMMAND_LIMIT_MS, (silence) => silences.push(silence))
    await until(() => daemon.requests.length > 0)
    vi.advanceTimersByTime(1_300)
    await until(() => vi.mocked(lock.holdersOf).mock.calls.length > 0)
    return { silences, looking, answer: () => answer() }
  }

  it('is not told of it where its process is not known', async () => {
    vi.mocked(lock.holdersOf).mockResolvedValue([])
    const { silences, looking, answer } = await lookThatLasts()
    for (let n = 0; n < 20; n += 1) await turn()
    answer()
    await looking
    expect(silences).toEqual([])
  })

  it('is told of the process of the record where its lock was lost', async () => {
    const { silences, looking, answer } = await lookThatLasts({ record: LIVES, holdsLock: false })
    await until(() => silences.length > 0)
    answer()
    await looking
    expect(silences).toEqual([{ ref, pid: process.pid }])
  })

  it('is not told of it any more where it has answered meanwhile', async () => {
    let found: (pids: readonly number[]) => void = () => undefined
    vi.mocked(lock.holdersOf).mockReturnValue(new Promise((resolve) => (found = resolve)))
    const { silences, looking, answer } = await lookThatLasts()
    answer()
    await looking
    found([process.pid])
    for (let n = 0; n < 20; n += 1) await turn()
    expect(silences).toEqual([])
  })

  it('is not told of a lock that cannot be looked at: the look itself tells', async () => {
    vi.mocked(lock.isHeld).mockRejectedValue(new Error('no lock'))
    const daemon = await serve()
    delete daemon.answers['/control/status']
    const silences: unknown[] = []
    holdTime()
    const looking = probe(ref, COMMAND_LIMIT_MS, (silence) => silences.push(silence))
    const failed = expect(looking).rejects.toThrow('no lock')
    await until(() => daemon.requests.length > 0)
    vi.advanceTimersByTime(1_300)
    await until(() => vi.mocked(lock.isHeld).mock.calls.length > 0)
    vi.advanceTimersByTime(COMMAND_LIMIT_MS)
    await failed
    expect(silences).toEqual([])
    expect(lock.isHeld).toHaveBeenCalledWith(home, bootLock(ref))
  })
})
