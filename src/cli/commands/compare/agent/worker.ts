/** Runs one model in its worktree, from --setup to --verify. */
import { join } from 'node:path'
import { timerDelay } from '../../../../lib/delay.ts'
import type { Limiter } from '../../../../lib/limiter.ts'
import { childEnvironment, withoutProviderKeys } from '../../../claude/launch-env.ts'
import type { Executable } from '../../../claude/find.ts'
import type { Io } from '../../../command.ts'
import { launchOptions } from '../../../claude/launch-options.ts'
import { harmless } from '../../../terminal/untrusted-text.ts'
import {
  acquireSession,
  acquireWhenStarted,
  reacquireSession,
} from '../../../client/acquire-session.ts'
import { clientEnding, keepSessionAlive } from '../../../client/session-keepalive.ts'
import { refuseConflictingSettings } from '../../../claude/settings-conflicts.ts'
import { causeOf } from '../ask.ts'
import { type ReportedCost, reportedCostOf } from '../reported-cost.ts'
import { environmentOf, priceOf, type Contestant } from '../contestants.ts'
import type { FirstStarts } from '../first-starts.ts'
import { type HeadlessEnd, runHeadless } from './headless.ts'
import type { Trust } from './trust.ts'
import type { Progress } from './progress.ts'
import type { ModelRecord, ModelState, Verified } from './record.ts'
import { passed, runShell } from './shell.ts'
import { changedFiles, commitWork } from './worktree.ts'

export interface Job {
  readonly root: string
  readonly base: string
  readonly task: string
  readonly setup: string | null
  readonly verify: string | null
  readonly shellTimeoutMs: number
  readonly timeoutMs: number
  readonly claude: Executable
  readonly argv: readonly string[]
  /** Which settings of the repository the client may use. */
  readonly trust: Trust
  /** The folder for logs and temporary files. */
  readonly logs: string
  readonly signal: AbortSignal
  readonly io: Io
  /** Runs one command at a time, because test suites may share a port or a database. */
  readonly alone: Limiter
  readonly starting: FirstStarts
}

export interface Change extends Partial<ModelRecord> {
  readonly progress?: Progress
}

/** Runs the contestant and reports its progress to `change`. Never rejects. */
export async function runContestant(
  contestant: Contestant,
  location: Pick<ModelRecord, 'worktree' | 'branch'>,
  job: Job,
  change: (change: Change) => void,
): Promise<void> {
  let end: Change
  try {
    job.signal.throwIfAborted()
    if (job.setup !== null) await prepare(contestant, location, job, change)
    change({ state: 'working' })
    end = await agent(contestant, location, job, change)
  } catch (thrown) {
    end = failed(job, thrown)
  }
  try {
    change(await commitResult(contestant, location, job))
    if (job.verify !== null && end.state === 'done') {
      change({ ...end, state: 'verifying' })
      end = { ...end, ...(await verify(contestant, location, job)) }
    }
  } catch (thrown) {
    end = { ...end, ...failed(job, thrown) }
  }
  change(end)
}

function failed({ signal }: Job, thrown: unknown): Change {
  if (signal.aborted) return { state: 'interrupted', error: 'interrupted' }
  return { state: 'failed', error: causeOf(thrown) }
}

type WorkLocation = Pick<ModelRecord, 'worktree' | 'branch'>

async function prepare(
  contestant: Contestant,
  { worktree }: WorkLocation,
  job: Job,
  change: (c: Change) => void,
) {
  change({ state: 'setup' })
  const ran = await runShell(
    shellFor(job.setup ?? '', { contestant, log: 'setup', cwd: worktree }, job),
  )
  job.signal.throwIfAborted()
  if (!passed(ran)) throw new Error(`--setup ${endText(ran)}: ${lastLine(ran.output)}`)
}

async function verify(
  contestant: Contestant,
  { worktree }: WorkLocation,
  job: Job,
): Promise<Change> {
  const command = shellFor(job.verify ?? '', { contestant, log: 'verify', cwd: worktree }, job)
  const verified = await job.alone(() => runShell(command))
  if (job.signal.aborted) return { state: 'interrupted', error: 'interrupted while verifying' }
  return { verified }
}

interface ShellRun {
  readonly contestant: Contestant
  readonly log: 'setup' | 'verify'
  readonly cwd: string
}

/** The user's command runs code of the repository, so it gets no provider keys. */
function shellFor(command: string, { contestant, log, cwd }: ShellRun, job: Job) {
  const { io, signal, shellTimeoutMs, logs } = job
  const env = withoutProviderKeys(io.env, contestant.config)
  const file = join(logs, `${contestant.label}.${log}.log`)
  return { command, cwd, env, timeoutMs: shellTimeoutMs, signal, log: file }
}

/** The result of a command, in words. */
export function endText({ code, timedOut }: Verified): string {
  if (timedOut) return 'timed out'
  if (code === null) return 'was ended by a signal'
  return code === 0 ? 'passed' : `failed with exit code ${code}`
}

function lastLine(text: string): string {
  return text.trim().split('\n').at(-1)?.slice(0, 300) ?? ''
}

/** Runs the client, and keeps its session alive meanwhile. */
async function agent(
  contestant: Contestant,
  { worktree }: WorkLocation,
  job: Job,
  change: (change: Change) => void,
): Promise<Change> {
  const env = environmentOf(contestant.ref, job.io)
  const childEnv = withoutProviderKeys(env, contestant.config)
  const startedAt = performance.now()
  const late = AbortSignal.timeout(timerDelay(job.timeoutMs))
  const lost = clientEnding()
  let lostWhy = ''
  const { lease } = await job.starting(contestant.ref.id, () =>
    acquireSession(contestant.ref, { env }),
  )
  const session = keepSessionAlive(lease, {
    renew: (why) => reacquireSession(contestant.ref, why, env),
    rejoin: (signal) => acquireWhenStarted(contestant.ref, env, signal),
    notify: (note) => (lostWhy = note),
    onLost: lost.onLost,
    onBack: lost.onBack,
  })
  try {
    refuseConflictingSettings({ claude: job.claude, env, folder: worktree, baseUrl: lease.baseUrl })
    const end = await runHeadless({
      claude: job.claude,
      argv: [...job.trust.argv, ...job.argv],
      env: childEnvironment(
        childEnv,
        launchOptions(contestant.ref, lease, contestant.config),
        job.trust.env,
      ),
      cwd: worktree,
      task: job.task,
      signal: AbortSignal.any([job.signal, late, lost.signal]),
      prices: (model) => priceOf(contestant, model),
      transcript: join(job.logs, `${contestant.label}.jsonl`),
      grown: (progress) => change({ progress }),
    })
    const ms = Math.round(performance.now() - startedAt)
    const reported = await costOf(contestant, end)
    const summary = summaryOf(end, reported)
    if (job.signal.aborted) return { ...summary, ms, ...failed(job, null) }
    if (lost.signal.aborted) return { ...summary, ms, state: 'failed', error: lostWhy }
    if (late.aborted) {
      const error = `not finished after ${job.timeoutMs / 1000} s`
      return { ...summary, ms, state: 'timeout', error }
    }
    return { ...summary, ms, ...outcome(end) }
  } finally {
    lost.close()
    session.close()
  }
}

async function costOf(
  { ref }: Contestant,
  { progress }: HeadlessEnd,
): Promise<ReportedCost | null> {
  const { conversation } = progress
  return conversation === null ? null : reportedCostOf(ref, conversation)
}

function summaryOf({ progress }: HeadlessEnd, reported: ReportedCost | null): Change {
  const { turns, tools, denied, usage, end } = progress
  const costUsd = reported?.usd ?? progress.costUsd
  const answeredBy = reported?.models ?? []
  return {
    progress,
    turns,
    tools,
    denied,
    usage,
    costUsd,
    answeredBy,
    finalMessage: harmless(end?.text ?? ''),
  }
}

function outcome({ progress: { end }, code, complaint }: HeadlessEnd): {
  state: ModelState
  error: string | null
} {
  if (code === 0 && end !== null && !end.failed) return { state: 'done', error: null }
  const how = code === null ? 'a signal' : `exit code ${code}`
  const why = end?.failed ? end.text : lastLine(harmless(complaint))
  return { state: 'failed', error: `claude ended with ${how}${why === '' ? '' : `: ${why}`}` }
}

/** Commits everything in the worktree, even after a failure, and counts the changes. */
async function commitResult(
  contestant: Contestant,
  location: WorkLocation,
  { root, base, logs }: Job,
): Promise<Change> {
  const index = join(logs, `${contestant.label}.index`)
  const message = `${contestant.name} (ccr compare)`
  const { commit, note } = await commitWork({ root, ...location }, base, { index, message })
  return { commit, note, files: await changedFiles(root, base, commit) }
}
