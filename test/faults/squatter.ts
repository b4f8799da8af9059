/** A second user of the machine who takes the names of locks and the ports of sessions. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { vi } from 'vitest'
import { readText } from '../../src/lib/files.ts'
import { lockNames } from '../../src/lib/lock/names.ts'
import {
  bootLock,
  supervisorLock,
  operationLock,
  REGISTRY_LOCK,
  serveLock,
} from '../../src/session/paths.ts'
import { BIN } from '../support/ccr.ts'
import { PATIENCE } from './harness.ts'

/** The user `nobody`, on most systems. */
export const OTHER = 65_534

/** Only root can become another user, who must be able to read the program. */
export function canBeAnother(): boolean {
  if (process.getuid?.() !== 0) return false
  const { status } = spawnSync(process.execPath, [BIN, '--version'], { uid: OTHER, gid: OTHER })
  return status === 0
}

/**
 * The names of every lock of these sessions, without the leading NUL. He could read them in
 * /proc/net/unix while they are in use; told by the test, the squatter is even faster and leaves other homes alone.
 */
export function namesOf(home: string, sessions: readonly { readonly id: string }[]): string[] {
  const secret = readText(join(home, '.lock-secret')) ?? ''
  const locks = sessions.flatMap((ref) =>
    [operationLock, bootLock, serveLock, supervisorLock].map((lock) => lock(ref)),
  )
  return [...locks, REGISTRY_LOCK].flatMap((name) =>
    lockNames({ home, secret, name }, (digits) => `ccr-${digits}`).all(),
  )
}

/** What the squatter does: it takes `names` and `port` as soon as they are free. */
export interface Squat {
  /** What it answers on its connections. */
  readonly manner: Manner
  readonly names: readonly string[]
  readonly port?: number
  /** The pid that it reports. */
  readonly pid?: number
}

export const MANNERS = ['lies', 'hangs', 'floods', 'hangs up', 'does not listen'] as const
export type Manner = (typeof MANNERS)[number]

export interface Squatter {
  /** Names that it has taken. */
  readonly taken: ReadonlySet<string>
  /** All bytes that it received, on names and port. */
  readonly received: string
  /** Takes these names too. */
  also(names: readonly string[]): void
  leave(): Promise<void>
}

const PROGRAM = `
const net = require('node:net')
const { Pipe, constants } = process.binding('pipe_wrap')
const { manner, names, port, pid } = JSON.parse(process.argv[1])
const say = (word, what) => process.stdout.write(JSON.stringify([word, what]) + '\\n')
const http = (text) => 'HTTP/1.1 200 OK\\r\\ncontent-length: ' + text.length + '\\r\\n\\r\\n' + text
const MANNER = {
  'hangs'() {},
  'hangs up'(socket) { socket.destroy() },
  'floods'(socket) {
    const chunk = Buffer.alloc(65536, 0x78)
    const more = () => { while (socket.writable && socket.write(chunk)); }
    socket.on('drain', more)
    more()
  },
  'lies'(socket) {
    socket.write(pid + '\\n')
    socket.on('data', (part) => {
      const nonce = /^prove (\\w+)/m.exec(part.toString())
      if (/^GET/.test(part.toString())) {
        socket.write(http(JSON.stringify({ status: 'ok', pid, sessionId: 'x', proof: 'f'.repeat(64) })))
      } else if (nonce) socket.write('proof ' + pid + ' ' + 'f'.repeat(64) + '\\n')
      else socket.write('done\\n')
    })
  },
}
const open = new Set()
const kept = []
const taken = new Set()
function server() {
  return net.createServer((socket) => {
    open.add(socket)
    socket.on('error', () => undefined)
    socket.on('data', (part) => say('heard', part.toString('latin1')))
    MANNER[manner] && MANNER[manner](socket)
  })
}
function take(name) {
  if (taken.has(name)) return
  if (manner === 'does not listen') {
    const pipe = new Pipe(constants.SOCKET)
    if (pipe.bind('\\0' + name) !== 0) return pipe.close()
    kept.push(pipe)
    taken.add(name)
    return say('taken', name)
  }
  const one = server()
  taken.add(name)
  one.on('error', () => taken.delete(name))
  one.listen({ path: '\\0' + name }, () => say('taken', name))
}
function takePort() {
  const one = server()
  one.on('error', () => setTimeout(takePort, 1))
  one.listen(port, '127.0.0.1', () => say('port', port))
}
const wanted = new Set(names)
if (port) takePort()
require('node:readline').createInterface({ input: process.stdin }).on('line', (name) => {
  wanted.add(name)
  take(name)
})
setInterval(() => wanted.forEach(take), 1)
say('ready', '')
`

export async function squat(what: Squat): Promise<Squatter> {
  const child: ChildProcess = spawn(
    process.execPath,
    ['--no-deprecation', '-e', PROGRAM, JSON.stringify(what)],
    { uid: OTHER, gid: OTHER, cwd: '/', stdio: ['pipe', 'pipe', 'inherit'] },
  )
  const taken = new Set<string>()
  let received = ''
  let ready = false
  let rest = ''
  child.stdout?.setEncoding('utf8').on('data', (part: string) => {
    const lines = (rest + part).split('\n')
    rest = lines.pop() ?? ''
    for (const line of lines) {
      const [word, value] = JSON.parse(line) as [string, string]
      if (word === 'taken') taken.add(value)
      if (word === 'heard') received += value
      if (word === 'ready') ready = true
    }
  })
  child.stdin?.on('error', () => undefined) // the process was ended
  await vi.waitUntil(() => ready, PATIENCE)
  return {
    taken,
    get received() {
      return received
    },
    also: (names) => void child.stdin?.write(names.map((name) => `${name}\n`).join('')),
    async leave() {
      if (child.exitCode !== null || child.signalCode !== null) return
      child.kill('SIGKILL')
      await once(child, 'exit')
    },
  }
}
