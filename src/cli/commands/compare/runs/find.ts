/** Finds the run and the model that the user names. */
import { join } from 'node:path'
import { suggest } from '../../../../lib/suggest.ts'
import { UserError } from '../../../../lib/user-error.ts'
import { UsageError } from '../../../command.ts'
import {
  allRuns,
  logsOf,
  type ModelRecord,
  runIds,
  type RunRecord,
  writeRun,
} from '../agent/record.ts'
import { runGit } from '../agent/git.ts'
import { changedFiles, commitWork } from '../agent/worktree.ts'

/**
 * The run whose id starts with `id`. Without an id: the newest run of this repository, or the newest of
 * all. Throws UserError.
 */
export async function findRun(home: string, id: string | undefined): Promise<RunRecord> {
  const runs = allRuns(home)
  if (id === undefined) {
    const root = await rootHere()
    const found = runs.find((run) => run.root === root) ?? runs[0]
    if (found) return found
    throw new UserError(
      'there are no runs.',
      'Start one: ccr compare --agent -m MODEL -m MODEL "TASK"',
    )
  }
  const meant = runIdOf(home, id, runs)
  const found = runs.find((run) => run.id === meant)
  if (found !== undefined) return found
  throw new UserError(
    `the record of run ${meant} is damaged.`,
    `Remove it: ccr compare clean ${meant}`,
  )
}

/** The full id of a run, damaged or not, by its start. Throws UserError unless exactly one run matches. */
export function runIdOf(home: string, beginning: string, runs = allRuns(home)): string {
  const readable = runs.map(({ id }) => id)
  const damaged = runIds(home).filter((id) => !readable.includes(id))
  const [found, ...more] = [...readable, ...damaged].filter((id) =>
    id.startsWith(beginning.trim().toLowerCase()),
  )
  if (found === undefined) {
    throw new UserError(`there is no run '${beginning}'.`, 'Existing runs: ccr compare list --all')
  }
  if (more.length === 0) return found
  const all = [found, ...more].join(', ')
  throw new UserError(`several runs start with '${beginning}': ${all}.`, 'Write more of the id.')
}

/** The repository of the working directory; null if there is none. */
export async function rootHere(): Promise<string | null> {
  const here = { cwd: process.cwd(), above: true }
  const { code, stdout } = await runGit(['rev-parse', '--show-toplevel'], here)
  return code === 0 ? stdout.toString('utf8').replace(/\n$/, '') : null
}

/**
 * The sample with this letter, name or label, or the only sample of the model of this name. Throws
 * UsageError.
 */
export function findModel(run: RunRecord, name: string): ModelRecord {
  const { models } = run
  const same = (text: string): boolean => text.toLowerCase() === name.trim().toLowerCase()
  const found =
    models.find((model) => model.name === name) ??
    onlySample(run, ({ preference }) => preference === name) ??
    models.find((model) => model.label === name) ??
    models.find((model) => same(model.letter) || same(model.name)) ??
    onlySample(run, ({ preference }) => same(preference)) ??
    models.find((model) => same(model.label))
  if (found) return found
  const names = models.flatMap((model) => [model.letter, model.name])
  const near = suggest(name, names)
  throw new UsageError(
    `run ${run.id} has no model '${name}'.`,
    near.length > 0 ? `Did you mean ${near.join(' or ')}?` : `Its models: ${names.join(', ')}`,
  )
}

/** The one sample of a model, or the first of an older run. Throws UsageError if it has several. */
function onlySample(
  { id, models }: RunRecord,
  isMeant: (model: ModelRecord) => boolean,
): ModelRecord | undefined {
  const samples = models.filter(isMeant)
  const [first] = samples
  if (first === undefined || first.sample === null) return first
  const letters = samples.map(({ letter }) => letter).join(', ')
  throw new UsageError(
    `run ${id} has several samples of ${first.preference}: ${letters}.`,
    `Name one by its letter, for example ${first.letter}.`,
  )
}

/**
 * The run with the work of all its models as commits. If a command was killed, the work is committed
 * from the worktrees now. Models whose worktree was never created have no commit.
 */
export async function withWork(home: string, run: RunRecord): Promise<RunRecord> {
  if (run.state === 'running' || run.models.every(({ commit }) => commit !== null)) return run
  const models: ModelRecord[] = []
  for (const model of run.models) models.push(await withCommit(home, run, model))
  const whole = { ...run, models }
  try {
    writeRun(home, whole)
  } catch {
    // The disk may be full; the next command commits the work again.
  }
  return whole
}

async function withCommit(home: string, run: RunRecord, model: ModelRecord): Promise<ModelRecord> {
  if (model.commit !== null || run.base === '') return model
  const index = join(logsOf(home, run.id), `${model.label}.index`)
  const { root, base } = run
  const message = `${model.name} (ccr compare)`
  try {
    const { commit, note } = await commitWork({ ...model, root }, base, { index, message })
    return { ...model, commit, note, files: await changedFiles(root, base, commit) }
  } catch {
    return model
  }
}
