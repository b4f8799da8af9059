/** Restarting a session, with daemons in the test's own process. */
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
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
import { bootLock, operationLock, orderFile } from './paths.ts'
import { readRecord, updateRecord } from './record.ts'
import { restartSession } from './restart.ts'
import { spawnDaemon } from './spawn.ts'
import { takeOrder } from './restart-order.ts'

vi.mock('./spawn.ts', { spy: true })

let home: string
let ref: SessionRef
let daemons: FakeDaemon[]
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'ccr-restart-'))
  ref = sessionRef({ CCR_HOME: home, CCR_MODEL_PREFERENCE: 'a,b' })
  daemons = []
  vi.mocked(spawnDaemon).mockReset()
  vi.mocked(spawnDaemon).mockImplementation(async () => {
    for (const daemon of daemons) daemon.end()
    await serve()
    return { ready: { pid: process.pid, port: 1 } }
  })
})
afterEach(() => {
  for (const daemon of daemons) daemon.end()
  rmSync(home, { recursive: true, force: true })
})

async function serve(options?: FakeDaemonOptions): Promise<FakeDaemon> {
  const daemon = await startFakeDaemon(ref, options)
  daemons.push(daemon)
  return daemon
}
/** One that starts its successor when it is asked to. */
async function succeeding(change: { readonly token?: string } = {}): Promise<FakeDaemon> {
  const daemon = await serve()
  daemon.answers['/control/succeed'] = async (res, { body }) => {
    expect(takeOrder(ref, body)).not.toBeNull()
    daemon.end()
    await serve({ record: change })
    res.end('{}')
  }
  return daemon
}
const restart = (options: Parameters<typeof restartSession>[1] = {}) =>
  restartSession(ref, { env: { MINE: '1' }, script: '/ccr.js', ...options })

describe('a session that runs', () => {
  it('starts its successor itself, on an order that is signed and taken once', async () => {
    const daemon = await serve()
    let order: unknown
    daemon.answers['/control/succeed'] = async (res, { body }) => {
      order = takeOrder(ref, body)
      res.end('{"ready":{}}')
      daemon.end()
      await serve()
    }
    await vi.waitFor(async () => {
      expect((await restart()).already).toBe(false)
    })
    expect(order).toEqual({ node: process.execPath, script: '/ccr.js', env: { MINE: '1' } })
    expect(existsSync(orderFile(ref))).toBe(false)
    expect(await isHeld(home, operationLock(ref))).toBe(false)
  })

  it('that cannot start a successor says why and goes on as it was', async () => {
    const daemon = await serve()
    const failed = { message: 'no provider', hint: 'ccr init' }
    daemon.answers['/control/succeed'] = (res) => res.end(JSON.stringify({ failed }))
    await expect(restart()).rejects.toMatchObject(failed)
    daemon.answers['/control/succeed'] = (res) => {
      res.writeHead(500).end('{"error":{"message":"out of memory"}}')
    }
    await expect(restart()).rejects.toMatchObject({
      message: 'out of memory',
      hint: expect.stringContaining('CCR_MODEL_PREFERENCE=a,b ccr logs') as string,
    })
    expect(spawnDaemon).not.toHaveBeenCalled()
    expect([existsSync(orderFile(ref)), await isHeld(home, operationLock(ref))]).toEqual([
      false,
      false,
    ])
  })

  it.each([403, 404])('of an older version makes room for a daemon of ours: %i', async (status) => {
    const daemon = await serve()
    daemon.answers['/control/succeed'] = (res) => res.writeHead(status).end('{}')
    await restart()
    const [[, options] = []] = vi.mocked(spawnDaemon).mock.calls
    expect(options).toMatchObject({ handover: true, env: { MINE: '1' }, script: '/ccr.js' })
  })

  it('that ends before it answers is started again', async () => {
    const daemon = await serve()
    daemon.answers['/control/succeed'] = () => daemon.end()
    await restart()
    const [[, options] = []] = vi.mocked(spawnDaemon).mock.calls
    expect(options).toMatchObject({ handover: false })
  })

  it('and is being stopped is waited for and started again', async () => {
    const daemon = await serve()
    daemon.health.status = 'draining'
    const restarting = restart()
    await vi.waitUntil(() => daemon.requests.length > 0, { timeout: 20_000, interval: 5 })
    for (let n = 0; n < 20; n += 1) await new Promise((resolve) => setImmediate(resolve))
    expect(spawnDaemon).not.toHaveBeenCalled()
    daemon.end()
    expect((await restarting).already).toBe(false)
    expect(spawnDaemon).toHaveBeenCalledTimes(1)
  })
})

describe('a session that does not run', () => {
  it('is started', async () => {
    expect((await restart()).already).toBe(false)
    expect(spawnDaemon).toHaveBeenCalledTimes(1)
  })

  it('is waited for where it starts, and other commands are', async () => {
    const [booting, busy] = [
      await tryAcquire(home, bootLock(ref)),
      await tryAcquire(home, operationLock(ref)),
    ]
    const restarting = restart()
    for (const held of [busy, booting]) {
      for (let n = 0; n < 20; n += 1) await new Promise((resolve) => setImmediate(resolve))
      expect(spawnDaemon).not.toHaveBeenCalled()
      held?.release()
    }
    await restarting
    expect(spawnDaemon).toHaveBeenCalledTimes(1)
  })
})

it('a session that was just starting is restarted then: it may have read the old config', async () => {
  const booting = await tryAcquire(home, bootLock(ref))
  const restarting = restart()
  for (let n = 0; n < 20; n += 1) await new Promise((resolve) => setImmediate(resolve))
  const daemon = await succeeding()
  booting?.release()
  await restarting
  expect(daemon.requests.map(({ path }) => path)).toContain('/control/succeed')
})

describe('a new token', () => {
  it('is asked of the daemon that follows, and given by it', async () => {
    const daemon = await succeeding({ token: 'ccr-tok-new' })
    await restart({ newToken: true })
    const order = daemon.requests.find(({ path }) => path === '/control/succeed')?.body ?? ''
    expect(JSON.parse(order)).toMatchObject({ newToken: true })
    expect(readRecord(ref).token).toBe('ccr-tok-new')
  })

  it('is given to a session that did not run, before it is started', async () => {
    await updateRecord(ref, { token: 'ccr-tok-old', port: 3457 })
    await restart({ newToken: true })
    expect(readRecord(ref).token).toMatch(/^ccr-tok-.{40,}/)
  })

  it('that an older daemon did not give is told: the old one is still good', async () => {
    await succeeding()
    await expect(restart({ newToken: true })).rejects.toMatchObject({
      message: expect.stringContaining('kept its token') as string,
      hint: 'Once more: CCR_MODEL_PREFERENCE=a,b ccr restart --new-token',
    })
  })

  it('is not asked for by a plain restart', async () => {
    const daemon = await succeeding()
    await restart()
    const order = daemon.requests.find(({ path }) => path === '/control/succeed')?.body ?? ''
    expect(JSON.parse(order)).toMatchObject({ newToken: false })
    expect(readRecord(ref).token).toBe('ccr-tok-fake')
    expect(readFileSync(join(ref.dir, 'session.json'), 'utf8')).toContain('ccr-tok-fake')
  })
})
