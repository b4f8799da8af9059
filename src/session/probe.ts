/** What a session is doing, told from locks and a proved daemon; files are never believed. */
import { holdersOf, isHeld, requestRepair, seemsHeld, waitUntilFree } from '../lib/lock.ts'
import { isSameProcess } from '../lib/process.ts'
import { UserError } from '../lib/user-error.ts'
import type { SessionRef } from './identity.ts'
import { bootLock, logFile, serveLock } from './paths.ts'
import { findPeer, LISTING_LIMIT_MS, type NoPeer, type Peer, readJson, SilentPeer } from './peer.ts'
import {
  knownSessions,
  readRecord,
  sessionFaults,
  type SessionRecord,
  unknownFolders,
} from './record.ts'

/**
 * - `starting`: a daemon boots
 * - `running`: it has proved itself
 * - `draining`: it has proved itself and finishes its last streams
 * - `unresponsive`: its lock says that it is there, but it does not answer
 * - `stopped`: there is none
 */
export type SessionState = 'starting' | 'running' | 'draining' | 'unresponsive' | 'stopped'

/** What a daemon says of itself; null where there is none that could be asked. */
export interface Facts {
  readonly pid: number | null
  readonly version: string | null
  readonly uptimeMs: number | null
  readonly rssBytes: number | null
  /** Clients that hold a lease. */
  readonly referenceCount: number | null
  /** Requests answered since the daemon started, and being answered now. */
  readonly served: number | null
  readonly running: number | null
  /** Fields of requests that a provider could not take and that were left out. */
  readonly dropped: number | null
  /** Who may use models: all that reach the port, or only with the token (see the guard). */
  readonly access: 'closed' | 'open' | 'counted' | null
  /** Requests without token or key that were answered, and will not be by the next version. */
  readonly unproved: number | null
  /** What the user should know of the config and the preference. */
  readonly notes: readonly string[]
}

export interface SessionView extends Facts {
  readonly ref: SessionRef
  readonly id: string
  readonly preference: string
  readonly record: SessionRecord
  readonly state: SessionState
  readonly port: number | null
  readonly logFile: string
}

/** For a process whose end has begun this is ages, also on a loaded machine. */
const DYING_LIMIT_MS = 2_000

/** A daemon that has not answered for a while. */
export interface Silence {
  readonly ref: SessionRef
  readonly pid: number
}

export type OnSilence = (silence: Silence) => void

/** After so long somebody who waits at a terminal wants to know for whom. */
const SILENCE_MS = 1_300

/**
 * Looks at one session. `limitMs`: how long its daemon may take to answer; `onSilence` hears, long
 * before a patient limit is over, that it does not.
 */
export async function probe(
  ref: SessionRef,
  limitMs = LISTING_LIMIT_MS,
  onSilence?: OnSilence,
): Promise<SessionView> {
  if (onSilence === undefined) return lookAt(ref, limitMs)
  const looking = new AbortController()
  const timer = setTimeout(() => void tellOfSilence(ref, onSilence, looking.signal), SILENCE_MS)
  try {
    return await lookAt(ref, limitMs)
  } finally {
    clearTimeout(timer)
    looking.abort()
  }
}

/** Not of a daemon that boots, nor of a stranger who has the name of its lock. */
async function tellOfSilence(
  ref: SessionRef,
  onSilence: OnSilence,
  over: AbortSignal,
): Promise<void> {
  try {
    if (await isHeld(ref.home, bootLock(ref))) return
    const record = readRecord(ref)
    const [pid = livesOn(record) ? record.pid : null] = await provedHolders(ref)
    if (pid !== null && !over.aborted) onSilence({ ref, pid })
  } catch {
    // The look itself tells what cannot be read.
  }
}

async function lookAt(ref: SessionRef, limitMs: number): Promise<SessionView> {
  const held = await seemsHeld(ref.home, serveLock(ref))
  const record = readRecord(ref)
  if (!held && !livesOn(record)) return idle(ref)
  const peer = await (held ? findUnlessStranger(ref, record, limitMs) : findPeer(record, limitMs))
  if (typeof peer === 'string') return unproved(ref, { record, limitMs, why: peer })
  try {
    const facts = readFacts(await readJson(await peer.ask('GET', '/control/status'), limitMs))
    return { ...view(ref, record, stateOf(peer)), ...facts, pid: peer.health.pid }
  } catch (thrown) {
    const why = thrown instanceof SilentPeer ? 'silent' : 'absent'
    return await unproved(ref, { record, limitMs, why })
  } finally {
    peer.close()
  }
}

/** A daemon that is not busy has answered by then. */
const SUSPICION_MS = 1_000

/**
 * Has the daemon prove itself. When that takes long the holder of the lock is looked at: a stranger
 * may sit on its name and on the port, and say nothing on both.
 */
async function findUnlessStranger(
  ref: SessionRef,
  record: SessionRecord,
  limitMs: number,
): Promise<Peer | NoPeer> {
  const unwanted = new AbortController()
  const suspicion = setTimeout(() => {
    void isHeld(ref.home, serveLock(ref)).then(
      (held) => {
        if (!held) unwanted.abort()
      },
      () => undefined,
    )
  }, SUSPICION_MS)
  try {
    return await findPeer(record, limitMs, unwanted.signal)
  } finally {
    clearTimeout(suspicion)
  }
}

/**
 * Locks have their names from a file of the home. When that was lost under a running daemon, its
 * lock is not seen, but its process is: it had better be asked than be started a second time.
 */
function livesOn({ pid, processStart }: SessionRecord): boolean {
  return isSameProcess(pid, processStart)
}

export interface Listing {
  readonly views: readonly SessionView[]
  /** What keeps other sessions of the home from being known or looked at, each once. */
  readonly faults: readonly UserError[]
}

/** Every session this home remembers, running or not, by port; those without a port last. */
export async function lookAtSessions(home: string, onSilence?: OnSilence): Promise<Listing> {
  const refs = await rememberedSessions(home)
  const looks = await Promise.allSettled(refs.map((ref) => probe(ref, LISTING_LIMIT_MS, onSilence)))
  const views = looks.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []))
  const failed = looks.flatMap((one) => (one.status === 'rejected' ? [asFault(one.reason)] : []))
  const order = ({ port }: SessionView): number => port ?? Number.POSITIVE_INFINITY
  return {
    views: views.sort((a, b) => order(a) - order(b)), // else by id, as they are listed
    faults: [
      ...new Map([...sessionFaults(home), ...failed].map((one) => [one.message, one])).values(),
    ],
  }
}

/** The same without what cannot be looked at. */
export async function listSessions(home: string): Promise<readonly SessionView[]> {
  return (await lookAtSessions(home)).views
}

/** The same without a look at them. A record that is damaged under its daemon is put right first. */
export async function rememberedSessions(home: string): Promise<SessionRef[]> {
  const repairs = unknownFolders(home).map((id) => requestRepair(home, serveLock({ id })))
  await Promise.allSettled(repairs) // where nothing can be asked, what is there is all there is
  return knownSessions(home).map(({ ref }) => ref)
}

function asFault(thrown: unknown): UserError {
  if (thrown instanceof UserError) return thrown
  throw thrown
}

export function stateOf(peer: Peer): 'running' | 'draining' {
  return peer.health.status === 'ok' ? 'running' : 'draining'
}

/** Nobody serves the session: somebody may be about to. */
async function idle(ref: SessionRef): Promise<SessionView> {
  const starting = await isHeld(ref.home, bootLock(ref))
  return view(ref, readRecord(ref), starting ? 'starting' : 'stopped')
}

/**
 * Whoever served the session did not prove himself: he ended meanwhile, or boots, or is one whose
 * record came after the one we tried, or was damaged, or hangs. A daemon has the boot lock before
 * the serve lock and frees it after it wrote its record; so, asked in this order, a hanging one is
 * known for sure.
 */
async function unproved(ref: SessionRef, tried: Tried): Promise<SessionView> {
  if (!(await isHeld(ref.home, serveLock(ref)))) return idle(ref)
  if (await isHeld(ref.home, bootLock(ref))) return view(ref, tried.record, 'starting')
  if (await isAnother(ref, tried)) return lookAt(ref, tried.limitMs)
  const record = readRecord(ref)
  const [pid = null] = await provedHolders(ref)
  return { ...view(ref, record, 'unresponsive'), pid }
}

/**
 * The processes that serve the session for sure, whether they answer or not: those that hold its
 * lock. Where the platform cannot tell that of one that hangs, the process of the record, if it is
 * still the one that wrote it into the private folder.
 */
export async function provedHolders(ref: SessionRef, lock = serveLock): Promise<readonly number[]> {
  const holders = await holdersOf(ref.home, lock(ref))
  if (holders !== null) return holders
  const { pid, processStart } = readRecord(ref)
  return pid !== null && isSameProcess(pid, processStart) ? [pid] : []
}

/** Whether the next look will meet another daemon, or another record. */
async function isAnother(ref: SessionRef, tried: Tried): Promise<boolean> {
  const isChanged = (): boolean => {
    const { port, token, host } = readRecord(ref)
    return port !== tried.record.port || token !== tried.record.token || host !== tried.record.host
  }
  if (isChanged()) return true
  // One that lives where its record says, but is silent, hangs. Any other can put its record right.
  const hangs = tried.why === 'silent' && livesOn(tried.record)
  if (!hangs && (await requestRepair(ref.home, serveLock(ref))) && isChanged()) return true
  return isDying(ref, tried)
}

/** An attempt to have the daemon of a record prove itself. */
interface Tried {
  readonly record: SessionRecord
  readonly limitMs: number
  readonly why: NoPeer
}

/**
 * The kernel closes the files of a killed process one after the other: its port may go before its
 * locks. One that kept the connection open and said nothing is not dying but hangs.
 */
function isDying(ref: SessionRef, { why }: Tried): Promise<boolean> {
  if (why === 'silent') return Promise.resolve(false)
  return waitUntilFree(ref.home, serveLock(ref), AbortSignal.timeout(DYING_LIMIT_MS))
}

function view(ref: SessionRef, record: SessionRecord, state: SessionState): SessionView {
  return {
    ...NOTHING,
    ref,
    id: ref.id,
    preference: ref.preference,
    record,
    state,
    port: record.port,
    logFile: logFile(ref),
  }
}

const NOTHING: Facts = {
  pid: null,
  version: null,
  uptimeMs: null,
  rssBytes: null,
  referenceCount: null,
  served: null,
  running: null,
  dropped: null,
  access: null,
  unproved: null,
  notes: [],
}

const ACCESS = ['closed', 'open', 'counted'] as const

/** All but the pid: that comes with the proof. */
function readFacts(status: Readonly<Record<string, unknown>>): Omit<Facts, 'pid'> {
  const number = (key: keyof Facts): number | null => {
    const value = status[key]
    return typeof value === 'number' ? value : null
  }
  const { version, notes, access } = status
  return {
    version: typeof version === 'string' ? version : null,
    uptimeMs: number('uptimeMs'),
    rssBytes: number('rssBytes'),
    referenceCount: number('referenceCount'),
    served: number('served'),
    running: number('running'),
    dropped: number('dropped'),
    access: ACCESS.find((word) => word === access) ?? null,
    unproved: number('unproved'),
    notes: Array.isArray(notes) ? notes.filter((note) => typeof note === 'string') : [],
  }
}
