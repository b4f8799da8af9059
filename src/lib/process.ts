/**
 * What the operating system knows about processes. Nothing else reads /proc or runs `ps`; its ways
 * of looking are arguments, so that every platform's paths are tested on any.
 */
import { readdirSync, readFileSync, readlinkSync } from 'node:fs'
import { programFile } from './program.ts'

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

/** The system that this process runs on. */
export const thisSystem: System = {
  platform: process.platform,
  read: (file) => readFileSync(file, 'utf8'),
  list: (folder) => readdirSync(folder),
  link: (file) => readlinkSync(file),
  run: (program, args) => {
    // Only where it is needed, which Linux is not: the quickest commands are sooner done without.
    const { execFileSync } = process.getBuiltinModule('node:child_process')
    return execFileSync(programFile(program), args, {
      encoding: 'utf8',
      // What is compared must not change with the language and time zone of the shell.
      env: { ...process.env, LC_ALL: 'C', TZ: 'UTC' },
      timeout: 5_000,
      stdio: ['ignore', 'pipe', 'ignore'],
      windowsHide: true,
    })
  },
}

/**
 * When the process started, in words of the platform that only serve to be compared: a pid with
 * another start is another process. Null when there is no such process (or only its remains).
 */
export function processStart(pid: number, system: System = thisSystem): string | null {
  return attempt(() => {
    if (isLinux(system)) return linuxStart(pid, system)
    if (system.platform === 'win32') return windowsStart(pid, system)
    return psStart(pid, system)
  })
}

/** The command line of a process, its arguments with blanks between them; null when it cannot be known. */
export function commandOf(pid: number, system: System = thisSystem): string | null {
  return attempt(() => {
    if (isLinux(system)) {
      return system.read(`/proc/${pid}/cmdline`).replaceAll('\0', ' ').trim() || null
    }
    if (system.platform === 'win32') return null
    return system.run('ps', ['-o', 'command=', '-p', String(pid)]).trim() || null
  })
}

/** True when the process lives and is the one that `start` was noted of. */
export function isSameProcess(
  pid: number | null,
  start: string | null,
  system: System = thisSystem,
): boolean {
  if (pid === null || start === null) return false
  const now = processStart(pid, system)
  return now === start || (now !== null && isNear(start, now))
}

/** How far apart a process and Windows may see its start. */
const NEAR_MS = 2_000

/** Whether two starts on Windows are one, each as the process itself or as Windows tells it. */
function isNear(one: string, other: string): boolean {
  if (!one.startsWith('~') && !other.startsWith('~')) return false
  return Math.abs(startMs(one) - startMs(other)) < NEAR_MS
}

/** ms since 1970; FILETIME counts 100 ns since 1601. */
function startMs(start: string): number {
  return start.startsWith('~')
    ? Number(start.slice(1))
    : Number(start) / 10_000 - 11_644_473_600_000
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

/**
 * Its own start a process knows without PowerShell, which takes a second: the milliseconds since 1970
 * behind a `~`, not quite to the second.
 */
function windowsStart(pid: number, system: System): string | null {
  if (pid === process.pid) return `~${String(Math.round(Date.now() - process.uptime() * 1_000))}`
  const script = `(Get-Process -Id ${pid}).StartTime.ToFileTimeUtc()`
  return system.run('powershell.exe', ['-NoProfile', '-Command', script]).trim() || null
}

export interface ListedProcess {
  readonly pid: number
  /** Its arguments, joined by spaces; the title where it gave itself one. */
  readonly commandLine: string
  /** False when another user runs it; undefined where the platform does not tell. */
  readonly isOurs?: boolean
  /** A variable of its environment; undefined where it has none or the platform does not tell. */
  variable(name: string): string | undefined
}

/** The processes whose command line matches; none where the platform cannot list them. */
export function processesLike(pattern: RegExp, system: System = thisSystem): ListedProcess[] {
  const all = attempt(() => {
    if (isLinux(system)) return linuxProcesses(system)
    if (system.platform === 'win32') return windowsProcesses(system)
    return psProcesses(system)
  })
  return (all ?? []).filter(({ commandLine }) => pattern.test(commandLine))
}

function linuxProcesses(system: System): ListedProcess[] {
  // '' for a process that went, or that belongs to another user.
  const text = (pid: string, file: string): string =>
    attempt(() => system.read(`/proc/${pid}/${file}`)) ?? ''
  const pids = system.list('/proc').filter((entry) => /^\d+$/.test(entry))
  const userOf = (pid: string): string =>
    /^Uid:\s+\d+\s+(\d+)/m.exec(text(pid, 'status'))?.[1] ?? ''
  const user = userOf('self')
  return pids.map((pid) => ({
    pid: Number(pid),
    // Asked for few: reading it costs a look at a file.
    get isOurs() {
      return userOf(pid) === user
    },
    commandLine: text(pid, 'cmdline').replaceAll('\0', ' ').trimEnd(),
    variable: (name) =>
      text(pid, 'environ')
        .split('\0')
        .find((line) => line.startsWith(`${name}=`))
        ?.slice(name.length + 1),
  }))
}

function psProcesses(system: System): ListedProcess[] {
  return listed(system.run('ps', ['-xwwo', 'pid=,args=']))
}

/** In the form of `ps`. A process of another user has no command line that we may see. */
const WINDOWS_LISTING =
  '[Console]::OutputEncoding = [Text.Encoding]::UTF8; ' +
  'Get-CimInstance Win32_Process | ForEach-Object { "$($_.ProcessId) $($_.CommandLine)" }'

function windowsProcesses(system: System): ListedProcess[] {
  return listed(system.run('powershell.exe', ['-NoProfile', '-Command', WINDOWS_LISTING]))
}

/** Lines of a pid and a command line; neither platform shows the environment of a process. */
function listed(listing: string): ListedProcess[] {
  return listing.split(/\r?\n/).flatMap((line) => {
    const [, pid, commandLine] = /^(\d+)\s+(\S[^]*)/.exec(line.trim()) ?? []
    if (pid === undefined || commandLine === undefined) return []
    return [{ pid: Number(pid), commandLine, variable: () => undefined }]
  })
}

function isLinux({ platform }: System): boolean {
  return platform === 'linux' || platform === 'android'
}

export interface PortHolder {
  readonly pid: number
  readonly name: string
}

/** Who listens on a TCP port of this machine, where the platform lets us see it. */
export function portHolder(port: number, system: System = thisSystem): PortHolder | null {
  return attempt(() => {
    if (isLinux(system)) return linuxHolder(port, system)
    if (system.platform === 'win32') return windowsHolder(port, system)
    return lsofHolder(port, system)
  })
}

function linuxHolder(port: number, system: System): PortHolder | null {
  const inode = listeningInode(port, system)
  if (inode === null) return null
  const owner = system
    .list('/proc')
    .find((entry) => /^\d+$/.test(entry) && hasSocket(entry, inode, system))
  if (owner === undefined) return null
  const name = attempt(() => system.read(`/proc/${owner}/comm`).trim()) ?? ''
  return { pid: Number(owner), name }
}

/** `lsof -F` prints one field a line, behind its letter: `p` the pid, `c` the command. */
function lsofHolder(port: number, system: System): PortHolder | null {
  const args = ['-nP', `-iTCP:${port}`, '-sTCP:LISTEN', '-Fpc']
  const lines = system.run('lsof', args).split('\n')
  const field = (letter: string): string | undefined =>
    lines.find((line) => line.startsWith(letter))?.slice(1)
  const pid = Number(field('p') ?? 0)
  return pid > 0 ? { pid, name: field('c') ?? '' } : null
}

/**
 * The processes of this user that have a file open; null where the platform cannot tell. For macOS and the
 * BSDs.
 */
export function fileHolders(file: string, system: System = thisSystem): readonly number[] | null {
  return attempt(() => {
    const user = String(process.geteuid?.() ?? '')
    const lines = system.run('lsof', ['-nP', '-a', '-u', user, '-Fp', '--', file]).split('\n')
    return lines.filter((line) => /^p\d+$/.test(line)).map((line) => Number(line.slice(1)))
  })
}

function windowsHolder(port: number, system: System): PortHolder | null {
  const script =
    `$o = (Get-NetTCPConnection -State Listen -LocalPort ${port} | Select-Object -First 1)` +
    '.OwningProcess; "$o $((Get-Process -Id $o).ProcessName)"'
  const line = system.run('powershell.exe', ['-NoProfile', '-Command', script]).trim()
  const [, pid, name = ''] = /^(\d+) ?(.*)/.exec(line) ?? []
  return pid === undefined ? null : { pid: Number(pid), name }
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
