/**
 * What the operating system knows about processes. Only this file and process-list.ts
 * read /proc or run `ps`; its ways of looking are arguments, so that the other platforms' paths are tested on any.
 */
import { execFileSync } from 'node:child_process'
import { readdirSync, readFileSync, readlinkSync } from 'node:fs'

export interface System {
  readonly platform: NodeJS.Platform
  /** The text of a file; throws when it cannot be read. */
  read(file: string): string
  /** The names in a folder; throws when it cannot be read. */
  list(folder: string): readonly string[]
  /** Where a symbolic link points; throws when it cannot be read. */
  link(file: string): string
  /** What a program prints; throws when it fails. */
  run(program: string, args: readonly string[]): string
}

const thisSystem: System = {
  platform: process.platform,
  read: (file) => readFileSync(file, 'utf8'),
  list: (folder) => readdirSync(folder),
  link: (file) => readlinkSync(file),
  run: (program, args) =>
    execFileSync(program, args, {
      encoding: 'utf8',
      // What is compared must not change with the language and time zone of the shell.
      env: { ...process.env, LC_ALL: 'C', TZ: 'UTC' },
      timeout: 5_000,
      stdio: ['ignore', 'pipe', 'ignore'],
      windowsHide: true,
    }),
}

/**
 * When the process started, in words of the platform that only serve to be compared: a pid with
 * another start is another process. Null when there is no such process (or only its remains).
 */
export function processStart(pid: number, system: System = thisSystem): string | null {
  return attempt(() => {
    if (system.platform === 'linux' || system.platform === 'android') return linuxStart(pid, system)
    if (system.platform === 'win32') return windowsStart(pid, system)
    return psStart(pid, system)
  })
}

/** True when the process lives and is the one that `start` was noted of. */
export function isSameProcess(
  pid: number | null,
  start: string | null,
  system: System = thisSystem,
): boolean {
  return pid !== null && start !== null && processStart(pid, system) === start
}

/** Fields of proc_pid_stat(5), counted after the parenthesised name, which may hold anything. */
const STATE = 0
const START_TICKS = 19

function linuxStart(pid: number, system: System): string | null {
  const stat = system.read(`/proc/${pid}/stat`)
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  const dead = ['Z', 'X', 'x'].includes(fields[STATE] ?? 'X')
  if (dead) return null
  const boot = system.read('/proc/sys/kernel/random/boot_id').trim().slice(0, 8)
  return `${boot}-${fields[START_TICKS] ?? ''}`
}

function psStart(pid: number, system: System): string | null {
  const line = system.run('ps', ['-o', 'stat=,lstart=', '-p', String(pid)]).trim()
  const [state = '', ...start] = line.split(/\s+/)
  return state === '' || state.startsWith('Z') ? null : start.join(' ')
}

function windowsStart(pid: number, system: System): string | null {
  const script = `(Get-Process -Id ${pid}).StartTime.ToFileTimeUtc()`
  return system.run('powershell.exe', ['-NoProfile', '-Command', script]).trim() || null
}

export interface PortHolder {
  readonly pid: number
  readonly name: string
}

/** Who listens on a TCP port of this machine, where the platform lets us see it. */
export function portHolder(port: number, system: System = thisSystem): PortHolder | null {
  if (system.platform !== 'linux') return null
  const inode = attempt(() => listeningInode(port, system))
  if (inode === null) return null
  const owner = attempt(() => system.list('/proc'))?.find(
    (entry) => /^\d+$/.test(entry) && hasSocket(entry, inode, system),
  )
  if (owner === undefined) return null
  const name = attempt(() => system.read(`/proc/${owner}/comm`).trim()) ?? ''
  return { pid: Number(owner), name }
}

/** `0A` is the state LISTEN in proc_net_tcp(5). */
function listeningInode(port: number, system: System): string | null {
  const suffix = `:${port.toString(16).toUpperCase().padStart(4, '0')}`
  for (const file of ['/proc/net/tcp', '/proc/net/tcp6']) {
    for (const line of (attempt(() => system.read(file)) ?? '').split('\n').slice(1)) {
      const [, local = '', , state, , , , , , inode] = line.trim().split(/\s+/)
      if (state === '0A' && local.endsWith(suffix)) return inode ?? null
    }
  }
  return null
}

function hasSocket(pid: string, inode: string, system: System): boolean {
  const folder = `/proc/${pid}/fd`
  const descriptors = attempt(() => system.list(folder)) ?? []
  return descriptors.some(
    (fd) => attempt(() => system.link(`${folder}/${fd}`)) === `socket:[${inode}]`,
  )
}

/** Null in place of a failure: the process went, or it is not ours to look at. */
function attempt<T>(look: () => T): T | null {
  try {
    return look()
  } catch {
    return null
  }
}
