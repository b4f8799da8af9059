/** Child processes of a benchmark, and their figures from the kernel. */
import { spawn } from 'node:child_process'
import { readdirSync, readFileSync, readlinkSync } from 'node:fs'
import { createServer } from 'node:net'

const started = new Set()

/** Starts a program, which ends with the benchmark at the latest. */
export function start(command, args, options = {}) {
  const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'inherit'], ...options })
  started.add(child)
  child.once('exit', () => started.delete(child))
  return child
}

/** Starts a script of bench/ that prints the port on which it listens. */
export async function listening(script, args = [], flags = []) {
  const child = start(process.execPath, [...flags, script, ...args])
  const line = await new Promise((resolve, reject) => {
    child.stdout.once('data', (data) => resolve(String(data)))
    child.once('exit', (code) => reject(new Error(`${script} ended with ${code}`)))
  })
  return { child, pid: child.pid, port: Number(line) }
}

/** Ends a program and what it started itself. */
export async function end(child) {
  if (child.exitCode !== null || child.signalCode !== null) return
  const gone = new Promise((resolve) => child.once('exit', resolve))
  const started = treeOf(child.pid).filter((pid) => pid !== child.pid)
  child.kill('SIGKILL')
  for (const pid of started) killed(pid)
  await gone
}

function killed(pid) {
  try {
    process.kill(pid, 'SIGKILL')
  } catch {
    // It has ended.
  }
}

/** The ids of a process and of all that descend from it. */
export function treeOf(pid) {
  const children = new Map()
  for (const name of readdirSync('/proc')) {
    const parent = /^\d+$/.test(name) ? parentOf(name) : undefined
    if (parent !== undefined) children.set(parent, [...(children.get(parent) ?? []), Number(name)])
  }
  const found = [pid]
  for (const one of found) found.push(...(children.get(one) ?? []))
  return found
}

function parentOf(pid) {
  try {
    // `pid (name) state parent …`; the name may contain anything.
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1])
  } catch {
    return undefined // it has ended
  }
}

/** CPU time of a process and its descendants, ms. */
export function treeCpuMs(pid) {
  return sumOf(pid, cpuMs)
}

/** Resident memory of a process and its descendants, MiB; pages that they share count once. */
export function treeMiB(pid) {
  const pids = treeOf(pid)
  return pids.length === 1 ? rssMiB(pid) : sumOf(pid, pssMiB)
}

function sumOf(pid, measure) {
  return treeOf(pid).reduce((sum, one) => {
    try {
      return sum + measure(one)
    } catch {
      return sum // it has ended
    }
  }, 0)
}

export async function endAll() {
  await Promise.all([...started].map(end))
}

/** CPU time of all threads of a process, ms. */
export function cpuMs(pid) {
  let ns = 0
  for (const thread of readdirSync(`/proc/${pid}/task`)) {
    try {
      ns += Number(readFileSync(`/proc/${pid}/task/${thread}/schedstat`, 'utf8').split(' ')[0])
    } catch {
      // The thread has ended.
    }
  }
  return ns / 1e6
}

/** Resident memory, MiB. */
export function rssMiB(pid) {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8')
  return Number(/VmRSS:\s+(\d+)/.exec(status)[1]) / 1024
}

/** Proportional memory: pages that processes share are divided among them, MiB. */
export function pssMiB(pid) {
  const rollup = readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8')
  return Number(/^Pss:\s+(\d+)/m.exec(rollup)[1]) / 1024
}

/** Open descriptors, and how many of them are sockets. */
export function descriptors(pid) {
  const folder = `/proc/${pid}/fd`
  const kinds = readdirSync(folder).map((fd) => {
    try {
      return readlinkSync(`${folder}/${fd}`)
    } catch {
      return '' // closed meanwhile
    }
  })
  const open = kinds.filter((kind) => kind !== '')
  return { all: open.length, sockets: open.filter((kind) => kind.startsWith('socket:')).length }
}

/**
 * A port that is free, with room for the sessions' range above it. It is below the range from which
 * the system gives ports to connections.
 */
export async function freePort() {
  for (;;) {
    const port = 10_000 + 200 * Math.floor(Math.random() * 100)
    if (await isFree(port)) return port
  }
}

async function isFree(port) {
  const server = createServer()
  const free = await new Promise((resolve) => {
    server.once('error', () => resolve(false))
    server.listen(port, '127.0.0.1', () => resolve(true))
  })
  if (free) await new Promise((resolve) => server.close(resolve))
  return free
}

export function sleep(ms) {
  return new Promise((resolve) => setTimeout(resolve, ms))
}

/** Resolves when the condition holds; throws after 30 s. */
export async function until(condition, what) {
  const limit = performance.now() + 30_000
  while (performance.now() < limit) {
    if (await condition()) return
    await sleep(5)
  }
  throw new Error(`${what}: not within 30 s`)
}
