import { spawn } from 'node:child_process'
import { getEventListeners } from 'node:events'
import { expect, it } from 'vitest'
import { endOf, endWith, GROUPS } from './process-group.ts'

const listeners = (signal: AbortSignal): number => getEventListeners(signal, 'abort').length

it('a program that cannot be started leaves no listener behind', async () => {
  const { signal } = new AbortController()
  const child = spawn('/nowhere/no-such-program', { detached: GROUPS })
  await expect(endOf(child, endWith(child, signal))).rejects.toMatchObject({ code: 'ENOENT' })
  expect(listeners(signal)).toBe(0)
})

it('neither does one that has ended', async () => {
  const { signal } = new AbortController()
  const child = spawn(process.execPath, ['-e', 'process.exit(3)'], { detached: GROUPS })
  expect(await endOf(child, endWith(child, signal))).toBe(3)
  expect(listeners(signal)).toBe(0)
})
