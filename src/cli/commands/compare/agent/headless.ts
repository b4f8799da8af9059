/** Runs Claude Code without a terminal in a worktree, through its session. */
import { parseObject } from '../../../../lib/json.ts'
import { spawn } from 'node:child_process'
import { createWriteStream } from 'node:fs'
import { createInterface } from 'node:readline'
import { UserError } from '../../../../lib/user-error.ts'
import { dieWithParent } from '../../../claude/spawn.ts'
import type { Executable } from '../../../claude/find.ts'
import { withoutGit } from './git.ts'
import { endOf, endWith, GROUPS } from './process-group.ts'
import { advanced, NOTHING, type Prices, type Progress } from './progress.ts'

export interface HeadlessRun {
  readonly claude: Executable
  /** The user's own arguments for the client. */
  readonly argv: readonly string[]
  /** See claude/launch-env.ts. */
  readonly env: Readonly<Record<string, string>>
  readonly cwd: string
  /** Passed on standard input, never on a command line. */
  readonly task: string
  readonly signal: AbortSignal
  readonly prices: Prices
  /** The file for the client's output, one JSON object per line; `.err` beside it has its errors. */
  readonly transcript: string
  readonly grown: (progress: Progress) => void
}

export interface HeadlessEnd {
  readonly progress: Progress
  /** Null if a signal ended it. */
  readonly code: number | null
  /** The end of its stderr output. */
  readonly complaint: string
}

const COMPLAINT = 2_000

/** Runs the client to its end. Throws UserError if it cannot be started. */
export async function runHeadless(run: HeadlessRun): Promise<HeadlessEnd> {
  const { claude, argv, cwd, env, task, signal } = run
  const command = [...dieWithParent(), claude.file, ...claude.args, ...clientArguments(argv)]
  const child = spawn(command[0] ?? '', command.slice(1), {
    cwd,
    env: withoutGit(env),
    detached: GROUPS,
    windowsHide: true,
  })
  const ended = endOf(child, endWith(child, signal))
  child.stdin.on('error', () => undefined)
  child.stdin.end(task)

  let progress = NOTHING
  let complaint = ''
  const transcript = createWriteStream(run.transcript, { mode: 0o600 })
  const errors = createWriteStream(`${run.transcript}.err`, { mode: 0o600 })
  for (const file of [transcript, errors]) file.on('error', () => undefined)
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    errors.write(text)
    complaint = (complaint + text).slice(-COMPLAINT)
  })
  const lines = createInterface({ input: child.stdout, crlfDelay: Infinity })
  lines.on('line', (text) => {
    const line = parseObject(text)
    if (line['type'] !== 'stream_event') transcript.write(`${text}\n`)
    progress = advanced(progress, line, run.prices)
    run.grown(progress)
  })
  try {
    const code = await ended
    return { progress, code, complaint: complaint.trim() }
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause)
    throw new UserError(
      `cannot start '${claude.file}': ${why}`,
      'Check whether it runs: claude --version',
      cause,
    )
  } finally {
    transcript.end()
    errors.end()
  }
}

/** The arguments of the client. Partial messages have the provider's token counts; complete ones only estimates. */
function clientArguments(argv: readonly string[]): string[] {
  const chosen = argv.some((word) =>
    /^--(permission-mode(=|$)|dangerously-skip-permissions$)/.test(word),
  )
  return [
    '-p',
    ...['--output-format', 'stream-json', '--verbose', '--include-partial-messages'],
    ...(chosen ? [] : ['--permission-mode', 'acceptEdits']),
    ...argv,
  ]
}
