/**
 * Detects whether a service manager or a container started this process: then a session in the
 * background would look like a service that has ended. Variables of service managers are inherited by
 * all their descendants, so a variable alone proves nothing.
 */
import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { basename } from 'node:path'
import { commandOf } from '../../../lib/process.ts'
import type { Io } from '../../command.ts'

/** The process and its parent. */
export interface Surroundings {
  readonly env: Io['env']
  readonly pid: number
  readonly ppid: number
  /** Whether standard input or output is a terminal. */
  readonly isTerminal: boolean
  /** The command line of a process; null if unknown. */
  readonly commandOf: (pid: number) => string | null
  /** `Type=` of the systemd unit that this process belongs to; null if unknown. */
  readonly unitType: () => string | null
}

/** Service managers by the command line of the parent process. */
const PARENTS: readonly (readonly [manager: string, command: RegExp])[] = [
  ['supervisord', /(^|[\s/])supervisord(\s|$)/],
  ['pm2', /^PM2 |(^|[\s/])pm2-runtime(\s|$)/],
]

/** Types of units that expect their process to end or to fork. */
const DETACHING: ReadonlySet<string | null> = new Set(['oneshot', 'forking'])

/** The service manager that started this process; undefined for a shell, a script or a user. */
export function serviceManager(surroundings: Surroundings): string | undefined {
  const { env, pid, ppid, isTerminal, commandOf: command, unitType } = surroundings
  if (isTerminal) return undefined
  if (pid === 1) return 'a container'
  // systemd sets it for the process that it starts itself: https://systemd.io/ENVIRONMENT
  if (env['SYSTEMD_EXEC_PID'] === String(pid)) {
    return DETACHING.has(unitType()) ? undefined : 'systemd'
  }
  if (MARKS.every((name) => env[name] === undefined)) return undefined
  const parent = command(ppid) ?? ''
  return PARENTS.find(([, pattern]) => pattern.test(parent))?.[0]
}

/** Variables of these managers: without one, the parent is not checked. */
const MARKS = ['SUPERVISOR_ENABLED', 'pm_id', 'PM2_HOME'] as const

export function surroundingsOf({ env, stdout }: Pick<Io, 'env' | 'stdout'>): Surroundings {
  return {
    env,
    pid: process.pid,
    ppid: process.ppid,
    isTerminal: process.stdin.isTTY || stdout.isTTY === true,
    commandOf,
    unitType,
  }
}

const ANSWER_LIMIT_MS = 2_000

function unitType(): string | null {
  try {
    const path = readFileSync('/proc/self/cgroup', 'utf8').trim().split('\n').at(-1) ?? ''
    const unit = basename(path)
    if (!unit.endsWith('.service')) return null
    const scope = path.includes('/user@') ? ['--user'] : []
    const args = [...scope, 'show', '--property=Type', '--value', '--', unit]
    const stdio: ('ignore' | 'pipe')[] = ['ignore', 'pipe', 'ignore']
    const options = { encoding: 'utf8', timeout: ANSWER_LIMIT_MS, stdio } as const
    return execFileSync('systemctl', args, options).trim() || null
  } catch {
    return null
  }
}
