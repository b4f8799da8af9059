/**
 * Random operations and kills over several sessions, and after each round everything must fit
 * together again. The seed is printed; FAULTS_SEED=N repeats the choices, FAULTS_ROUNDS=N says how
 * many rounds (200).
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync, writeFileSync, writeSync } from 'node:fs'
import { createServer, type Server } from 'node:net'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { isHeld } from '../../src/lib/lock.ts'
import { processStart } from '../../src/lib/process.ts'
import { bootLock, operationLock, serveLock } from '../../src/session/paths.ts'
import type { SessionView } from '../../src/session/probe.ts'
import { settled, type Memory } from './invariants.ts'
import { randomOf, seedOfRun, type Random } from './random.ts'
import type { Ran } from '../support/ccr.ts'
import { startHarness, isClient, killHard, type Client, type Harness } from './harness.ts'

const ROUNDS = Number(process.env['FAULTS_ROUNDS'] ?? 200)
const PREFERENCES = ['', 'demo,a', 'demo/b', 'demo,c d', 'demo,é']
/** The revivals of a session end with the third crash in a minute; a loaded machine counts late. */
const CRASHES = { most: 3, withinMs: 60_000 + 30_000 }

let harness: Harness
let bystander: ChildProcess
let stranger: Server
/** What the server of a stranger was sent. */
let received: Buffer[]

beforeEach(async () => {
  harness = await startHarness()
  bystander = spawn(process.execPath, ['-e', 'process.stdin.resume()'])
  await once(bystander, 'spawn')
  received = []
  stranger = createServer((socket) => {
    socket.on('data', (part) => received.push(part)).on('error', () => undefined)
  })
  stranger.listen(harness.ccr.port + 3, '127.0.0.1')
  await once(stranger, 'listening')
})
afterEach(async () => {
  bystander.kill('SIGKILL')
  stranger.close()
  await harness.remove()
})

/** What a round does to a session. */
type Operation = (preference: string, random: Random) => Promise<unknown>

interface Drawn {
  readonly name: string
  readonly preference: string
  readonly inner: Random
}

/** When each daemon was killed, in ms of this process's clock. */
const kills = new Map<string, number[]>()

/** Commands that must succeed whatever else happens to the session at the same moment. */
const command =
  (name: string): Operation =>
  (preference) =>
    harness.succeed(name, preference)

const live = (preference: string): Client[] =>
  harness.clients.filter((client) => client.alive && client.preference === preference)

/** Kills the command at a moment that can be seen from outside: before, or holding a lock. */
async function killCommand(preference: string, random: Random): Promise<void> {
  const name = random.one(['start', 'start', 'restart', 'stop'])
  const lock = random.one([null, operationLock, bootLock, serveLock])
  const ref = harness.ref(preference)
  const child = harness.ccr.spawn([name], { preference })
  const ended = once(child, 'exit')
  const gone = (): boolean => child.exitCode !== null || child.signalCode !== null
  if (lock) {
    const seen = async (): Promise<boolean> => gone() || (await isHeld(ref.home, lock(ref)))
    await vi.waitUntil(seen, { timeout: 60_000, interval: 1 })
  }
  if (!gone()) child.kill('SIGKILL')
  await ended
}

async function killDaemon(preference: string): Promise<void> {
  const { state, pid } = await harness.view(preference)
  if (state !== 'running' || pid === null) return
  kills.set(preference, [...(kills.get(preference) ?? []), performance.now()])
  await killHard(pid)
}

/** After a reboot another program may have the pid that the files speak of. */
async function recycle(preference: string): Promise<void> {
  const { state, record } = await harness.view(preference)
  if (state !== 'stopped' || record.port === null) return
  const stale = { ...harness.record(preference), pid: bystander.pid }
  writeFileSync(harness.file(preference, 'session.json'), JSON.stringify(stale))
  writeFileSync(harness.file(preference, 'router.pid'), `${String(bystander.pid)}\n`)
}

const OPERATIONS: Readonly<Record<string, { readonly weight: number; readonly run: Operation }>> = {
  start: { weight: 4, run: command('start') },
  stop: { weight: 2, run: command('stop') },
  restart: { weight: 2, run: command('restart') },
  sessions: { weight: 1, run: command('sessions') },
  status: {
    weight: 1,
    run: async (preference) =>
      expect([0, 3]).toContain((await harness.run('status', preference)).code),
  },
  attach: { weight: 5, run: (preference) => harness.attach(preference) },
  detach: {
    weight: 2,
    run: async (preference, random) => {
      const client = random.one(live(preference)) as Client | undefined
      await client?.leave()
    },
  },
  'kill client': {
    weight: 3,
    run: async (preference, random) => {
      const client = random.one(live(preference)) as Client | undefined
      client?.kill()
      await client?.ended
    },
  },
  'kill daemon': { weight: 2, run: killDaemon },
  'kill command': { weight: 3, run: killCommand },
  recycle: { weight: 1, run: recycle },
}

const DECK = Object.entries(OPERATIONS).flatMap(([name, { weight }]) =>
  Array.from({ length: weight }, () => name),
)

/** One operation, or up to three at once; of several on one session the order is left to chance. */
function drawRound(random: Random): Drawn[] {
  const many = random.one([1, 1, 1, 2, 3])
  const drawn = Array.from({ length: many }, () => ({
    name: random.one(DECK),
    preference: random.one(PREFERENCES),
    inner: randomOf(random.below(2 ** 31)),
  }))
  // Writing into the files of a session is not a step of an operation.
  return many === 1 ? drawn : drawn.filter(({ name }) => name !== 'recycle')
}

const TITLE = `${String(ROUNDS)} rounds of random operations and kills leave every session whole`
/** Its cases are random: a second try would hide what the first one found. */
const ONE_TRY = { timeout: 600_000, retry: 0 }

test(TITLE, ONE_TRY, async () => {
  const random = randomOf(seedOfRun())
  writeSync(2, `\nfaults: seed ${String(random.seed)} (FAULTS_SEED=${String(random.seed)})\n`)
  const memory: Memory = new Map()
  const history: string[] = []
  const done = new Map<string, number>()
  kills.clear()
  for (let round = 1; round <= ROUNDS; round += 1) {
    const drawn = drawRound(random)
    history.push(
      `${String(round)}: ${drawn.map((one) => `${one.name} '${one.preference}'`).join(', ')}`,
    )
    const before = new Set(harness.clients.filter(({ alive }) => alive))
    try {
      await Promise.all(drawn.map((one) => perform(one, drawn)))
      const views = await settled(harness, memory)
      await endsHaveReasons(before, drawn)
      untouched(views)
    } catch (cause) {
      const last = history.slice(-8).join('\n')
      throw new Error(`seed ${String(random.seed)}, last rounds:\n${last}`, { cause })
    }
    for (const { name } of drawn) done.set(name, (done.get(name) ?? 0) + 1)
  }
  const counts = [...done].map(([name, count]) => `${name} ${String(count)}`).join(', ')
  const daemons = [...kills.values()].flat().length
  const clients = harness.clients.length
  writeSync(2, `${counts}; ${String(clients)} clients, ${String(daemons)} daemons killed\n\n`)
})

async function perform({ name, preference, inner }: Drawn, drawn: readonly Drawn[]): Promise<void> {
  const result = await OPERATIONS[name]?.run(preference, inner)
  if (name !== 'attach' || isClient(result as Client | Ran)) return
  const { code, stderr } = result as Ran
  expect([code === 0, disturbed(preference, drawn)], `ccr code: ${stderr}`).toEqual([false, true])
}

/** Whether the session may have ended while a client came or was there. */
function disturbed(preference: string, drawn: readonly Drawn[]): boolean {
  const ending = ['stop', 'kill command', 'kill daemon']
  return drawn.some((one) => one.preference === preference && ending.includes(one.name))
}

/** A client ends by itself only when its session was stopped or crashed too often, and not with 0. */
async function endsHaveReasons(
  before: ReadonlySet<Client>,
  drawn: readonly Drawn[],
): Promise<void> {
  for (const client of before) {
    if (client.alive || client.left) continue
    const { code, stderr } = await client.ended
    expect(code, stderr).not.toBe(0)
    const since = performance.now() - CRASHES.withinMs
    const crashes = (kills.get(client.preference) ?? []).filter((at) => at > since).length
    const ofPreference = drawn.filter(({ preference }) => preference === client.preference)
    const stopped = ofPreference.some(({ name }) => name === 'stop' || name === 'kill command')
    const why = `a client of '${client.preference}' ended after ${String(crashes)} crashes: ${stderr}`
    expect(stopped || crashes >= CRASHES.most, why).toBe(true)
  }
}

/** Programs of others live on and have heard no secret. */
function untouched(views: readonly SessionView[]): void {
  expect(processStart(bystander.pid ?? 0)).not.toBeNull()
  expect(stranger.listening).toBe(true)
  expect(Buffer.concat(received).toString('latin1')).not.toContain('ccr-tok-')
  for (const { port } of views) expect(port).not.toBe(harness.ccr.port + 3)
  if (process.platform !== 'linux') return
  const status = readFileSync(`/proc/${String(bystander.pid)}/status`, 'utf8')
  expect(/^SigPnd:\s*0+$/m.test(status)).toBe(true)
}
