/** What a start waits for, for how long, and what it tells of that. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
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
import { sessionRef, type SessionRef } from './identity.ts'
import { operationLock, recordFile } from './paths.ts'
import { COMMAND_LIMIT_MS, LISTING_LIMIT_MS } from './peer.ts'
import { probe } from './probe.ts'
import { updateRecord } from './record.ts'
import { spawnDaemon } from './spawn.ts'
import { asOnlyOne, startSession } from './start.ts'

vi.mock('../lib/lock.ts', { spy: true })
vi.mock('./probe.ts', { spy: true })
vi.mock('./spawn.ts', { spy: true })

let home: string
let ref: SessionRef
let daemons: FakeDaemon[]
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'ccr-start-'))
  ref = sessionRef({ CCR_HOME: home, CCR_MODEL_PREFERENCE: 'a,b' })
  daemons = []
  vi.mocked(spawnDaemon).mockImplementation(async () => {
    await serve()
    return { ready: { pid: process.pid, port: 1 } }
  })
})
afterEach(() => {
  vi.useRealTimers()
  vi.resetAllMocks()
  for (const daemon of daemons) daemon.end()
  rmSync(home, { recursive: true, force: true })
})

async function serve(options?: FakeDaemonOptions): Promise<FakeDaemon> {
  const daemon = await startFakeDaemon(ref, options)
  daemons.push(daemon)
  return daemon
}
const start = (options: Parameters<typeof startSession>[1] = {}) =>
  startSession(ref, { env: {}, script: '/ccr.js', ...options })
const patience = { timeout: 20_000, interval: 5 }
const holdTime = (): unknown => vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
const turns = async (): Promise<void> => {
  for (let n = 0; n < 20; n += 1) await new Promise((resolve) => setImmediate(resolve))
}
/** How long the daemon might take to answer, for each look at it. */
const limits = (): unknown[] => vi.mocked(probe).mock.calls.map(([, limitMs]) => limitMs)

describe('a session that runs', () => {
  it('is there at once, whatever another command does with it', async () => {
    await serve()
    const other = await tryAcquire(home, operationLock(ref))
    expect((await start()).already).toBe(true)
    expect(limits()).toEqual([COMMAND_LIMIT_MS])
    other?.release()
  })

  it('and is being stopped is waited for also where nobody is told', async () => {
    const ending = await serve()
    ending.health.status = 'draining'
    const starting = start()
    await vi.waitUntil(() => vi.mocked(lock.waitUntilFree).mock.calls.length > 0, patience)
    expect(spawnDaemon).not.toHaveBeenCalled()
    ending.end()
    expect((await starting).already).toBe(false)
  })
})

describe('a session that hangs', () => {
  it('is not started a second time, and is waited for once', async () => {
    const view = await probe(ref)
    vi.mocked(probe).mockClear()
    vi.mocked(probe).mockResolvedValue({ ...view, state: 'unresponsive', pid: 77 })
    await expect(start()).rejects.toMatchObject({
      message: `session ${ref.id} does not answer: its daemon (pid 77) hangs.`,
    })
    expect(limits()).toEqual([COMMAND_LIMIT_MS, LISTING_LIMIT_MS])
    expect(spawnDaemon).not.toHaveBeenCalled()
  })
})

it('a daemon has time to answer when a start looks at it, before and after it has started it', async () => {
  await start()
  expect(limits()).toEqual([COMMAND_LIMIT_MS, COMMAND_LIMIT_MS, COMMAND_LIMIT_MS])
})

describe('another command that works on the session', () => {
  it('is told of after a second or so', async () => {
    const other = await tryAcquire(home, operationLock(ref))
    const notices: string[] = []
    holdTime()
    const starting = asOnlyOne(
      ref,
      (why) => notices.push(why),
      () => Promise.resolve('done'),
    )
    vi.advanceTimersByTime(1_299)
    expect(notices).toEqual([])
    vi.advanceTimersByTime(1)
    expect(notices).toEqual([`another ccr command is at work on session ${ref.id}`])
    other?.release()
    expect(await starting).toBe('done')
    vi.advanceTimersByTime(60_000)
    expect(notices).toHaveLength(1)
  })

  it('is waited for also where nobody is told', async () => {
    const other = await tryAcquire(home, operationLock(ref))
    holdTime()
    const starting = asOnlyOne(ref, undefined, () => Promise.resolve('done'))
    await turns()
    vi.advanceTimersByTime(1_300)
    other?.release()
    expect(await starting).toBe('done')
  })

  it('is not told of while this one works, nor after it has failed to begin', async () => {
    const notices: string[] = []
    holdTime()
    await asOnlyOne(
      ref,
      (why) => notices.push(why),
      () => {
        vi.advanceTimersByTime(60_000)
        return Promise.resolve()
      },
    )
    const file = join(home, 'file')
    writeFileSync(file, '')
    const failing = asOnlyOne(
      { ...ref, home: file },
      (why) => notices.push(why),
      () => Promise.resolve(),
    )
    await expect(failing).rejects.toThrow('a folder belongs there')
    expect(vi.getTimerCount()).toBe(0)
    expect(notices).toEqual([])
  })
})

describe('a daemon that is started', () => {
  it('takes the lock of its start itself where locks cannot be passed on', async () => {
    const release = vi.fn()
    vi.mocked(lock.acquire).mockImplementationOnce(async (...of) => {
      const held = await tryAcquire(...of)
      release.mockImplementation(() => held?.release())
      return { descriptor: null, release, onRepairRequest: () => undefined }
    })
    vi.mocked(spawnDaemon).mockImplementation(async (_, { inheritance }) => {
      expect(inheritance).toEqual({})
      expect(release).toHaveBeenCalled()
      await serve()
      return { served: true }
    })
    expect((await start()).view.state).toBe('running')
  })

  it('and could not says why also where its record is gone', async () => {
    vi.mocked(spawnDaemon).mockImplementation(() => {
      rmSync(recordFile(ref))
      return Promise.resolve({ failed: { message: 'no provider', hint: 'ccr init' } })
    })
    await expect(start()).rejects.toThrow('no provider')
  })

  it('leaves what is noted of a known session to the daemon', async () => {
    await updateRecord(ref, { port: 3457, token: 'ccr-tok-kept' })
    vi.mocked(lock.withLock).mockClear()
    vi.mocked(spawnDaemon).mockResolvedValue({ failed: { message: 'no', hint: '' } })
    await expect(start()).rejects.toThrow('no')
    expect(vi.mocked(lock.withLock).mock.calls.map(([, name]) => name)).toEqual([
      operationLock(ref),
    ])
  })
})
