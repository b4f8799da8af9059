/** Runs the user's commands in a worktree: --setup and --verify. */
import { spawn } from 'node:child_process'
import { createWriteStream } from 'node:fs'
import { timerDelay } from '../../../../lib/delay.ts'
import { NOT_OF_FOLDER, programFile } from '../../../../lib/program.ts'
import { harmless } from '../../../terminal/untrusted-text.ts'
import { dieWithParent } from '../../../claude/spawn.ts'
import { withoutGit } from './git.ts'
import { endOf, endWith, GROUPS } from './process-group.ts'
import type { Verified } from './record.ts'

export interface ShellCommand {
  /** As written by the user; never contains text of a prompt or an answer. */
  readonly command: string
  readonly cwd: string
  readonly env: Readonly<Record<string, string | undefined>>
  readonly timeoutMs: number
  readonly signal: AbortSignal
  /** The file for its output. */
  readonly log: string
}

/** The longest output that is kept in the run's record, in characters. */
const KEPT = 20_000

/** Runs the command in a shell until it ends or times out. Throws if there is no shell. */
export async function runShell(shell: ShellCommand): Promise<Verified> {
  const startedAt = performance.now()
  const late = AbortSignal.timeout(timerDelay(shell.timeoutMs))
  const [file = '', ...args] = [...dieWithParent(), ...shellArguments(shell.command)]
  const child = spawn(file, args, {
    cwd: shell.cwd,
    env: { ...withoutGit(shell.env), ...(GROUPS ? {} : NOT_OF_FOLDER) },
    detached: GROUPS,
    windowsHide: true,
    windowsVerbatimArguments: true,
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const log = createWriteStream(shell.log, { mode: 0o600 })
  log.on('error', () => undefined)
  let output = ''
  const take = (text: string): void => {
    log.write(text)
    output = (output + text).slice(-KEPT)
  }
  child.stdout.setEncoding('utf8').on('data', take)
  child.stderr.setEncoding('utf8').on('data', take)
  const ended = endOf(child, endWith(child, AbortSignal.any([shell.signal, late])))
  const code = await ended.finally(() => log.end())
  const timedOut = late.aborted && !shell.signal.aborted
  return { code, timedOut, ms: Math.round(performance.now() - startedAt), output: harmless(output) }
}

/** cmd takes all between the first and the last quote as it is (`/s`). */
function shellArguments(command: string): string[] {
  if (process.platform === 'win32') {
    return [process.env['ComSpec'] ?? programFile('cmd'), '/d', '/s', '/c', `"${command}"`]
  }
  return ['/bin/sh', '-c', command]
}

export function passed({ code, timedOut }: Verified): boolean {
  return code === 0 && !timedOut
}
