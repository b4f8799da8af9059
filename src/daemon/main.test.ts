import { afterEach, expect, test, vi } from 'vitest'
import * as lock from '../lib/lock.ts'
import { sessionRef } from '../session/identity.ts'
import { supervisorLock } from '../session/paths.ts'
import { endWithSupervisor } from './main.ts'

vi.mock('../lib/lock.ts', { spy: true })

afterEach(() => void vi.restoreAllMocks())

const ref = sessionRef({ CCR_HOME: '/home', CCR_MODEL_PREFERENCE: 'a,b' })

/** A wait for a lock that is never free. */
function waitForAbort(_home: string, _name: string, signal?: AbortSignal): Promise<boolean> {
  return new Promise((resolve) => signal?.addEventListener('abort', () => resolve(false)))
}

test('the daemon of a foreground session stops when that process has ended', async () => {
  vi.mocked(lock.waitUntilFree).mockResolvedValue(true)
  const stop = vi.fn()
  await endWithSupervisor(ref, { stop, ended: new Promise(() => undefined) })
  expect(stop.mock.calls).toEqual([[10_000]])
  const [home, name] = vi.mocked(lock.waitUntilFree).mock.calls[0] ?? []
  expect([home, name]).toEqual([ref.home, supervisorLock(ref)])
})

test('a daemon that ends by itself gives the wait for that process up', async () => {
  vi.mocked(lock.waitUntilFree).mockImplementation(waitForAbort)
  const stop = vi.fn()
  await endWithSupervisor(ref, { stop, ended: Promise.resolve() })
  expect(stop).not.toHaveBeenCalled()
})
