/** A restart seen from outside: no request is refused, whichever process is killed during it. */
import { once } from 'node:events'
import { renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { hammer } from './hammer.ts'
import { settled } from './invariants.ts'
import { startHarness, isClient, killHard, PATIENCE, type Harness } from './harness.ts'
import { LINUX } from '../support/requires.ts'

const RESTARTS = Number(process.env['FAULTS_RESTARTS'] ?? 50)

let harness: Harness
beforeEach(async () => {
  harness = await startHarness()
  await harness.succeed('start', 'demo,x')
})
afterEach(() => harness.remove())

/** The session as a client sees it. */
function target(): { readonly port: number; readonly token: string } {
  const { port, token } = harness.record('demo,x')
  return { port: port ?? 0, token }
}
const pid = (): number => harness.record('demo,x').pid ?? 0

test(`${String(RESTARTS)} restarts under new connections and kept ones: none is refused or reset`, async () => {
  const hammers = [hammer(target(), 1), hammer(target(), 1, true)]
  const pids = new Set([pid()])
  for (let n = 0; n < RESTARTS; n += 1) {
    await harness.succeed('restart', 'demo,x')
    pids.add(pid())
  }
  for (const { answered, failures } of await Promise.all(hammers.map((one) => one.stop()))) {
    expect(failures).toEqual({})
    expect(answered).toBeGreaterThan(RESTARTS)
  }
  expect(pids.size).toBe(RESTARTS + 1)
  await settled(harness, new Map())
})

test('five restarts at once: each replaces the daemon, none refuses anybody', async () => {
  const blows = hammer(target(), 2)
  const before = target()
  const restarts = Array.from({ length: 5 }, () => harness.succeed('restart', 'demo,x'))
  const pids = (await Promise.all(restarts)).map((text) => /^PID: +(\d+)$/m.exec(text)?.[1])
  expect(new Set(pids).size).toBe(5)
  expect((await blows.stop()).failures).toEqual({})
  expect(target()).toEqual(before)
  await settled(harness, new Map())
})

test('a restart and a revival at once leave one daemon, on the same port, with its client', async () => {
  const client = await harness.attach('demo,x')
  expect(isClient(client)).toBe(true)
  for (const early of [true, false]) {
    const before = target()
    const restart = early ? harness.succeed('restart', 'demo,x') : null
    await killHard(pid())
    await (restart ?? harness.succeed('restart', 'demo,x'))
    expect(target()).toEqual(before)
    await settled(harness, new Map())
  }
})

/** What can be seen from outside of a restart that is under way. */
const MOMENTS: Readonly<Record<string, (old: number) => boolean>> = {
  'as soon as there is a successor': (old) => successor(old) !== undefined,
  'as soon as the record names the successor': (old) => pid() !== old,
}

/** The child that the daemon has started. */
const successor = (old: number): number | undefined =>
  harness.processes().find(({ parent }) => parent === old)?.pid

describe.each(Object.entries(MOMENTS))('%s', LINUX, (_, isNow) => {
  test.each(['the old daemon', 'the successor', 'the command'])(
    '%s is killed: the port is never closed, and one daemon serves',
    async (whom) => {
      const client = await harness.attach('demo,x')
      const before = target()
      const old = pid()
      const blows = hammer(before, 2)
      const command = harness.ccr.spawn(['restart'], { preference: 'demo,x' })
      const ended = once(command, 'exit')
      await vi.waitUntil(() => isNow(old) || command.exitCode !== null, {
        ...PATIENCE,
        interval: 1,
      })
      const victims = { 'the old daemon': old, 'the successor': successor(old) ?? pid() }
      const victim = victims[whom as keyof typeof victims] as number | undefined
      try {
        process.kill(victim ?? command.pid ?? 0, 'SIGKILL')
      } catch {
        // It has ended by itself by now.
      }
      await ended
      await settledAgain()
      const { failures } = await blows.stop()
      // Answers of the killed daemon are lost, new requests are not. Only a successor that has
      // served alone already, killed too late for this test, leaves the port to the revival.
      const alone = whom === 'the successor' && pid() !== old
      if (!alone) expect(failures['ECONNREFUSED']).toBeUndefined()
      if (whom === 'the command') expect(failures).toEqual({})
      expect(target()).toEqual(before)
      if (isClient(client)) expect((await client.leave()).code).toBe(0)
    },
  )
})

/** A successor that was killed when it had the session already is revived. */
async function settledAgain(): Promise<void> {
  await vi.waitFor(async () => {
    const [view] = await settled(harness, new Map())
    expect(view?.state).toBe('running')
  }, PATIENCE)
}

test('a daemon that knows nothing of successors is replaced all the same, and keeps port and token', async () => {
  await harness.succeed('stop', 'demo,x')
  const file = join(harness.ccr.home, 'older.cjs')
  writeFileSync(file, OLDER)
  await harness.succeed('start', 'demo,x', { env: { NODE_OPTIONS: `--require "${file}"` } })
  const before = { ...target(), pid: pid() }
  await harness.succeed('restart', 'demo,x')
  expect({ ...target(), pid: before.pid }).toEqual(before)
  expect(pid()).not.toBe(before.pid)
  await settled(harness, new Map())
})

/** Makes a daemon one of the time before there were successors. */
const OLDER = `
const { Server } = require('node:http')
const { emit } = Server.prototype
Server.prototype.emit = function (name, req, res, ...rest) {
  if (name !== 'request' || req.url !== '/control/succeed') return emit.call(this, name, req, res, ...rest)
  res.writeHead(404, { 'content-type': 'application/json' }).end('{"type":"error"}')
  return true
}
`

test('in a home that was moved under its daemon the session is restarted there', async () => {
  const { ccrHome } = harness.ccr
  const moved = `${ccrHome}-moved`
  const before = { ...target(), pid: pid() }
  renameSync(ccrHome, moved)
  try {
    const output = await harness.succeed('restart', 'demo,x', { env: { CCR_HOME: moved } })
    expect(output).not.toContain(String(before.pid))
    await harness.succeed('stop', 'demo,x', { env: { CCR_HOME: moved } })
    await vi.waitUntil(() => harness.processes().length === 0, PATIENCE)
  } finally {
    // The daemon from before the move has written what it still had to say where it knew its home.
    rmSync(ccrHome, { recursive: true, force: true })
    renameSync(moved, ccrHome)
  }
  await harness.succeed('start', 'demo,x')
  expect(target()).toEqual({ port: before.port, token: before.token })
  await settled(harness, new Map())
})

test('the token alone cannot make a daemon start a program', async () => {
  const { port, token } = target()
  const order = { node: '/bin/sh', script: '-c', env: { NODE_OPTIONS: '--require /evil.js' } }
  const answer = await fetch(`http://127.0.0.1:${String(port)}/control/succeed`, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}` },
    body: JSON.stringify(order),
  })
  expect(answer.status).toBe(403)
  await settled(harness, new Map())
})
