/** All sessions of a home, where some cannot be looked at or removed. */
import { existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import * as lock from '../lib/lock.ts'
import { UserError } from '../lib/user-error.ts'
import { sessionRef, type SessionRef } from './identity.ts'
import { recordFile, REGISTRY_LOCK, serveLock } from './paths.ts'
import { listSessions, lookAtSessions } from './probe.ts'
import { pruneSessions } from './prune.ts'
import { knownSessions, updateRecord } from './record.ts'

vi.mock('../lib/lock.ts', { spy: true })
const actual = await vi.importActual<typeof lock>('../lib/lock.ts')

let home: string
let refs: SessionRef[]
beforeEach(async () => {
  home = mkdtempSync(join(tmpdir(), 'ccr-all-'))
  refs = ['one', 'two', 'three', 'four', 'five'].map(session)
  for (const ref of refs) await updateRecord(ref, {})
})
afterEach(() => {
  vi.resetAllMocks()
  rmSync(home, { recursive: true, force: true })
})

const session = (preference: string): SessionRef =>
  sessionRef({ CCR_HOME: home, CCR_MODEL_PREFERENCE: preference })
const ids = (of: readonly { readonly id: string }[]): string[] => of.map(({ id }) => id)
/** The locks of these cannot be looked at. */
function closed(of: readonly SessionRef[], fault: () => Error): void {
  vi.mocked(lock.seemsHeld).mockImplementation((at, name) =>
    of.some((ref) => name === serveLock(ref))
      ? Promise.reject(fault())
      : actual.seemsHeld(at, name),
  )
}
const UNPROVED = () => new UserError('a lock is held by a stranger.', 'End that process.')

describe('a listing', () => {
  it('has those of one port, or without any, in the order of their ids', async () => {
    expect(ids(await listSessions(home))).toEqual(ids(refs).sort())
    for (const ref of refs.slice(0, 3)) await updateRecord(ref, { port: 3457 })
    expect(ids(await listSessions(home))).toEqual([
      ...ids(refs.slice(0, 3)).sort(),
      ...ids(refs.slice(3)).sort(),
    ])
  })

  it('has the others where some cannot be looked at, and tells each reason once', async () => {
    const [one, two, ...others] = refs
    const unreadable = session('unreadable')
    mkdirSync(recordFile(unreadable), { recursive: true })
    closed(
      [one, two].flatMap((ref) => ref ?? []),
      UNPROVED,
    )
    const { views, faults } = await lookAtSessions(home)
    expect(ids(views)).toEqual(ids(others).sort())
    expect(faults).toMatchObject([
      { message: `cannot read ${recordFile(unreadable)}: it is a folder` },
      { message: 'a lock is held by a stranger.', hint: 'End that process.' },
    ])
    expect(faults).toHaveLength(2)
  })

  it('fails where the fault is one of ccr', async () => {
    closed(refs, () => new RangeError('ours'))
    await expect(lookAtSessions(home)).rejects.toThrow(RangeError)
  })

  it('of a home without sessions is empty', async () => {
    expect(await lookAtSessions(join(home, 'new'))).toEqual({ views: [], faults: [] })
  })
})

describe('ccr prune', () => {
  it('goes on with the others where one cannot be looked at or read, and tells why', async () => {
    const [one, ...others] = refs
    const unreadable = session('unreadable')
    mkdirSync(recordFile(unreadable), { recursive: true })
    closed(one ? [one] : [], UNPROVED)
    const { removed, faults } = await pruneSessions(home)
    expect(ids(removed).sort()).toEqual(ids(others).sort())
    expect(faults).toMatchObject([
      { message: `cannot read ${recordFile(unreadable)}: it is a folder` },
      { message: 'a lock is held by a stranger.' },
    ])
    expect(ids(knownSessions(home).map(({ ref }) => ref))).toEqual(one ? [one.id] : [])
  })

  it('tells what it could not remove', async () => {
    const [one, ...others] = refs
    const dir = one?.dir ?? ''
    vi.mocked(lock.withLock).mockImplementation((at, name, work) => {
      if (name === REGISTRY_LOCK) rmSync(dir, { recursive: true, force: true }) // by somebody else
      return actual.withLock(at, name, work)
    })
    const { removed, faults } = await pruneSessions(home)
    expect(faults).toMatchObject([
      { message: expect.stringContaining(`cannot write ${dir}`) as string },
    ])
    expect(ids(removed).sort()).toEqual(ids(others).sort())
  })

  it('fails where the fault is one of ccr, and lets the session go', async () => {
    closed(refs, () => new RangeError('ours'))
    await expect(pruneSessions(home)).rejects.toThrow(RangeError)
    expect(refs.every(({ dir }) => existsSync(dir))).toBe(true)
    vi.mocked(lock.seemsHeld).mockReset()
    expect((await pruneSessions(home)).removed).toHaveLength(refs.length)
  })
})
