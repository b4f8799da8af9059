/** A run on its way: its record on disk, its agents, and what is shown of them. */
import { join } from 'node:path'
import { homeFolder } from '../../../../session/identity.ts'
import type { Io } from '../../../command.ts'
import type { CompareValues } from '../options.ts'
import type { Seat } from '../contestants.ts'
import { NOTHING, type Progress } from './progress.ts'
import {
  folderOf,
  type ModelRecord,
  newRun,
  removeRun,
  type RunRecord,
  thisProcess,
  writeRun,
} from './record.ts'
import { openStatus, type Status } from './status.ts'
import { type Change, type Job, work } from './worker.ts'

export interface Course {
  readonly home: string
  readonly run: () => RunRecord
  /** Throws UserError where it cannot be written. */
  readonly set: (change: Partial<RunRecord>) => void
  /** The same while agents work: a full disk must not cut what the others do, nor hide it. */
  readonly keep: (change: Partial<RunRecord>) => void
  /** Why the last state of the record could not be written; null when it was. */
  readonly unwritten: () => Error | null
  /** Has all seats work, and shows how far they are. */
  readonly watched: (seats: readonly Seat[], job: Job) => Promise<void>
}

export interface Beginning {
  readonly task: string
  readonly seats: readonly Seat[]
  readonly values: CompareValues
  /** The top folder of the user's repository. */
  readonly root: string
  readonly io: Io
}

/**
 * The record of a new run, written before anything else is made, so that a killed one can be cleaned.
 * Throws UserError; then nothing of it is left.
 */
export function begin({ task, seats, values, root, io }: Beginning): Course {
  const home = homeFolder(io.env)
  const id = newRun(home)
  let run: RunRecord = {
    version: 1,
    id,
    root,
    base: '',
    withChanges: values['with-changes'] === true,
    task,
    verify: values.verify ?? null,
    startedAt: new Date().toISOString(),
    state: 'running',
    ...thisProcess(),
    models: seats.map((seat) => blank(seat, id, home)),
    verdict: null,
    applied: null,
  }
  const set = (change: Partial<RunRecord>): void => {
    run = { ...run, ...change }
    writeRun(home, run)
  }
  try {
    set({})
  } catch (thrown) {
    removeRun(home, id)
    throw thrown
  }
  let unwritten: Error | null = null
  const keep = (change: Partial<RunRecord>): void => {
    try {
      set(change)
      unwritten = null
    } catch (thrown) {
      unwritten = thrown instanceof Error ? thrown : new Error(String(thrown))
    }
  }
  const watched: Course['watched'] = async (all, job) => {
    const progress = new Map<string, Progress>()
    const since = new Map<string, number>()
    const status = openStatus(io, run, () =>
      run.models.map((record) => ({
        record,
        progress: progress.get(record.label) ?? NOTHING,
        since: since.get(record.label) ?? null,
      })),
    )
    const change = (seat: Seat, { progress: made, ...facts }: Change): void => {
      if (made) progress.set(seat.label, made)
      if (facts.state === 'working') since.set(seat.label, performance.now())
      if (Object.keys(facts).length === 0) return
      keep({ models: run.models.map((m) => (m.label === seat.label ? { ...m, ...facts } : m)) })
      tell(status, run, seat, facts)
    }
    try {
      await Promise.all(
        all.map((seat) => work(seat, placeOf(seat, run), job, (one) => change(seat, one))),
      )
    } finally {
      status.close()
    }
  }
  return { home, run: () => run, set, keep, unwritten: () => unwritten, watched }
}

function tell(status: Status, run: RunRecord, seat: Seat, facts: Partial<ModelRecord>): void {
  const model = run.models.find(({ label }) => label === seat.label)
  if (model && facts.state !== undefined) status.changed(model)
}

function placeOf({ label }: Seat, { id, models }: RunRecord): ModelRecord {
  const found = models.find((model) => model.label === label)
  if (found) return found
  throw new Error(`run ${id} has no ${label}`)
}

function blank(seat: Seat, id: string, home: string): ModelRecord {
  const { letter, name, label, choice, ref } = seat
  return {
    letter,
    name,
    label,
    model: `${choice.provider},${choice.model}`,
    sessionId: ref.id,
    branch: `ccr/compare/${id}/${label}`,
    worktree: join(folderOf(home, id), label),
    state: 'waiting',
    error: null,
    ms: 0,
    turns: 0,
    tools: 0,
    denied: 0,
    usage: null,
    costUsd: null,
    said: '',
    commit: null,
    files: [],
    note: '',
    verified: null,
  }
}
