/** Daemons that cannot be started, or say much and fail; what is passed on to them, and what is left open. */
import { type ChildProcess, spawn } from 'node:child_process'
import { EventEmitter } from 'node:events'
import {
  closeSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readlinkSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { LINUX } from '../../test/support/requires.ts'
import { sessionRef, type SessionRef } from './identity.ts'
import type { Inheritance } from './inheritance.ts'
import { logFile } from './paths.ts'
import { spawnDaemon } from './spawn.ts'

vi.mock('node:child_process', { spy: true })

let home: string
let ref: SessionRef
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'ccr-spawn-'))
  ref = sessionRef({ CCR_HOME: home, CCR_MODEL_PREFERENCE: 'a,b' })
})
afterEach(() => {
  vi.resetAllMocks()
  rmSync(home, { recursive: true, force: true })
})

/** Starts a program in place of ccr's. */
function start(text: string, inheritance: Inheritance = {}) {
  const script = join(home, 'program.cjs')
  writeFileSync(script, text)
  return spawnDaemon(ref, { env: process.env, script, handover: false, inheritance })
}
const SAY = "require('fs').writeSync(3, JSON.stringify(word) + '\\n')"

it('a log that cannot be written is told before anything is started', async () => {
  mkdirSync(logFile(ref), { recursive: true })
  await expect(start('')).rejects.toMatchObject({
    message: `cannot write ${logFile(ref)}: it is a folder`,
  })
  expect(spawn).not.toHaveBeenCalled()
})

it('too many open files are told, where Node gives a child without any', async () => {
  vi.mocked(spawn).mockImplementation(() => {
    const child = Object.assign(new EventEmitter(), { unref: () => undefined })
    setImmediate(() => child.emit('error', new Error('spawn node EMFILE')))
    return child as unknown as ChildProcess
  })
  await expect(start('')).rejects.toThrow(
    `the daemon of session ${ref.id} did not start: spawn node EMFILE.`,
  )
})

it('what Node throws is told, with what may be the reason', async () => {
  vi.mocked(spawn).mockImplementation(() => {
    throw new Error('spawn ENOMEM')
  })
  await expect(start('')).rejects.toMatchObject({
    message: `the daemon of session ${ref.id} did not start: spawn ENOMEM.`,
    hint: expect.stringContaining('memory') as string,
  })
})

it('of a log that is long the last fifteen lines are shown', async () => {
  const failing = start(
    'for (let n = 1; n <= 40; n += 1) console.error(`line ${n}`)\nprocess.exitCode = 1',
  )
  const lines = Array.from({ length: 15 }, (_, n) => `  line ${String(n + 26)}`)
  await expect(failing).rejects.toMatchObject({
    hint: [`The end of its log, ${logFile(ref)}:`, ...lines].join('\n'),
  })
})

it('a daemon has what it is given open, where it is told', async () => {
  const file = join(home, 'given')
  writeFileSync(file, 'open')
  const given = openSync(file, 'r')
  const word = await start(
    `const told = process.argv.find((word) => word.startsWith('--inherit='))
     const { bootLock } = JSON.parse(told.slice('--inherit='.length))
     const word = { ready: require('fs').readFileSync(bootLock, 'utf8') }; ${SAY}`,
    { bootLock: given },
  )
  closeSync(given)
  expect(word).toEqual({ ready: 'open' })
})

it('nothing of it stays open in who started it', LINUX, async () => {
  const opened = (): string[] =>
    readdirSync('/proc/self/fd').flatMap((fd) => {
      try {
        return [readlinkSync(`/proc/self/fd/${fd}`)]
      } catch {
        return [] // the one of this listing
      }
    })
  await start(`const word = { served: true }; ${SAY}`)
  expect(opened()).not.toContain(logFile(ref))
  await expect(start('process.exitCode = 1')).rejects.toThrow('did not start')
  expect(opened()).not.toContain(logFile(ref))
})
