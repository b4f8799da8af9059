/**
 * Which processes of this user hold an abstract Unix socket, according to the kernel; the listener
 * itself is not asked. Linux only; proc_net_unix(5), proc_pid_fd(5).
 */
import { type System, thisSystem } from './process.ts'

export interface SocketHolders {
  /** False when no process has the name; null where the kernel does not say. */
  readonly bound: boolean | null
  /** The processes of this user that have the socket open. */
  readonly pids: readonly number[]
  /** True when every process of this user could be looked at: without `pids` it is a stranger. */
  readonly complete: boolean
}

/**
 * The holders of the sockets bound to any of these names (written with their leading NUL), or the
 * first so many: each look takes a look at every process.
 */
export function socketHolders(
  names: readonly string[],
  most = Number.POSITIVE_INFINITY,
  system: System = thisSystem,
): SocketHolders {
  try {
    const links = boundSockets(names, system)
    if (links.size === 0) return { bound: false, pids: [], complete: true }
    return { bound: true, ...processesWith(links, most, system) }
  } catch {
    return { bound: null, pids: [], complete: false } // no /proc, or none that may be read
  }
}

/** State of a socket that is bound and not connected: those that `accept` gave share the name. */
const UNCONNECTED = '01'

/** How the sockets look as targets in /proc/PID/fd. */
function boundSockets(names: readonly string[], system: System): ReadonlySet<string> {
  const wanted = new Set(names.map((name) => name.replace(/^\0/, '@')))
  const rows = system.read('/proc/net/unix').split('\n').slice(1)
  return new Set(
    rows.flatMap((row) => {
      const [, , , , , state, inode, path = ''] = row.trim().split(/\s+/)
      // Older versions of Node fill the name up with NULs, which are shown as `@`.
      const isOne = state === UNCONNECTED && wanted.has(path.replace(/@{1,108}$/, ''))
      return isOne ? [`socket:[${inode ?? ''}]`] : []
    }),
  )
}

function processesWith(
  links: ReadonlySet<string>,
  most: number,
  system: System,
): Pick<SocketHolders, 'pids' | 'complete'> {
  const pids: number[] = []
  let complete = true
  const user = statusOf('self', system)?.user
  for (const entry of system.list('/proc')) {
    if (pids.length >= most) break
    if (!/^\d+$/.test(entry) || statusOf(entry, system)?.user !== user) continue
    const has = hasLink(entry, links, system)
    if (has === true) pids.push(Number(entry))
    if (has === null && mayHold(entry, system)) complete = false
  }
  return { pids, complete }
}

/** Null when the process cannot be looked into. */
function hasLink(pid: string, links: ReadonlySet<string>, system: System): boolean | null {
  const folder = `/proc/${pid}/fd`
  const descriptors = orNull(() => system.list(folder))
  if (descriptors === null) return null
  return descriptors.some((fd) => {
    const target = orNull(() => system.link(`${folder}/${fd}`))
    return target !== null && links.has(target)
  })
}

/**
 * Whether a process that cannot be looked into may have sockets open: it has privileges of its own,
 * or was killed and its last threads have not ended yet. One that is gone has none.
 */
function mayHold(pid: string, system: System): boolean {
  const status = statusOf(pid, system)
  return status !== null && (!status.isZombie || status.threads > 1)
}

interface Status {
  /** The effective user. */
  readonly user: string
  readonly isZombie: boolean
  readonly threads: number
}

/** Null for a process that went. */
function statusOf(pid: string, system: System): Status | null {
  const text = orNull(() => system.read(`/proc/${pid}/status`))
  const user = /^Uid:\s+\d+\s+(\d+)/m.exec(text ?? '')?.[1]
  if (text === null || user === undefined) return null
  const threads = Number(/^Threads:\s+(\d+)/m.exec(text)?.[1] ?? 1)
  return { user, isZombie: /^State:\s+[ZX]/m.test(text), threads }
}

function orNull<T>(look: () => T): T | null {
  try {
    return look()
  } catch {
    return null
  }
}
