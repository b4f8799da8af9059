/** run.json: the record of an agent comparison, which later commands read. */
import { randomBytes } from 'node:crypto'
import { mkdirSync, readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { makePrivateFolder, readText, replaceFile } from '../../../../lib/files.ts'
import { isSameProcess, processStart } from '../../../../lib/process.ts'
import { errorCode } from '../../../../lib/user-error.ts'
import type { Tokens } from '../../../../pricing/cost.ts'
import type { Verdict } from '../judge/verdict.ts'
import type { Sample } from '../samples.ts'
import type { ChangedFile } from './worktree.ts'

export type ModelState =
  | 'waiting'
  | 'setup'
  | 'working'
  | 'verifying'
  /** The agent has finished. */
  | 'done'
  | 'failed'
  | 'timeout'
  | 'interrupted'

/** The result of the user's --verify command. */
export interface Verified {
  /** Null if a signal ended it. */
  readonly code: number | null
  readonly timedOut: boolean
  readonly ms: number
  /** The end of its output. */
  readonly output: string
}

/** One sample of a model. */
export interface ModelRecord extends Sample {
  /** Unique in the run: the preference, and ` #2` where its model has several samples. */
  readonly name: string
  /** 1, 2, … among the samples of a model; null if it has one. */
  readonly sample: number | null
  readonly label: string
  /** `provider,model` that the name stands for. */
  readonly model: string
  /** The models that answered, as `provider,model`, the one with the most requests first; absent if unknown. */
  readonly answeredBy?: readonly string[]
  readonly sessionId: string
  readonly branch: string
  readonly worktree: string
  readonly state: ModelState
  /** Why it is not done; null if it is. */
  readonly error: string | null
  /** Time of the agent alone, without --setup and --verify. */
  readonly ms: number
  readonly turns: number
  readonly tools: number
  /** Tool calls that were not allowed. */
  readonly denied: number
  readonly usage: Tokens | null
  readonly costUsd: number | null
  /** The final message of the agent. */
  readonly finalMessage: string
  /** The commit with all its work; null while it is working. */
  readonly commit: string | null
  readonly files: readonly ChangedFile[]
  readonly note: string
  readonly verified: Verified | null
}

export interface RunRecord {
  readonly version: 1
  readonly id: string
  /** The top folder of the user's repository. */
  readonly root: string
  /** The commit that all models start from; '' before it is created. */
  readonly base: string
  readonly withChanges: boolean
  readonly task: string
  readonly verify: string | null
  /** ISO 8601. */
  readonly startedAt: string
  readonly state: 'running' | 'done' | 'interrupted'
  /** The process of the command, to detect whether it is still running. */
  readonly pid: number
  readonly processStart: string | null
  readonly models: readonly ModelRecord[]
  readonly verdict: Verdict | null
  /** The letter of the model whose work was applied last. */
  readonly applied: string | null
}

export function runsFolder(home: string): string {
  return join(home, 'compare')
}

export const folderOf = (home: string, id: string): string => join(runsFolder(home), id)
export const logsOf = (home: string, id: string): string => join(folderOf(home, id), 'logs')
const fileOf = (home: string, id: string): string => join(folderOf(home, id), 'run.json')

/** Creates the folder of a new run and returns its unique id. Throws UserError. */
export function newRun(home: string): string {
  makePrivateFolder(runsFolder(home))
  for (;;) {
    const id = randomBytes(3).toString('hex')
    try {
      mkdirSync(folderOf(home, id), { mode: 0o700 })
    } catch (thrown) {
      if (errorCode(thrown) === 'EEXIST') continue
      throw thrown
    }
    try {
      makePrivateFolder(logsOf(home, id))
    } catch (thrown) {
      removeRun(home, id)
      throw thrown
    }
    return id
  }
}

/** The field of run.json and of `--json` that holds `finalMessage`. */
export const FINAL_MESSAGE = 'said'

export function writeRun(home: string, run: RunRecord): void {
  const models = run.models.map(({ finalMessage, ...model }) => ({
    ...model,
    [FINAL_MESSAGE]: finalMessage,
  }))
  replaceFile(fileOf(home, run.id), `${JSON.stringify({ ...run, models }, null, 2)}\n`)
}

/** The run; null if there is none or its file is damaged. */
export function readRun(home: string, id: string): RunRecord | null {
  try {
    const value = JSON.parse(readText(fileOf(home, id)) ?? 'null') as Partial<StoredRun> | null
    const whole = value?.version === 1 && value.id === id && Array.isArray(value.models)
    return whole ? current(parsed(value as StoredRun)) : null
  } catch {
    return null
  }
}

interface StoredRun extends Omit<RunRecord, 'models'> {
  readonly models: readonly StoredModel[]
}

/** Records of older versions have no `preference` and no `sample`. */
type StoredModel = Omit<ModelRecord, 'finalMessage' | 'preference' | 'sample'> &
  Partial<Pick<ModelRecord, 'preference' | 'sample'>> & { readonly [FINAL_MESSAGE]?: string }

function parsed(run: StoredRun): RunRecord {
  const models = run.models.map(({ [FINAL_MESSAGE]: finalMessage = '', ...model }) => ({
    preference: model.name,
    sample: null,
    ...model,
    finalMessage,
  }))
  return { ...run, models }
}

/** The run as it stands: a command that was killed could not record that it was interrupted. */
function current(run: RunRecord): RunRecord {
  if (run.state !== 'running' || isSameProcess(run.pid, run.processStart)) return run
  const models = run.models.map((model) =>
    ENDED.has(model.state) ? model : { ...model, state: 'interrupted' as const },
  )
  return { ...run, state: 'interrupted', models }
}

const ENDED: ReadonlySet<ModelState> = new Set(['done', 'failed', 'timeout', 'interrupted'])

/** The ids of all runs, including those whose file cannot be read. */
export function runIds(home: string): string[] {
  try {
    return readdirSync(runsFolder(home)).filter((name) => /^[0-9a-f]{6}$/.test(name))
  } catch (thrown) {
    if (errorCode(thrown) === 'ENOENT') return []
    throw thrown
  }
}

/** All runs that can be read, the newest first. */
export function allRuns(home: string): RunRecord[] {
  const runs = runIds(home).flatMap((id) => readRun(home, id) ?? [])
  return runs.sort((a, b) => (a.startedAt < b.startedAt ? 1 : -1))
}

export function removeRun(home: string, id: string): void {
  rmSync(folderOf(home, id), { recursive: true, force: true, maxRetries: 5 })
}

/** This process, as the one that runs the comparison. */
export function thisProcess(): Pick<RunRecord, 'pid' | 'processStart'> {
  return { pid: process.pid, processStart: processStart(process.pid) }
}
