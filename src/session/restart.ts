/** Restart: a new daemon on the same port, which takes over from the running one. */
import { rmSync } from 'node:fs'
import { commandLine } from '../lib/command-line.ts'
import { waitUntilFree } from '../lib/lock.ts'
import { UserError } from '../lib/user-error.ts'
import { within } from '../lib/within.ts'
import type { SessionRef } from './identity.ts'
import { bootLock, orderFile } from './paths.ts'
import { COMMAND_LIMIT_MS, type Peer, provePeer, readJson } from './peer.ts'
import { probe, type SessionView } from './probe.ts'
import { type Failure, READY_LIMIT_MS } from './spawn.ts'
import {
  asOnlyOne,
  outwaitDrain,
  currentProgram,
  spawnLocked,
  type Started,
  startLocked,
  type StartOptions,
  unresponsive,
} from './start.ts'
import { readRecord } from './record.ts'
import { endHanging, renewToken } from './stop.ts'
import { signOrder } from './restart-order.ts'

export interface RestartOptions extends StartOptions {
  /** Ends a daemon that does not answer. */
  readonly force?: boolean
}

/**
 * Replaces the session's daemon; starts one when there is none. The new daemon takes over only
 * after it has read its config: when that fails (UserError) the old one has not been touched.
 */
export function restartSession(ref: SessionRef, options: RestartOptions = {}): Promise<Started> {
  return asOnlyOne(ref, options.onWait, async () => {
    await waitUntilFree(ref.home, bootLock(ref))
    const view = await probe(ref, COMMAND_LIMIT_MS, options.onSilence)
    const { token } = readRecord(ref)
    if (view.state === 'running') await replace(view, options)
    if (view.state === 'unresponsive') await endHanging(view, options)
    if (view.state === 'draining') await outwaitDrain(ref, options)
    if (options.newToken && readRecord(ref).token === token) await renewStopped(ref)
    return { ...(await startLocked(ref, options)), already: false }
  })
}

/** Where no daemon took the order: none ran, or it is of a version that does not know of it. */
async function renewStopped(ref: SessionRef): Promise<void> {
  const { state } = await probe(ref, COMMAND_LIMIT_MS)
  if (state === 'stopped') return renewToken(ref)
  throw new UserError(
    `session ${ref.id} was restarted but kept its token: its daemon was of an older version.`,
    `Once more: ${commandLine(ref, 'restart --new-token')}`,
  )
}

function logged(ref: SessionRef): string {
  return `The session goes on as before; its log has more: ${commandLine(ref, 'logs')}`
}

/** Beyond what the new daemon may take: for the old one to say so on a loaded machine. */
const ANSWER_LIMIT_MS = READY_LIMIT_MS + COMMAND_LIMIT_MS

/**
 * Has the running daemon start its successor. Throws UserError when that one could not start. A
 * daemon that ends meanwhile, for whatever reason, is no error: the next look tells what is left.
 */
async function replace(view: SessionView, options: RestartOptions): Promise<void> {
  const { env = process.env, script = currentProgram() } = options
  const { ref } = view
  const peer = await provePeer(view.record, COMMAND_LIMIT_MS)
  if (!peer) return
  try {
    const order = signOrder(ref, {
      ...{ node: process.execPath, script, env },
      newToken: options.newToken === true,
    })
    const answer = await within(answerTo(peer, order, ref), ANSWER_LIMIT_MS)
    if (answer === undefined) throw unresponsive(view)
    if (ELSE.has(answer.status)) await spawnLocked(ref, options, true)
    const { failed } = answer
    if (failed) throw new UserError(failed.message, failed.hint)
  } finally {
    rmSync(orderFile(ref), { force: true })
    peer.close()
  }
}

/**
 * Who cannot start a successor makes room for a daemon of ours instead: one of an older version, or
 * on a platform where sockets are not passed on (404), or one whose home was moved and that looks
 * for our signature in the old place (403).
 */
const ELSE: ReadonlySet<number> = new Set([403, 404])

interface Answer {
  /** 0: the daemon ended before it answered. */
  readonly status: number
  readonly failed?: Failure
}

async function answerTo(peer: Peer, order: object, ref: SessionRef): Promise<Answer> {
  try {
    // Its caller keeps the time.
    const answer = await peer.ask('POST', '/control/succeed', order, { limitMs: Infinity })
    const word = (await readJson(answer)) as Partial<{
      failed: Failure
      error: { message: string }
    }>
    const { statusCode: status = 0 } = answer
    const unsaid = `the daemon of session ${ref.id} could not start the one that follows it.`
    const broken = status >= 500 && { message: word.error?.message ?? unsaid, hint: logged(ref) }
    const failed = word.failed ?? (broken || undefined)
    return { status, ...(failed ? { failed } : {}) }
  } catch {
    return { status: 0 }
  }
}
