/**
 * A temporary home with real daemons and real clients (`ccr code` around a stand-in for claude),
 * and what can be observed of it from outside: sessions, processes, files.
 */
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { expect, vi } from 'vitest'
import { processStart } from '../../src/lib/process.ts'
import { type SessionRef, sessionRef } from '../../src/session/identity.ts'
import { listSessions, probe, type SessionView } from '../../src/session/probe.ts'
import type { SessionRecord } from '../../src/session/record.ts'
import { fakeClaude } from '../integration/fake-claude.ts'
import { type Ccr, type Ran, type RunOptions, throwawayCcr } from '../support/ccr.ts'

/** Generous: what is waited for comes at once on a machine that has nothing else to do. */
export const PATIENCE = { timeout: 60_000, interval: 10 } as const

/** Only Linux shows, in /proc, which processes belong to a home. */
export const SEES_PROCESSES = process.platform === 'linux'

/** A live `ccr code`. */
export interface Client {
  readonly preference: string
  readonly pid: number
  /** False as soon as the launcher is gone. */
  readonly alive: boolean
  /** Set by who ends it. */
  readonly left: boolean
  /** Its end, together with the end of claude, when its output is closed. */
  readonly ended: Promise<Ran>
  /** Ends claude, and so the launcher. */
  leave(): Promise<Ran>
  /** Ends the launcher alone with SIGKILL. */
  kill(): void
}

/** A process whose environment names the home. */
export interface Seen {
  readonly pid: number
  readonly parent: number
  readonly command: string
}

export interface Harness {
  readonly ccr: Ccr
  /** Every client that was attached. */
  readonly clients: readonly Client[]
  ref(preference: string): SessionRef
  run(command: string, preference?: string, more?: RunOptions): Promise<Ran>
  /** The same, which must end with 0; gives its stdout. */
  succeed(command: string, preference?: string, more?: RunOptions): Promise<string>
  /** Looks at the sessions from this process. */
  views(): Promise<readonly SessionView[]>
  view(preference: string): Promise<SessionView>
  /** A file of a session's folder. */
  file(preference: string, name: string): string
  record(preference: string): SessionRecord
  /** Takes a lease, or tells how `ccr code` ended without one. */
  attach(preference: string): Promise<Client | Ran>
  processes(): Seen[]
  /** Removes the home; fails when a process of it lives on after `ccr stop --all --force`. */
  remove(): Promise<void>
}

const CONFIG = { Providers: [{ name: 'demo' }], Router: { default: 'demo,demo-a' } }

export async function startHarness(env: Readonly<Record<string, string>> = {}): Promise<Harness> {
  const ccr = await throwawayCcr(CONFIG, env)
  const path = `${await fakeClaude(ccr.home)}:${process.env['PATH'] ?? ''}`
  const clients: Client[] = []

  const ref = (preference: string): SessionRef =>
    sessionRef({ CCR_HOME: ccr.ccrHome, CCR_MODEL_PREFERENCE: preference })
  const run: Harness['run'] = (command, preference = '', more = {}) =>
    ccr.run(command.split(' '), { ...more, preference })
  const file = (preference: string, name: string): string => join(ref(preference).dir, name)

  return {
    ccr,
    clients,
    ref,
    run,
    file,
    succeed: async (command, preference, more) => {
      const { code, signal, stdout, stderr } = await run(command, preference, more)
      expect([code, signal], `ccr ${command} (${preference ?? ''})\n${stdout}${stderr}`).toEqual([
        0,
        null,
      ])
      return stdout
    },
    views: () => listSessions(ccr.ccrHome),
    view: (preference) => probe(ref(preference)),
    record: (preference) =>
      JSON.parse(readFileSync(file(preference, 'session.json'), 'utf8')) as SessionRecord,
    attach: async (preference) => {
      const options = { preference, env: { PATH: path, FAKE: 'wait' } }
      const client = clientOf(ccr.spawn(['code'], options), preference)
      const found = await client.ready
      if (found) clients.push(client)
      return found ? client : client.ended
    },
    processes: () => processesOf(ccr.ccrHome),
    remove: async () => {
      await Promise.all(clients.filter(({ alive }) => alive).map((client) => client.leave()))
      await ccr.run(['stop', '--all', '--force'])
      const isEmpty = (): boolean => processesOf(ccr.ccrHome).length === 0
      await vi.waitUntil(isEmpty, PATIENCE).catch(() => undefined)
      const left = processesOf(ccr.ccrHome)
      for (const { pid } of left) process.kill(pid, 'SIGKILL')
      await ccr.remove()
      expect(left, 'processes that outlived their home').toEqual([])
    },
  }
}

function clientOf(
  child: ChildProcess,
  preference: string,
): Client & { readonly ready: Promise<boolean> } {
  const ended = ranOf(child)
  const lines = createInterface({ input: child.stdout! })
  const ready = Promise.race([
    once(lines, 'line').then(([line]) => String(line).startsWith('ready ')),
    ended.then(() => false),
  ])
  let alive = true
  let left = false
  child.once('exit', () => (alive = false))
  return {
    preference,
    pid: child.pid ?? 0,
    get alive() {
      return alive
    },
    get left() {
      return left
    },
    ready,
    ended,
    leave: () => {
      left = true
      child.stdin?.end()
      return ended
    },
    kill: () => {
      left = true
      if (child.exitCode === null && child.signalCode === null) child.kill('SIGKILL')
    },
  }
}

/** As `collected` of support/ccr.ts, for a child whose stdout is read by lines as well. */
function ranOf(child: ChildProcess): Promise<Ran> {
  let stdout = ''
  let stderr = ''
  child.stdout?.on('data', (part: Buffer) => (stdout += part.toString('utf8')))
  child.stderr?.on('data', (part: Buffer) => (stderr += part.toString('utf8')))
  child.stdin?.on('error', () => undefined) // it ended before we told it to
  return new Promise((resolve, reject) => {
    child.once('error', reject)
    child.once('close', (code, signal) => resolve({ code, signal, stdout, stderr }))
  })
}

export function isClient(found: Client | Ran): found is Client {
  return 'leave' in found
}

function processesOf(ccrHome: string): Seen[] {
  if (!SEES_PROCESSES) return []
  const pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name))
  return pids.flatMap((pid) => {
    try {
      const environment = readFileSync(`/proc/${pid}/environ`, 'utf8').split('\0')
      if (!environment.includes(`CCR_HOME=${ccrHome}`)) return []
      if (processStart(Number(pid)) === null) return []
      const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
      const parent = Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1])
      const command = readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ').trim()
      return [{ pid: Number(pid), parent, command }]
    } catch {
      return [] // it ended while we looked
    }
  })
}

/** Ends a process at once and waits until it is gone. */
export async function killHard(pid: number): Promise<void> {
  process.kill(pid, 'SIGKILL')
  await vi.waitUntil(() => processStart(pid) === null, PATIENCE)
}
