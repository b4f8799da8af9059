import { mkdtempSync, type open, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { FileLock } from './file-lock.ts'

const system = vi.hoisted(() => ({ isHeld: true, opens: [] as ('blocks' | 'returns')[] }))

const O_NONBLOCK = 0x4

/** Opens as macOS does: without O_NONBLOCK the thread blocks for as long as the lock is held. */
vi.mock('node:fs', async (importOriginal) => ({
  ...(await importOriginal<object>()),
  close: () => undefined,
  open: ((_file: string, flags: number, _mode: number, done: (...args: unknown[]) => void) => {
    const returns = (flags & O_NONBLOCK) !== 0 || !system.isHeld
    system.opens.push(returns ? 'returns' : 'blocks')
    if (!returns) return
    const error = Object.assign(new Error('held'), { code: 'EAGAIN' })
    setImmediate(() => (system.isHeld ? done(error) : done(null, 7)))
  }) as typeof open,
}))

let folder: string
let lock: FileLock
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'ccr-lock-'))
  lock = new FileLock(folder, 'serve')
  system.isHeld = true
  system.opens.length = 0
})
afterEach(() => rmSync(folder, { recursive: true }))

test('a wait that can be given up blocks no thread, since process.exit would wait for it', async () => {
  const ended = new AbortController()
  const waiting = lock.waitUntilFree(ended.signal)
  await vi.waitUntil(() => system.opens.length > 2, { timeout: 20_000, interval: 5 })
  ended.abort()
  expect(await waiting).toBe(false)
  expect(new Set(system.opens)).toEqual(new Set(['returns']))
})

test('such a wait ends when the lock is free', async () => {
  const waiting = lock.waitUntilFree(new AbortController().signal)
  await vi.waitUntil(() => system.opens.length > 0, { timeout: 20_000, interval: 5 })
  system.isHeld = false
  expect(await waiting).toBe(true)
})

test('a wait without a signal leaves the waiting to the kernel', async () => {
  const waiting = vi.fn()
  void lock.waitUntilFree().then(waiting)
  await new Promise((resolve) => setImmediate(resolve))
  expect(system.opens).toEqual(['blocks'])
  system.isHeld = false
  expect(await lock.waitUntilFree()).toBe(true)
  expect(waiting).not.toHaveBeenCalled()
})
