import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, expect, test } from 'vitest'
import {
  acquire,
  holdersOf,
  isHeld,
  requestRepair,
  seemsHeld,
  tryAcquire,
  waitUntilFree,
  withLock,
} from './lock.ts'
import { POSIX, SOCKET_LOCKS } from '../../test/support/requires.ts'

const home = mkdtempSync(join(tmpdir(), 'ccr-lock-'))
const children: ChildProcess[] = []

afterAll(() => {
  for (const child of children) child.kill('SIGKILL')
  rmSync(home, { recursive: true, force: true })
})

/** Another process that holds the lock. */
async function holder(name: string): Promise<ChildProcess> {
  const program = fileURLToPath(
    new URL('../../test/support/programs/hold-lock.ts', import.meta.url),
  )
  const child = spawn(process.execPath, ['--import', 'tsx', program, home, name])
  children.push(child)
  await once(child.stdout, 'data')
  return child
}

test('a held lock cannot be taken, a released one can', async () => {
  const held = await acquire(home, 'a')
  expect(await tryAcquire(home, 'a')).toBeNull()
  expect(await isHeld(home, 'a')).toBe(true)
  held.release()
  expect(await isHeld(home, 'a')).toBe(false)
  const again = await tryAcquire(home, 'a')
  expect(again).not.toBeNull()
  again?.release()
})

test('who only looks writes nothing, and finds nobody in a home without locks', async () => {
  const fresh = mkdtempSync(join(tmpdir(), 'ccr-lock-'))
  expect(await isHeld(fresh, 'a')).toBe(false)
  expect(await seemsHeld(fresh, 'a')).toBe(false)
  expect(await holdersOf(fresh, 'a')).toEqual([])
  expect(await requestRepair(fresh, 'a')).toBe(false)
  expect(await waitUntilFree(fresh, 'a')).toBe(true)
  expect(readdirSync(fresh)).toEqual([])
  rmSync(fresh, { recursive: true })
})

test('a home that is none is told of, not taken for one without locks', async () => {
  const file = join(home, 'a file')
  writeFileSync(file, '')
  await expect(async () => isHeld(file, 'a')).rejects.toThrow(`${file} is a file`)
})

test('the holder of a lock can be found', SOCKET_LOCKS, async () => {
  expect((await holdersOf(home, 'who')) ?? []).toEqual([])
  const child = await holder('who')
  expect(await holdersOf(home, 'who')).toEqual([child.pid])
})

test('locks of other names and other homes are other locks', async () => {
  const other = mkdtempSync(join(tmpdir(), 'ccr-lock-'))
  const releases = [await acquire(home, 'b'), await acquire(home, 'c'), await acquire(other, 'b')]
  expect(releases).toHaveLength(3)
  for (const held of releases) held.release()
  rmSync(other, { recursive: true })
})

test('releasing twice frees only what is still held', async () => {
  const first = await acquire(home, 'twice')
  first.release()
  const second = await acquire(home, 'twice')
  first.release()
  expect(await isHeld(home, 'twice')).toBe(true)
  second.release()
})

test('a hundred that want it get it one after the other', async () => {
  let inside = 0
  let most = 0
  const work = async (): Promise<void> => {
    inside += 1
    most = Math.max(most, inside)
    await new Promise((resolve) => setImmediate(resolve))
    inside -= 1
  }
  await Promise.all(Array.from({ length: 100 }, () => withLock(home, 'queue', work)))
  expect(most).toBe(1)
  expect(await isHeld(home, 'queue')).toBe(false)
})

test('work that throws gives the lock back', async () => {
  const failing = withLock(home, 'throws', () => {
    throw new Error('no')
  })
  await expect(failing).rejects.toThrow('no')
  expect(await isHeld(home, 'throws')).toBe(false)
})

test('a lock whose holder is killed goes to the one who waits', async () => {
  const child = await holder('killed')
  expect(await tryAcquire(home, 'killed')).toBeNull()
  const waiting = acquire(home, 'killed')
  child.kill('SIGKILL')
  const held = await waiting
  held.release()
})

test('a holder that hangs keeps its lock, and waiting for it can be given up', async () => {
  const child = await holder('hangs')
  child.kill('SIGSTOP')
  expect(await isHeld(home, 'hangs')).toBe(true)
  const patience = new AbortController()
  const waiting = waitUntilFree(home, 'hangs', patience.signal)
  patience.abort()
  expect(await waiting).toBe(false)
  child.kill('SIGKILL')
  expect(await waitUntilFree(home, 'hangs')).toBe(true)
})

/** A process that has nothing of a lock but the descriptor. */
function heir(descriptor: number): ChildProcess {
  const child = spawn(process.execPath, ['-e', 'process.stdin.resume()'], {
    stdio: ['pipe', 'ignore', 'ignore', descriptor],
  })
  children.push(child)
  return child
}

test('a lock that was passed on is held until its last holder has ended', POSIX, async () => {
  const held = await acquire(home, 'passed on')
  const child = heir(held.descriptor ?? -1)
  const ended = once(child, 'exit')
  held.release()
  expect(await isHeld(home, 'passed on')).toBe(true)
  const waiting = acquire(home, 'passed on')
  child.kill('SIGKILL')
  await ended
  const next = await waiting
  next.release()
  expect(await isHeld(home, 'passed on')).toBe(false)
})

test('a knock is done when its holder has done it; nobody answers for a lock that is free', async () => {
  expect(await requestRepair(home, 'knock')).toBe(false)
  const held = await acquire(home, 'knock')
  let done = 0
  held.onRepairRequest(async () => {
    await new Promise((resolve) => setImmediate(resolve))
    done += 1
  })
  const answered = await requestRepair(home, 'knock')
  expect([answered, done]).toEqual(answered ? [true, 1] : [false, 0])
  held.onRepairRequest(() => Promise.reject(new Error('disk full')))
  expect(await requestRepair(home, 'knock')).toBe(false)
  held.release()
})

test('the secret of the names is readable by the owner only', async () => {
  ;(await acquire(home, 'secret')).release()
  expect(statSync(join(home, '.lock-secret')).mode & 0o777).toBe(0o600)
})
