/** The data of `ccr top`. */
import { formatModelRef } from '../../../lib/model-ref.ts'
import { lookAtSessions, type OnSilence, type SessionView } from '../../../session/probe.ts'
import { commandLine } from '../../../lib/command-line.ts'
import { createStore, hasDatabase, StoreError } from '../../../store/store.ts'
import { type Group, usageBy } from '../../../store/usage.ts'

export interface TopSession {
  readonly sessionId: string
  readonly modelPreference: string
  /** `provider,model`; null if unknown. */
  readonly model: string | null
  readonly state: string
  readonly clients: number | null
  readonly running: number | null
  /** Today, like the fields below. */
  readonly requests: number
  readonly input: number
  readonly output: number
  /** USD; null if unknown. */
  readonly cost: number | null
  readonly unpriced: number
  /** Average of the answers of the last minute; null if there are none. */
  readonly tokensPerSecond: number | null
}

export interface TopSnapshot {
  readonly sessions: readonly TopSession[]
  /** USD of all sessions today, including stopped ones; null if unknown. */
  readonly costToday: number | null
  /** Why there are no figures for today; null if there are. */
  readonly trouble: string | null
  /** Problems in reading the sessions of the home, and sessions that hang. */
  readonly faults: readonly string[]
}

const MINUTE_MS = 60_000

/** The live sessions with their usage today. */
export async function takeSnapshot(home: string, onSilence?: OnSilence): Promise<TopSnapshot> {
  const looking = lookAtSessions(home, onSilence)
  const [{ views, faults }, figures] = await Promise.all([looking, figuresOf(home)])
  const sessions = views
    .filter(({ state }) => state !== 'stopped')
    .map((view) => sessionOf(view, figures))
  const known = figures.today.flatMap(({ cost }) => (cost === null ? [] : [cost]))
  const costToday = known.length === 0 ? null : known.reduce((sum, cost) => sum + cost, 0)
  return {
    ...{ sessions, costToday, trouble: figures.trouble },
    faults: [
      ...faults.map(({ message, hint }) => `${message}\n${hint}`),
      ...views.filter(({ state }) => state === 'unresponsive').map(hangingText),
    ],
  }
}

function hangingText({ ref, id, pid }: SessionView): string {
  const cure = commandLine(ref, 'stop --force')
  return `Session ${id} does not answer (pid ${String(pid ?? '?')}). To end it: ${cure}`
}

function sessionOf(view: SessionView, { today, minute }: Figures): TopSession {
  const { provider, model } = view.record
  const { tokensPerSecond = null } = minute.find(({ key }) => key === view.id) ?? {}
  return {
    sessionId: view.id,
    modelPreference: view.preference,
    model: provider === null || model === null ? null : formatModelRef({ provider, model }),
    state: view.state,
    clients: view.referenceCount,
    running: view.running,
    ...sessionUsage(today.find(({ key }) => key === view.id)),
    tokensPerSecond,
  }
}

type SessionUsage = Pick<TopSession, 'requests' | 'input' | 'output' | 'cost' | 'unpriced'>

function sessionUsage(group: Group | undefined): SessionUsage {
  if (group === undefined) return { requests: 0, input: 0, output: 0, cost: null, unpriced: 0 }
  const { requests, input, cacheRead, cacheWrite, output, cost, unpriced } = group
  return { requests, input: input + cacheRead + cacheWrite, output, cost, unpriced }
}

interface Figures {
  readonly today: readonly Group[]
  readonly minute: readonly Group[]
  readonly trouble: string | null
}

async function figuresOf(home: string): Promise<Figures> {
  const none = { today: [], minute: [] }
  const store = createStore({ home })
  const midnight = new Date().setHours(0, 0, 0, 0)
  try {
    if (!hasDatabase(home)) return { ...none, trouble: null }
    return await store.read((db) => ({
      today: usageBy(db, 'session', { since: midnight, until: Infinity }),
      minute: usageBy(db, 'session', { since: Date.now() - MINUTE_MS, until: Infinity }),
      trouble: null,
    }))
  } catch (thrown) {
    if (!(thrown instanceof StoreError)) throw thrown
    return { ...none, trouble: `${thrown.message}\n${thrown.hint}` }
  } finally {
    store.close()
  }
}
