/** `ccr compare clean [RUN|--all]`. */
import { counted } from '../../../../lib/counted.ts'
import { homeFolder } from '../../../../session/identity.ts'
import { UserError } from '../../../../lib/user-error.ts'
import { type Io, UsageError } from '../../../command.ts'
import { visible } from '../../../terminal/untrusted-text.ts'
import { allRuns, removeRun, runIds, type RunRecord } from '../agent/record.ts'
import { removeWorktree } from '../agent/worktree.ts'
import type { CompareValues } from '../options.ts'
import { findRun, runIdOf } from './find.ts'

/** Removes worktrees, branches and records, with the work in them. */
export async function clean(words: readonly string[], values: CompareValues, io: Io) {
  const home = homeFolder(io.env)
  const named = words[0] ?? values.run
  if (values.all && named !== undefined) {
    throw new UsageError(
      `ccr compare clean: give either a run (${named}) or --all, not both.`,
      'Write one of them.',
    )
  }
  if (values.all) return cleanAll(home, io)
  const id = named === undefined ? undefined : runIdOf(home, named)
  if (id !== undefined && !readable(home, id)) {
    removeRun(home, id)
    io.stdout.write(
      `Removed the damaged record of run ${id}. Then, in its repository: git worktree prune\n`,
    )
    return 0
  }
  const run = await findRun(home, id)
  if (run.state === 'running') {
    throw new UserError(
      `run ${run.id} is still running (pid ${run.pid}).`,
      'End it with Ctrl-C in its terminal, then try again.',
    )
  }
  await remove(home, run, io)
  return 0
}

function readable(home: string, id: string): boolean {
  return allRuns(home).some((run) => run.id === id)
}

async function cleanAll(home: string, io: Io): Promise<number> {
  const runs = allRuns(home)
  for (const run of runs) {
    if (run.state === 'running')
      io.stderr.write(`ccr: run ${run.id} is still running and was not removed.\n`)
    else await remove(home, run, io)
  }
  const known = new Set(runs.map(({ id }) => id))
  const damaged = runIds(home).filter((id) => !known.has(id))
  for (const id of damaged) removeRun(home, id)
  if (damaged.length > 0) {
    io.stdout.write(`Removed ${counted(damaged.length, 'damaged record')}: ${damaged.join(', ')}\n`)
  }
  if (runs.length === 0 && damaged.length === 0) io.stdout.write('No runs.\n')
  return 0
}

async function remove(home: string, run: RunRecord, io: Io): Promise<void> {
  for (const { worktree, branch } of run.models) {
    await removeWorktree({ root: run.root, worktree, branch })
  }
  removeRun(home, run.id)
  io.stdout.write(
    `Removed run ${run.id}: ${counted(run.models.length, 'worktree')} and their branches in ${visible(run.root)}\n`,
  )
}
