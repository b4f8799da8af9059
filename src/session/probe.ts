/** Finds out what a session is doing, from its locks and a daemon that proves itself; files are never trusted. */
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

/** What a daemon reports about itself; null where no daemon could be asked. */
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
  /** Who may use models: all clients that reach the port, or only those with the token (see the guard). */
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

/** How long a process whose end has begun may take, also on a loaded machine. */
const DYING_LIMIT_MS = 2_000

/** A daemon that has not answered for a while. */
export interface Silence {
  readonly ref: SessionRef
  readonly pid: number
}

export type OnSilence = (silence: Silence) => void

/** After this time, a user who waits at a terminal should see what is waited for. */
const SILENCE_MS = 1_300

/**
 * Looks at one session. `limitMs`: how long its daemon may take to answer; `onSilence` is called long
 * before a patient limit is over when it does not.
 */
export async function probe(
  ref: SessionRef,
  limitMs = LISTING_LIMIT_MS,
  onSilence?: OnSilence,
): Promise<SessionView> {
  if (onSilence === undefined) return lookAt(ref, limitMs)
  const looking = new AbortController()
  const timer = setTimeout(() => void reportSilence(ref, onSilence, looking.signal), SILENCE_MS)
  try {
    return await lookAt(ref, limitMs)
  } finally {
    clearTimeout(timer)
    looking.abort()
  }
}

/** Reports a silent daemon, but not one that boots, nor a stranger that has the name of its lock. */
async function reportSilence(
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
    // The probe itself reports what cannot be read.
  }
}

async function lookAt(ref: SessionRef, limitMs: number): Promise<SessionView> {
  const held = await seemsHeld(ref.home, serveLock(ref))
  const record = readRecord(ref)
  if (!held && !livesOn(record)) return idle(ref, limitMs)
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
 * Has the daemon prove itself. When that takes long, the holder of the lock is checked: a stranger
 * may have both its name and the port, and stay silent on both.
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
 * Whether the process of the record lives. The names of locks come from a file of the home: when that
 * is lost, the lock of a running daemon is not seen, but its process is, and must not be started again.
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

/** The same without the faults. */
export async function listSessions(home: string): Promise<readonly SessionView[]> {
  return (await lookAtSessions(home)).views
}

/** The sessions of a home, without a look at them. A record that was damaged is first repaired by its daemon. */
export async function rememberedSessions(home: string): Promise<SessionRef[]> {
  const repairs = unknownFolders(home).map((id) => requestRepair(home, serveLock({ id })))
  await Promise.allSettled(repairs) // where no daemon can be asked, the files stay as they are
  return knownSessions(home).map(({ ref }) => ref)
}

function asFault(thrown: unknown): UserError {
  if (thrown instanceof UserError) return thrown
  throw thrown
}

export function stateOf(peer: Peer): 'running' | 'draining' {
  return peer.health.status === 'ok' ? 'running' : 'draining'
}

/**
 * The view of a session without a daemon; one may be booting. Its boot may also have ended since the
 * serve lock was looked at, so that lock is looked at again: otherwise `ccr stop` would record a
 * session as stopped that has just started.
 */
async function idle(ref: SessionRef, limitMs: number): Promise<SessionView> {
  if (await isHeld(ref.home, bootLock(ref))) return view(ref, readRecord(ref), 'starting')
  const lock = serveLock(ref)
  if ((await seemsHeld(ref.home, lock)) && (await isHeld(ref.home, lock))) {
    return lookAt(ref, limitMs)
  }
  return view(ref, readRecord(ref), 'stopped')
}

/**
 * The view of a session whose daemon did not prove itself: it ended meanwhile, or boots, or its
 * record is newer than the one tried, or damaged, or it hangs. A daemon takes the boot lock before
 * the serve lock and frees it after it has written its record; looking at the locks in this order
 * therefore identifies a daemon that hangs.
 */
async function unproved(ref: SessionRef, tried: Tried): Promise<SessionView> {
  if (!(await isHeld(ref.home, serveLock(ref)))) return idle(ref, tried.limitMs)
  if (await isHeld(ref.home, bootLock(ref))) return view(ref, tried.record, 'starting')
  if (await isAnother(ref, tried)) return lookAt(ref, tried.limitMs)
  const record = readRecord(ref)
  const [pid = null] = await provedHolders(ref)
  return { ...view(ref, record, 'unresponsive'), pid }
}

/**
 * The processes that certainly serve the session, whether they answer or not: those that hold its
 * lock. Where the platform cannot identify the holder of a lock, the process of the record, if it is
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
