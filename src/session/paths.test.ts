import { expect, it } from 'vitest'
import * as paths from './paths.ts'

it('the files of a session have the names that people and scripts read', () => {
  const of = { dir: '/h/sessions/1a2b3c4d' }
  const { recordFile, pidFile, countFile, logFile, environmentFile, crashFile, orderFile } = paths
  const files = [recordFile, pidFile, countFile, logFile, environmentFile, crashFile, orderFile]
  expect(files.map((file) => file(of))).toEqual([
    '/h/sessions/1a2b3c4d/session.json',
    '/h/sessions/1a2b3c4d/router.pid',
    '/h/sessions/1a2b3c4d/reference-count.txt',
    '/h/sessions/1a2b3c4d/router.log',
    '/h/sessions/1a2b3c4d/env.json',
    '/h/sessions/1a2b3c4d/crashes.json',
    '/h/sessions/1a2b3c4d/restart-order',
  ])
})

it('each lock is of one purpose and one session', () => {
  const { operationLock, bootLock, serveLock, supervisorLock } = paths
  const names = [operationLock, bootLock, serveLock, supervisorLock].flatMap((lock) => [
    lock({ id: 'default' }),
    lock({ id: '1a2b3c4d' }),
  ])
  expect(new Set([...names, paths.REGISTRY_LOCK]).size).toBe(9)
})
