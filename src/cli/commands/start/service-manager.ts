/**
 * Whether this very process is what a service manager or a container started: then a session in the
 * background would be taken for a service that has ended. The variables of managers are inherited
 * by every shell below them, so none of them says anything by itself.
 */
import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { basename } from 'node:path'
import { commandOf } from '../../../lib/process.ts'
import type { Io } from '../../command.ts'

/** What is known of a process and of who started it. */
export interface Surroundings {
  readonly env: Io['env']
  readonly pid: number
  readonly ppid: number
  /** Whether standard input or output is a terminal. */
  readonly isTerminal: boolean
  /** The command line of a process; null when it cannot be known. */
  readonly commandOf: (pid: number) => string | null
  /** `Type=` of the systemd unit that this process belongs to; null when nobody can say. */
  readonly unitType: () => string | null
}

/** Managers by the command line of the process that started this one. */
const PARENTS: readonly (readonly [manager: string, command: RegExp])[] = [
  ['supervisord', /(^|[\s/])supervisord(\s|$)/],
  ['pm2', /^PM2 |(^|[\s/])pm2-runtime(\s|$)/],
]

/** Units of these types wait for the end of their process, or for its child to go on alone. */
const DETACHING: ReadonlySet<string | null> = new Set(['oneshot', 'forking'])

/** The manager that started this process; undefined for a shell, a script or a person. */
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

/** Set by these managers: without one of them the parent need not be looked at. */
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
