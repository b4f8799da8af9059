/** Controls a run: its record on disk, its agents, and the display of their progress. */
import { formatModelRef } from '../../../../lib/model-ref.ts'
import { join } from 'node:path'
import { limiter } from '../../../../lib/limiter.ts'
import { homeFolder } from '../../../../session/identity.ts'
import type { Io } from '../../../command.ts'
import type { CompareValues } from '../options.ts'
import type { Contestant } from '../contestants.ts'
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
import { type Change, type Job, runContestant } from './worker.ts'

/** How many agents work at the same time unless --jobs says; each is a process of a few hundred MB. */
export const AT_ONCE = 10

export interface RunController {
  readonly home: string
  readonly run: () => RunRecord
  /** Updates the record. Throws UserError if it cannot be written. */
  readonly update: (change: Partial<RunRecord>) => void
  /** Updates the record while agents work. A failure to write, as on a full disk, does not stop them. */
  readonly tryUpdate: (change: Partial<RunRecord>) => void
  /** Why the last update could not be written; null if it was. */
  readonly writeError: () => Error | null
  /** Runs all contestants and shows their progress. */
  readonly runAll: (contestants: readonly Contestant[], job: Job) => Promise<void>
}

export interface NewRun {
  readonly task: string
  readonly contestants: readonly Contestant[]
  readonly values: CompareValues
  /** How many agents work at the same time. */
  readonly atOnce: number
  /** The top folder of the user's repository. */
  readonly root: string
  readonly io: Io
}

/**
 * Creates the record of a new run before anything else, so that a killed run can be cleaned. Throws
 * UserError, with nothing left behind.
 */
export function createRun({ task, contestants, values, atOnce, root, io }: NewRun): RunController {
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
    models: contestants.map((contestant) => blank(contestant, id, home)),
    verdict: null,
    applied: null,
  }
  const update = (change: Partial<RunRecord>): void => {
    run = { ...run, ...change }
    writeRun(home, run)
  }
  try {
    update({})
  } catch (thrown) {
    removeRun(home, id)
    throw thrown
  }
  let writeError: Error | null = null
  const tryUpdate = (change: Partial<RunRecord>): void => {
    try {
      update(change)
      writeError = null
    } catch (thrown) {
      writeError = thrown instanceof Error ? thrown : new Error(String(thrown))
    }
  }
  const runAll: RunController['runAll'] = async (all, job) => {
    const progress = new Map<string, Progress>()
    const since = new Map<string, number>()
    const status = openStatus(io, run, () =>
      run.models.map((record) => ({
        record,
        progress: progress.get(record.label) ?? NOTHING,
        since: since.get(record.label) ?? null,
      })),
    )
    const change = (contestant: Contestant, { progress: made, ...modelChange }: Change): void => {
      if (made) progress.set(contestant.label, made)
      if (modelChange.state === 'working') since.set(contestant.label, performance.now())
      if (Object.keys(modelChange).length === 0) return
      tryUpdate({
        models: run.models.map((m) =>
          m.label === contestant.label ? { ...m, ...modelChange } : m,
        ),
      })
      showChange(status, run, contestant, modelChange)
    }
    try {
      const some = limiter(atOnce)
      const runOne = (contestant: Contestant) =>
        runContestant(contestant, recordOf(contestant, run), job, (one) => change(contestant, one))
      await Promise.all(all.map((contestant) => some(() => runOne(contestant))))
    } finally {
      status.close()
    }
  }
  return { home, run: () => run, update, tryUpdate, writeError: () => writeError, runAll }
}

function showChange(
  status: Status,
  run: RunRecord,
  contestant: Contestant,
  modelChange: Partial<ModelRecord>,
): void {
  const model = run.models.find(({ label }) => label === contestant.label)
  if (model && modelChange.state !== undefined) status.changed(model)
}

function recordOf({ label }: Contestant, { id, models }: RunRecord): ModelRecord {
  const found = models.find((model) => model.label === label)
  if (found) return found
  throw new Error(`run ${id} has no ${label}`)
}

function blank(contestant: Contestant, id: string, home: string): ModelRecord {
  const { letter, name, preference, sample, label, choice, ref } = contestant
  return {
    letter,
    name,
    preference,
    sample,
    label,
    model: formatModelRef(choice),
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
    finalMessage: '',
    commit: null,
    files: [],
    note: '',
    verified: null,
  }
}
