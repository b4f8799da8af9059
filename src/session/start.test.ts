/** Starting a session, with a daemon in the test's own process. */
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import {
  type FakeDaemon,
  type FakeDaemonOptions,
  startFakeDaemon,
} from '../../test/support/fake-daemon.ts'
import { isHeld, tryAcquire } from '../lib/lock.ts'
import { sessionRef, type SessionRef } from './identity.ts'
import { bootLock, operationLock, recordFile, serveLock } from './paths.ts'
import { probe } from './probe.ts'
import { knownSessions, readRecord, updateRecord } from './record.ts'
import { spawnDaemon, type ReadyMessage } from './spawn.ts'
import { currentProgram, startSession, unresponsive } from './start.ts'

vi.mock('./spawn.ts', { spy: true })

let home: string
let ref: SessionRef
let daemons: FakeDaemon[]
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'ccr-start-'))
  ref = sessionRef({ CCR_HOME: home, CCR_MODEL_PREFERENCE: 'a,b' })
  daemons = []
  vi.mocked(spawnDaemon).mockReset()
})
afterEach(() => {
  vi.restoreAllMocks()
  for (const daemon of daemons) daemon.end()
  rmSync(home, { recursive: true, force: true })
})

async function serve(options?: FakeDaemonOptions): Promise<FakeDaemon> {
  const daemon = await startFakeDaemon(ref, options)
  daemons.push(daemon)
  return daemon
}
const READY: ReadyMessage = { ready: { pid: process.pid, port: 1 } }
/** A daemon that gets ready when it is started. */
const becomesReady = async (): Promise<ReadyMessage> => {
  await serve()
  return READY
}
const start = (options: Parameters<typeof startSession>[1] = {}) =>
  startSession(ref, { env: { MINE: '1' }, script: '/ccr.js', ...options })
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

describe('a session that does not run', () => {
  it('is started with what the caller has, and is listed meanwhile', async () => {
    let meanwhile: unknown
    vi.mocked(spawnDaemon).mockImplementation(async () => {
      meanwhile = [knownSessions(home).map(({ ref: { id } }) => id), (await probe(ref)).state]
      return becomesReady()
    })
    const started = await start({ newToken: true })
    expect(started).toMatchObject({ already: false, view: { state: 'running', id: ref.id } })
    expect(meanwhile).toEqual([[ref.id], 'starting'])
    expect(vi.mocked(spawnDaemon).mock.calls).toMatchObject([
      [
        ref,
        {
          ...{ env: { MINE: '1' }, script: '/ccr.js', handover: false },
          ...{ revived: false, newToken: true },
          inheritance: { bootLock: expect.any(Number) as number },
        },
      ],
    ])
    expect(await isHeld(home, bootLock(ref))).toBe(false)
    expect(await isHeld(home, operationLock(ref))).toBe(false)
  })

  it('is started by the program and with the environment of the command where nothing is said', async () => {
    vi.mocked(spawnDaemon).mockImplementation(becomesReady)
    await startSession(ref)
    const [[, options] = []] = vi.mocked(spawnDaemon).mock.calls
    expect(options).toMatchObject({ env: process.env, script: process.argv[1], newToken: false })
    expect(currentProgram()).toBe(process.argv[1])
  })

  it('that could not start says why and is forgotten again, with its locks', async () => {
    const failed = { message: 'no provider', hint: 'ccr init' }
    vi.mocked(spawnDaemon).mockResolvedValue({ failed })
    await expect(start()).rejects.toMatchObject(failed)
    expect(existsSync(recordFile(ref))).toBe(false)
    expect(await isHeld(home, bootLock(ref))).toBe(false)
    expect(await isHeld(home, operationLock(ref))).toBe(false)
  })

  it('that ran before and could not start again keeps its record', async () => {
    await updateRecord(ref, { port: 3457, token: 'ccr-tok-kept' })
    vi.mocked(spawnDaemon).mockResolvedValue({ failed: { message: 'no', hint: '' } })
    await expect(start()).rejects.toThrow('no')
    expect(readRecord(ref)).toMatchObject({ port: 3457, token: 'ccr-tok-kept' })
  })

  it('waits for another command that works on it', async () => {
    vi.mocked(spawnDaemon).mockImplementation(becomesReady)
    const held = await tryAcquire(home, operationLock(ref))
    const starting = start()
    for (let n = 0; n < 20; n += 1) await turn()
    expect(spawnDaemon).not.toHaveBeenCalled()
    held?.release()
    expect((await starting).already).toBe(false)
  })

  it('waits for a daemon that boots without its command', async () => {
    const booting = await tryAcquire(home, bootLock(ref))
    const starting = start()
    for (let n = 0; n < 20; n += 1) await turn()
    await serve()
    booting?.release()
    expect((await starting).already).toBe(true)
    expect(spawnDaemon).not.toHaveBeenCalled()
  })

  it('may be served by another one that was faster', async () => {
    vi.mocked(spawnDaemon).mockImplementation(async () => {
      await serve()
      return { served: true }
    })
    expect((await start()).already).toBe(false)
  })
})

describe('a session that runs', () => {
  it('is given as it is, with what the user should know', async () => {
    await serve({ status: { notes: ['the window is small'], referenceCount: 2 } })
    const started = await start()
    expect(started).toMatchObject({ already: true, notes: ['the window is small'] })
    expect(started.view).toMatchObject({ state: 'running', referenceCount: 2 })
    expect(spawnDaemon).not.toHaveBeenCalled()
  })

  it('that is being stopped is started again after its last stream, and the wait is told', async () => {
    vi.mocked(spawnDaemon).mockImplementation(becomesReady)
    const ending = await serve()
    ending.health.status = 'draining'
    const waits: string[] = []
    const starting = start({ onWait: (why) => waits.push(why) })
    await vi.waitUntil(() => waits.length > 0, { timeout: 20_000, interval: 5 })
    expect(spawnDaemon).not.toHaveBeenCalled()
    ending.end()
    expect((await starting).already).toBe(false)
    expect(waits).toEqual([expect.stringContaining('finishes its last streams')])
  })

  it('that hangs is left, and its pid, its end and its log are named', async () => {
    const view = await probe(ref)
    const error = unresponsive({ ...view, pid: 77 })
    expect(error.message).toBe(`session ${ref.id} does not answer: its daemon (pid 77) hangs.`)
    expect(error.hint).toContain('CCR_MODEL_PREFERENCE=a,b ccr stop --force')
    expect(error.hint).toContain(view.logFile)
    expect(unresponsive(view).message).toContain('(pid unknown)')
  })
})

describe('a client whose daemon is gone', () => {
  it('starts it again as revived, however often another one was faster', async () => {
    await updateRecord(ref, { desired: 'running' })
    let tries = 0
    vi.mocked(spawnDaemon).mockImplementation(async () => {
      tries += 1
      return tries < 5 ? { served: true } : becomesReady()
    })
    await start({ revive: true })
    expect(vi.mocked(spawnDaemon).mock.calls.every(([, { revived }]) => revived)).toBe(true)
    expect(tries).toBe(5)
  })

  it('does not start what the user has stopped, and says how he can', async () => {
    await updateRecord(ref, { desired: 'stopped' })
    await expect(start({ revive: true })).rejects.toMatchObject({
      message: `session ${ref.id} was stopped.`,
      hint: 'Start it again with: CCR_MODEL_PREFERENCE=a,b ccr start',
    })
    expect(spawnDaemon).not.toHaveBeenCalled()
    expect(await isHeld(home, serveLock(ref))).toBe(false)
  })
})
