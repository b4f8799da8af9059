import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import { tryAcquire } from '../lib/lock.ts'
import { sessionRef } from './identity.ts'
import { serveLock } from './paths.ts'
import { updateRecord } from './record.ts'
import { isServed } from './is-served.ts'

it('a session is served while its daemon holds its lock and its user wants it to run', async () => {
  const home = mkdtempSync(join(tmpdir(), 'ccr-served-'))
  onTestFinished(() => rmSync(home, { recursive: true, force: true }))
  const ref = sessionRef({ CCR_HOME: home, CCR_MODEL_PREFERENCE: 'a,b' })
  expect(await isServed(ref)).toBe(false)
  await updateRecord(ref, { desired: 'running' })
  expect(await isServed(ref)).toBe(false) // it crashed
  const held = await tryAcquire(home, serveLock(ref))
  onTestFinished(() => held?.release())
  expect(await isServed(ref)).toBe(true)
  await updateRecord(ref, { desired: 'stopped' })
  expect(await isServed(ref)).toBe(false) // it is ending
})
