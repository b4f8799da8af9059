import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { type AddressInfo, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { tryAcquire } from '../lib/lock.ts'
import { sessionRef, type SessionRef } from './identity.ts'
import { REGISTRY_LOCK } from './paths.ts'
import { planSession } from './plan.ts'
import { readRecord, updateRecord, writeRecord } from './record.ts'

let home: string
let ref: SessionRef
let closing: (() => unknown)[]
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'ccr-plan-'))
  ref = session('a,b')
  closing = []
})
afterEach(() => {
  for (const close of closing) close()
  rmSync(home, { recursive: true, force: true })
})
const session = (preference: string): SessionRef =>
  sessionRef({ CCR_HOME: home, CCR_MODEL_PREFERENCE: preference })

/** A port that another program of this machine listens on. */
async function taken(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  closing.push(() => server.close())
  await once(server, 'listening')
  return (server.address() as AddressInfo).port
}
const plan = (base: number, of = ref) =>
  planSession(of, { base, bind: '127.0.0.1', connect: 'box.lan' })

describe('a session that was never started', () => {
  it('is given a free port, a token and an address, which it keeps', async () => {
    const other = await taken()
    const record = await plan(other - 1)
    expect(record.port).not.toBe(other)
    expect(record.port).toBeGreaterThan(other)
    expect(record).toMatchObject({ host: 'box.lan', desired: 'stopped', pid: null })
    expect(record.token).toMatch(/^ccr-tok-.{40,}/)
    expect(readRecord(ref)).toEqual(record)
    expect(await plan(other - 1)).toEqual(record)
  })

  it('is given no port that another session remembers', async () => {
    const base = (await taken()) + 1
    const first = await plan(base)
    const second = await plan(base, session('c,d'))
    expect(second.port).not.toBe(first.port)
    expect(second.token).not.toBe(first.token)
  })

  it('is given the port that was unused longest where each belongs to another session', async () => {
    for (let n = 1; n <= 100; n += 1) {
      const startedAt = n === 40 ? '2026-01-01' : '2026-02-02'
      writeRecord(session(`p,${String(n)}`), { port: 50_000 + n, startedAt })
    }
    expect((await plan(50_000)).port).toBe(50_040)
  })

  it('is given PORT itself as the default session, whoever has it', async () => {
    const base = await taken()
    expect((await plan(base, session(''))).port).toBe(base)
  })

  it('waits for whoever chooses a port at this moment', async () => {
    const held = await tryAcquire(home, REGISTRY_LOCK)
    const planning = plan(50_000)
    for (let n = 0; n < 20; n += 1) await new Promise((resolve) => setImmediate(resolve))
    expect(readRecord(ref).port).toBeNull()
    held?.release()
    expect((await planning).port).not.toBeNull()
  })
})

describe('a session that has been started before', () => {
  it('keeps its token where its port is out of the range now', async () => {
    await updateRecord(ref, { port: 3457, token: 'ccr-tok-mine' })
    const record = await plan(50_000)
    expect(record.token).toBe('ccr-tok-mine')
    expect(record.port).toBeGreaterThan(50_000)
  })

  it('is left as it is where it has both, also where clients will find it', async () => {
    const before = await updateRecord(ref, { port: 50_050, token: 'ccr-tok-a', host: '10.0.0.1' })
    expect(await plan(50_000)).toEqual(before)
    expect(readRecord(ref)).toEqual(before)
  })

  it('keeps its port where only the token is missing', async () => {
    await updateRecord(ref, { port: 50_050 })
    const record = await plan(50_000)
    expect(record.port).toBe(50_050)
    expect(record.token).not.toBe('')
  })
})
