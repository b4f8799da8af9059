/** One task to several agents, each in its own worktree of the user's repository. */
import { join } from 'node:path'
import type { Io } from '../../../command.ts'
import { findClaude } from '../../../claude/find.ts'
import { type Interruption, onInterruption } from '../../../terminal/interrupt.ts'
import { json } from '../../../terminal/output.ts'
import { lookOf } from '../../../terminal/table.ts'
import { writeOutput } from '../write-output.ts'
import { judge } from '../judge/judge.ts'
import { type CompareValues, wholeNumber } from '../options.ts'
import { type Seat, seatOf, seatsOf } from '../contestants.ts'
import { many } from '../../../terminal/format.ts'
import { agentCandidates } from './submissions.ts'
import { begin, type Course } from './run-controller.ts'
import { allRuns, logsOf, removeRun, type RunRecord } from './record.ts'
import { remarks, runJson, runText } from './report.ts'
import {
  changedPaths,
  commitOf,
  type Repository,
  repositoryOf,
  submodulesOf,
} from './repository.ts'
import { passed } from './shell.ts'
import { treeOf } from './tree.ts'
import { trustFor } from './trust.ts'
import type { Job } from './worker.ts'
import { addWorktree, removeWorktree } from './worktree.ts'

const TIMEOUT_S = 3600
const SHELL_TIMEOUT_S = 600
const JUDGE_TIMEOUT_MS = 600_000
const JUDGE_FAILED = 3

/** @param argv the user's own arguments for the client. */
export async function compareAgents(
  task: string,
  argv: readonly string[],
  values: CompareValues,
  io: Io,
): Promise<number> {
  const seats = seatsOf(values.model ?? [], io)
  const judgeSeat = values.judge === undefined ? null : seatOf(values.judge, io)
  const claude = findClaude(seats[0]?.config.claudePath ?? '', io.env)
  const timeoutMs = wholeNumber(values, 'timeout', TIMEOUT_S) * 1000
  const shellTimeoutMs = wholeNumber(values, 'verify-timeout', SHELL_TIMEOUT_S) * 1000
  const repository = await repositoryOf(process.cwd())
  await tellWhatIsLeftOut(repository, values, io)
  const trust = await trustFor(claude, values.trust === true, io.env)

  const interruption = onInterruption()
  const { signal } = interruption
  const course = begin({ task, seats, values, root: repository.root, io })
  try {
    const base = await makePlaces(course, repository, values)
    const job: Omit<Job, 'base'> = {
      root: repository.root,
      task,
      setup: values.setup ?? null,
      verify: values.verify ?? null,
      shellTimeoutMs,
      timeoutMs,
      claude,
      argv,
      trust,
      logs: logsOf(course.home, course.run().id),
      signal,
      io,
      alone: queue(),
    }
    await proceed(course, seats, { ...job, base }, judgeSeat)
  } finally {
    interruption.off()
  }
  await report(course, values, io)
  const unwritten = course.unwritten()
  if (unwritten !== null) throw unwritten
  return exitCode(course.run(), interruption)
}

/** The agents' work and the judge's; the record says at the end how it ended. */
async function proceed(
  course: Course,
  seats: readonly Seat[],
  job: Job,
  judgeSeat: ReturnType<typeof seatOf> | null,
): Promise<void> {
  const { signal, task, io } = job
  try {
    await course.watched(seats, job)
    if (judgeSeat === null || signal.aborted) return
    const candidates = await agentCandidates(course.run())
    const asked = { seat: judgeSeat, task, candidates, io, signal, timeoutMs: JUDGE_TIMEOUT_MS }
    course.keep({ verdict: await judge(asked) })
  } finally {
    course.keep({ state: signal.aborted ? 'interrupted' : 'done' })
  }
}

/** The commit that all start from, and a worktree for each. */
async function makePlaces(
  { home, run, set }: Course,
  { root, head }: Repository,
  values: CompareValues,
): Promise<string> {
  const places = run().models.map(({ worktree, branch }) => ({ root, worktree, branch }))
  try {
    const base = values['with-changes'] ? await withChanges(root, head, home, run().id) : head
    set({ base })
    for (const place of places) await addWorktree(place, base)
    return base
  } catch (thrown) {
    // Nobody has begun: a half-made run is of no use.
    for (const place of places) await removeWorktree(place)
    removeRun(home, run().id)
    throw thrown
  }
}

async function withChanges(root: string, head: string, home: string, id: string) {
  const { tree } = await treeOf(root, join(logsOf(home, id), 'index'))
  return commitOf(root, { tree, parent: head, message: 'Uncommitted changes (ccr compare)' })
}

async function tellWhatIsLeftOut(
  repository: Repository,
  values: CompareValues,
  { stderr }: Io,
): Promise<void> {
  const empty = await submodulesOf({ cwd: repository.root }, repository.head)
  if (empty.length > 0) {
    stderr.write(
      `ccr: ${many(empty.length, 'submodule')} will be empty in the worktrees. To fill them: --setup "git submodule update --init"\n`,
    )
  }
  if (values['with-changes']) return
  const changed = await changedPaths(repository)
  if (changed.length === 0) return
  stderr.write(
    `ccr: the models start from the last commit, without your uncommitted changes (${many(changed.length, 'file')}). To take them along: --with-changes\n`,
  )
}

/** Runs one piece of work after the other. */
function queue(): Job['alone'] {
  let last: Promise<unknown> = Promise.resolve()
  return (work) => {
    const mine = last.then(work, work)
    last = mine
    return mine
  }
}

async function report(course: Course, values: CompareValues, io: Io): Promise<void> {
  const run = course.run()
  const newest = allRuns(course.home).find(({ root }) => root === run.root)
  const last = newest === undefined || newest.id === run.id
  io.stdout.write(values.json ? json(runJson(run)) : runText(run, lookOf(io), last))
  for (const remark of remarks(run)) io.stderr.write(`ccr: ${remark}\n`)
  if (values.html !== undefined) {
    const { runPage } = await import('../page/run.ts')
    writeOutput(values.html, await runPage(run))
  }
  if (values.markdown !== undefined) {
    const { runMarkdown } = await import('./markdown.ts')
    writeOutput(values.markdown, await runMarkdown(run))
  }
}

function exitCode({ models, verdict }: RunRecord, interruption: Interruption): number {
  const interrupted = interruption.exitCode()
  if (interrupted !== null) return interrupted
  const good = models.every(
    ({ state, verified }) => state === 'done' && (verified === null || passed(verified)),
  )
  if (!good) return 1
  return verdict === null || verdict.error === null ? 0 : JUDGE_FAILED
}
