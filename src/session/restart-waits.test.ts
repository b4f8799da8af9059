/** Restarts of daemons that hang, drain, take long or say little. */
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import {
  type FakeDaemon,
  type FakeDaemonOptions,
  startFakeDaemon,
} from '../../test/support/fake-daemon.ts'
import * as lock from '../lib/lock.ts'
import * as processes from '../lib/process.ts'
import { sessionRef, type SessionRef } from './identity.ts'
import { bootLock, orderFile } from './paths.ts'
import { COMMAND_LIMIT_MS } from './peer.ts'
import { readRecord } from './record.ts'
import { restartSession } from './restart.ts'
import { READY_LIMIT_MS, spawnDaemon } from './spawn.ts'

vi.mock('../lib/lock.ts', { spy: true })
vi.mock('../lib/process.ts', { spy: true })
vi.mock('./spawn.ts', { spy: true })

let home: string
let ref: SessionRef
let daemons: FakeDaemon[]
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'ccr-restart-'))
  ref = sessionRef({ CCR_HOME: home, CCR_MODEL_PREFERENCE: 'a,b' })
  daemons = []
  vi.mocked(spawnDaemon).mockImplementation(async () => {
    await serve()
    return { ready: { pid: process.pid, port: 1 } }
  })
})
afterEach(() => {
  vi.useRealTimers()
  vi.restoreAllMocks()
  vi.resetAllMocks()
  for (const daemon of daemons) daemon.end()
  rmSync(home, { recursive: true, force: true })
})

async function serve(options?: FakeDaemonOptions): Promise<FakeDaemon> {
  const daemon = await startFakeDaemon(ref, options)
  daemons.push(daemon)
  return daemon
}
const restart = (options: Parameters<typeof restartSession>[1] = {}) =>
  restartSession(ref, { env: {}, script: '/ccr.js', ...options })
const paths = ({ requests }: FakeDaemon): string[] => requests.map(({ path }) => path)
const holdTime = (): unknown => vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))
/** Waits for what happens on connections, while the clock stands. */
async function until(done: () => boolean): Promise<void> {
  while (!done()) await turn()
}

describe('a daemon that drains', () => {
  it('is not asked for a successor but waited for, and that is told', async () => {
    const daemon = await serve()
    daemon.health.status = 'draining'
    const notices: string[] = []
    const restarting = restart({ onWait: (why) => notices.push(why) })
    await until(() => notices.length > 0)
    expect(spawnDaemon).not.toHaveBeenCalled()
    daemon.end()
    expect((await restarting).already).toBe(false)
    expect(notices).toEqual([`session ${ref.id} is being stopped and finishes its last streams`])
    expect(paths(daemon)).not.toContain('/control/succeed')
  })

  it('keeps its token to its end; the next daemon has the new one', async () => {
    const daemon = await serve()
    daemon.health.status = 'draining'
    const restarting = restart({ newToken: true })
    await until(() => paths(daemon).length > 0)
    for (let n = 0; n < 20; n += 1) await turn()
    expect(readRecord(ref).token).toBe('ccr-tok-fake')
    daemon.end()
    await restarting
    expect(readRecord(ref).token).toMatch(/^ccr-tok-.{40,}/)
  })
})

describe('a daemon that hangs', () => {
  const OTHER = 4_000_001

  it('is ended, and another one started', async () => {
    const hanging = await serve()
    hanging.answers['/control/status'] = (res) => res.destroy()
    let isOver = false
    vi.mocked(lock.holdersOf).mockResolvedValue([OTHER])
    vi.mocked(processes.isSameProcess).mockReturnValue(true)
    vi.mocked(lock.waitUntilFree).mockImplementation((_, name) =>
      Promise.resolve(isOver || name === bootLock(ref)),
    )
    const kill = vi.spyOn(process, 'kill').mockImplementation(() => {
      hanging.end()
      return (isOver = true)
    })
    expect((await restart()).already).toBe(false)
    expect(kill.mock.calls).toEqual([[OTHER, 'SIGTERM']])
    expect(spawnDaemon).toHaveBeenCalledTimes(1)
    expect(paths(hanging)).not.toContain('/control/succeed')
  })
})

describe('a daemon that runs', () => {
  it('and ends before it is asked for a successor is started again', async () => {
    const daemon = await serve()
    daemon.answers['/control/status'] = (res) => res.end('{}', () => daemon.end())
    expect((await restart()).already).toBe(false)
    expect(vi.mocked(spawnDaemon).mock.calls).toMatchObject([[ref, { handover: false }]])
  })

  it('has all the time that its successor may take to get ready', async () => {
    const daemon = await serve()
    let answer = (): void => undefined
    daemon.answers['/control/succeed'] = (res) => {
      answer = () => res.end('{"ready":{}}')
    }
    holdTime()
    let over = false
    const restarting = restart().then(() => (over = true))
    await until(() => paths(daemon).includes('/control/succeed'))
    vi.advanceTimersByTime(READY_LIMIT_MS + COMMAND_LIMIT_MS - 1)
    for (let n = 0; n < 100; n += 1) await turn()
    expect(over).toBe(false)
    answer()
    await restarting
    expect(spawnDaemon).not.toHaveBeenCalled()
  })

  it('and falls silent after the order is told to hang, and the order is taken back', async () => {
    const daemon = await serve()
    delete daemon.answers['/control/succeed']
    holdTime()
    const failing = expect(restart()).rejects.toMatchObject({
      message: expect.stringContaining('does not answer') as string,
      hint: expect.stringContaining('ccr stop --force') as string,
    })
    await until(() => paths(daemon).includes('/control/succeed'))
    expect(existsSync(orderFile(ref))).toBe(true)
    vi.advanceTimersByTime(READY_LIMIT_MS + COMMAND_LIMIT_MS)
    await failing
    expect(existsSync(orderFile(ref))).toBe(false)
    await until(() => vi.getTimerCount() === 0) // none keeps the command from ending
  })

  it.each(['{}', '{"error":{}}', '<html>'])(
    'and fails without a reason (%s) is told to have failed, and to go on as before',
    async (text) => {
      const daemon = await serve()
      daemon.answers['/control/succeed'] = (res) => res.writeHead(500).end(text)
      await expect(restart()).rejects.toMatchObject({
        message: `the daemon of session ${ref.id} could not start the one that follows it.`,
        hint: expect.stringContaining('ccr logs') as string,
      })
    },
  )
})
