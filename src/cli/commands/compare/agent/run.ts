/** `ccr compare --agent`: gives one task to several agents, each in its own worktree of the repository. */
import { counted } from '../../../../lib/counted.ts'
import { join } from 'node:path'
import { limiter } from '../../../../lib/limiter.ts'
import type { Io } from '../../../command.ts'
import { findClaude } from '../../../claude/find.ts'
import { type Interruption, onInterruption } from '../../../terminal/interrupt.ts'
import { json } from '../../../terminal/output.ts'
import { tableStyle } from '../../../terminal/table.ts'
import { writeOutput } from '../write-output.ts'
import { judge } from '../judge/judge.ts'
import { type CompareValues, wholeNumber } from '../options.ts'
import {
  type Contestant,
  contestantsOf,
  type ModelSession,
  judgeSessionOf,
} from '../contestants.ts'
import { firstStarts } from '../first-starts.ts'
import { agentSubmissions } from './submissions.ts'
import { AT_ONCE, createRun, type RunController } from './run-controller.ts'
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

/** Runs the comparison. @param argv the user's arguments for the client. */
export async function compareAgents(
  task: string,
  argv: readonly string[],
  values: CompareValues,
  io: Io,
): Promise<number> {
  const contestants = contestantsOf(values.model ?? [], io)
  const judgeSession = judgeSessionOf(values.judge, io)
  const atOnce = wholeNumber(values, 'jobs', AT_ONCE)
  const claude = findClaude(contestants[0]?.config.claudePath ?? '', io.env)
  const timeoutMs = wholeNumber(values, 'timeout', TIMEOUT_S) * 1000
  const shellTimeoutMs = wholeNumber(values, 'verify-timeout', SHELL_TIMEOUT_S) * 1000
  const repository = await repositoryOf(process.cwd())
  await warnAboutOmissions(repository, values, io)
  const trust = await trustFor(claude, values.trust === true, io.env)

  const interruption = onInterruption()
  const { signal } = interruption
  const controller = createRun({ task, contestants, values, atOnce, root: repository.root, io })
  try {
    const base = await createWorktrees(controller, repository, values)
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
      logs: logsOf(controller.home, controller.run().id),
      signal,
      io,
      alone: limiter(1),
      starting: firstStarts(),
    }
    await runAndJudge(controller, contestants, { ...job, base }, judgeSession)
  } finally {
    interruption.off()
  }
  await report(controller, values, io)
  const unwritten = controller.writeError()
  if (unwritten !== null) throw unwritten
  return exitCode(controller.run(), interruption)
}

/** Runs the agents and the judge, and records how the run ended. */
async function runAndJudge(
  controller: RunController,
  contestants: readonly Contestant[],
  job: Job,
  judgeSession: ModelSession | null,
): Promise<void> {
  const { signal, task, io } = job
  try {
    await controller.runAll(contestants, job)
    if (judgeSession === null || signal.aborted) return
    const submissions = await agentSubmissions(controller.run())
    const judging = {
      session: judgeSession,
      task,
      samples: controller.run().models,
      submissions,
      io,
      signal,
      timeoutMs: JUDGE_TIMEOUT_MS,
    }
    controller.tryUpdate({ verdict: await judge(judging) })
  } finally {
    controller.tryUpdate({ state: signal.aborted ? 'interrupted' : 'done' })
  }
}

/** Creates the base commit and a worktree for each model. */
async function createWorktrees(
  { home, run, update: set }: RunController,
  { root, head }: Repository,
  values: CompareValues,
): Promise<string> {
  const locations = run().models.map(({ worktree, branch }) => ({ root, worktree, branch }))
  try {
    const base = values['with-changes'] ? await withChanges(root, head, home, run().id) : head
    set({ base })
    for (const location of locations) await addWorktree(location, base)
    return base
  } catch (thrown) {
    // No agent has started: remove the incomplete run.
    for (const location of locations) await removeWorktree(location)
    removeRun(home, run().id)
    throw thrown
  }
}

async function withChanges(root: string, head: string, home: string, id: string) {
  const { tree } = await treeOf(root, join(logsOf(home, id), 'index'))
  return commitOf(root, { tree, parent: head, message: 'Uncommitted changes (ccr compare)' })
}

async function warnAboutOmissions(
  repository: Repository,
  values: CompareValues,
  { stderr }: Io,
): Promise<void> {
  const empty = await submodulesOf({ cwd: repository.root }, repository.head)
  if (empty.length > 0) {
    stderr.write(
      `ccr: ${counted(empty.length, 'submodule')} will be empty in the worktrees. To check them out: --setup "git submodule update --init"\n`,
    )
  }
  if (values['with-changes']) return
  const changed = await changedPaths(repository)
  if (changed.length === 0) return
  stderr.write(
    `ccr: the models start from the last commit, without your uncommitted changes (${counted(changed.length, 'file')}). To include them: --with-changes\n`,
  )
}

async function report(controller: RunController, values: CompareValues, io: Io): Promise<void> {
  const run = controller.run()
  const newest = allRuns(controller.home).find(({ root }) => root === run.root)
  const last = newest === undefined || newest.id === run.id
  io.stdout.write(values.json ? json(runJson(run)) : runText(run, tableStyle(io), last))
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
