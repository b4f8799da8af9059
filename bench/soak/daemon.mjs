/** The daemon of the soak: a client that revives it, restarts, `kill -9`, and what it holds. */
import { execFile, spawn } from 'node:child_process'
import { chmodSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as later } from 'node:timers/promises'
import { CCR, ccrEnv } from '../lib/contestants.mjs'
import { descriptors, rssMiB } from '../lib/process.mjs'

/** In the place of claude: it says a version, and stays until its input ends. */
const CLAUDE = `#!/bin/sh
[ "$1" = --version ] && { echo '2.1.330 (Claude Code)'; exit 0; }
exec cat > /dev/null
`

/** Writes it and gives its path. */
export function fakeClaude(folder) {
  const file = join(folder, 'claude')
  writeFileSync(file, CLAUDE)
  chmodSync(file, 0o755)
  return file
}

/** The output of a command of ccr; it does not hold up what runs beside it. */
export function ccrLater(home, args) {
  return new Promise((resolve, reject) => {
    execFile(process.execPath, [CCR, ...args], { env: ccrEnv(home) }, (error, stdout, stderr) => {
      if (error) reject(new Error(`ccr ${args.join(' ')}: ${stderr || error.message}`))
      else resolve(stdout)
    })
  })
}

/** A `ccr code` that runs as long as the soak: after a crash it starts the daemon again. */
export function startClient(home) {
  const stdio = ['pipe', 'ignore', 'ignore']
  const child = spawn(process.execPath, [CCR, 'code'], { env: ccrEnv(home), stdio })
  const ended = new Promise((resolve) => child.once('exit', resolve))
  return {
    async stop() {
      child.stdin.end()
      await Promise.race([ended, later(10_000)])
      child.kill('SIGKILL')
    },
  }
}

/** The pid of the daemon that runs; undefined while none does. */
export async function daemonPid(home) {
  const sessions = JSON.parse(await ccrLater(home, ['sessions', '--json']))
  return sessions.find(({ state }) => state === 'running')?.pid
}

/** Restarts it, or kills it and waits for the next one. Gives the new pid, and how long it took, ms. */
export async function disturb(kind, { home, pid }) {
  const startedAt = performance.now()
  if (kind === 'restart') await ccrLater(home, ['restart'])
  else process.kill(pid, 'SIGKILL')
  for (;;) {
    const next = await daemonPid(home).catch(() => undefined)
    const ms = performance.now() - startedAt
    if (next !== undefined && next !== pid) return { pid: next, ms }
    if (ms > 60_000) throw new Error(`no daemon a minute after a ${kind}`)
    await later(200)
  }
}

/** Its memory and descriptors now; undefined if it has just ended. */
export function held(pid) {
  try {
    const { all, sockets } = descriptors(pid)
    return { rss: rssMiB(pid), sockets, files: all - sockets }
  } catch {
    return undefined
  }
}
