import { type ChildProcess, spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { LINUX } from '../../../test/support/requires.ts'
import { errorCode } from '../user-error.ts'
import { SocketLock } from './socket-lock.ts'

const closing: (() => unknown)[] = []
afterEach(() => closing.splice(0).forEach((close) => close()))

/** Listens where a lock would, with a queue for one, and turns to nobody. */
const HANGING = `
  const { createServer } = require('node:net')
  createServer().listen({ path: '\\0' + process.argv[1], backlog: 1 }, () => {
    require('node:fs').writeSync(1, 'listening')
    for (;;) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0)
  })`

async function hangingHolder(name: string): Promise<ChildProcess> {
  const child = spawn(process.execPath, ['-e', HANGING, name], { stdio: ['ignore', 'pipe', 2] })
  closing.push(() => child.kill('SIGKILL'))
  await once(child.stdout!, 'data')
  return child
}

/** Connects until no more connections are taken. */
async function fillQueue(address: string): Promise<void> {
  for (let code = ''; code !== 'EAGAIN';) {
    const socket: Socket = connect(address)
    closing.push(() => socket.destroy())
    code = await new Promise<string>((resolve) => {
      socket.once('connect', () => resolve(''))
      socket.on('error', (error) => resolve(errorCode(error)))
    })
  }
}

describe('a knock', LINUX, () => {
  it('at a holder that hangs is given up after its limit', async () => {
    const name = `ccr-test-${randomBytes(8).toString('hex')}`
    await hangingHolder(name)
    const lock = new SocketLock({ all: () => [`\0${name}`], moveOn: () => undefined }, 'key')
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
    closing.push(() => vi.useRealTimers())
    const answers: boolean[] = []
    const knocked = lock.requestRepair().then((answered) => answers.push(answered))
    for (let n = 0; n < 1_000 && answers.length === 0; n += 1) {
      vi.advanceTimersByTime(1_000)
      await new Promise((resolve) => setImmediate(resolve))
    }
    expect(answers).toEqual([false])
    await knocked
  })
})

// Only there do names of sockets need no file, and a full queue refuses.
describe('a holder that hangs with a full queue', LINUX, () => {
  it('holds its lock; nobody waits for its word for longer than for that of any other', async () => {
    const name = `ccr-test-${randomBytes(8).toString('hex')}`
    const child = await hangingHolder(name)
    await fillQueue(`\0${name}`)
    const lock = new SocketLock({ all: () => [`\0${name}`], moveOn: () => undefined }, 'key')
    expect(await lock.isHeld()).toBe(true)
    expect(await lock.tryAcquire()).toBeNull()
    expect(await lock.waitUntilFree(AbortSignal.timeout(20))).toBe(false)
    expect(await lock.holders()).toEqual([child.pid])
    expect(await lock.requestRepair()).toBe(false)
    const waiting = lock.waitUntilFree()
    child.kill('SIGKILL')
    expect(await waiting).toBe(true)
  })
})
