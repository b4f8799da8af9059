/**
 * The client's end of a daemon's control interface. A peer is first made to prove that it knows
 * the session's token; the token itself goes only over the very connection that was proved.
 */
import { randomBytes } from 'node:crypto'
import { Agent, type IncomingMessage, request } from 'node:http'
import { connect, type Socket } from 'node:net'
import type { SessionRecord } from './record.ts'
import { timerDelay } from '../lib/delay.ts'
import { proofOf, sameSecret } from '../lib/secret.ts'

/** What a daemon reports about itself along with its proof. */
export interface Health {
  readonly status: 'ok' | 'draining'
  readonly pid: number
}

export interface AskOptions {
  /** How long the head of the answer may take; by default, as long as the proof. */
  readonly limitMs?: number
  readonly headers?: Readonly<Record<string, string>>
}

export interface Peer {
  readonly health: Health
  /**
   * Asks with the session's token, over the connection that was proved; resolves with the head of
   * the answer.
   * @throws SilentPeer when it takes longer; the connection is closed then.
   */
  ask(
    method: 'GET' | 'POST',
    path: string,
    body?: object,
    how?: AskOptions,
  ): Promise<IncomingMessage>
  /** The connection is not needed any more. */
  close(): void
}

/** How long a daemon may take to answer a listing; commands that act on it are more patient. */
export const LISTING_LIMIT_MS = 2_000
export const COMMAND_LIMIT_MS = 15_000

/** The daemon proved itself and then took longer than it may: it hangs. */
export class SilentPeer extends Error {
  constructor(limitMs: number) {
    super(`the daemon did not answer within ${String(limitMs / 1000)} s`)
  }
}

/** Where a session's daemon should be, and what it must know. */
export type PeerAddress = Pick<SessionRecord, 'id' | 'host' | 'port' | 'token'>

/** Why there is no peer: `silent`: no answer in time; `absent`: no listener, or another program answered. */
export type NoPeer = 'silent' | 'absent'

/**
 * Connects to the daemon of a record and has it prove itself within `limitMs`. Null when there is no
 * answer, or an answer that is not that daemon's.
 */
export async function provePeer(address: PeerAddress, limitMs: number): Promise<Peer | null> {
  const peer = await findPeer(address, limitMs)
  return typeof peer === 'string' ? null : peer
}

/** The same, with the reason why there is none. `unwanted` aborts when the answer is not needed any more. */
export async function findPeer(
  address: PeerAddress,
  limitMs: number,
  unwanted?: AbortSignal,
): Promise<Peer | NoPeer> {
  const { host, port, token } = address
  if (port === null || token === '') return 'absent'
  const agent = new OneConnection(host, port)
  const patience = AbortSignal.timeout(limitMs)
  const giveUp = (): void => agent.destroy()
  patience.addEventListener('abort', giveUp)
  unwanted?.addEventListener('abort', giveUp)
  try {
    const nonce = `${randomBytes(24).toString('hex')}.${port}`
    const answer = await ask(agent, { method: 'GET', path: `/health?nonce=${nonce}`, limitMs })
    const health = readProof(await readJson(answer, limitMs), { id: address.id, token, nonce })
    if (!health) throw new Error('not the daemon of this session')
    const authorization = `Bearer ${token}`
    return {
      health,
      ask: (method, path, body, how = {}) => {
        const headers = { ...how.headers, authorization }
        return ask(agent, { method, path, headers, body, limitMs: how.limitMs ?? limitMs })
      },
      close: () => agent.destroy(),
    }
  } catch {
    agent.destroy()
    return patience.aborted ? 'silent' : 'absent'
  } finally {
    patience.removeEventListener('abort', giveUp)
    unwanted?.removeEventListener('abort', giveUp)
  }
}

function readProof(
  answer: Readonly<Record<string, unknown>>,
  wanted: { readonly id: string; readonly token: string; readonly nonce: string },
): Health | null {
  const { status, sessionId, pid, proof } = answer
  if (sessionId !== wanted.id || typeof pid !== 'number' || typeof proof !== 'string') return null
  if (!sameSecret(proof, proofOf(wanted.token, wanted.nonce))) return null
  return { status: status === 'draining' ? 'draining' : 'ok', pid }
}

/**
 * An agent that opens one connection in its life: when that is gone, a request fails rather than
 * go to another process that listens on the port by then.
 */
class OneConnection extends Agent {
  readonly target: { readonly host: string; readonly port: number }
  readonly #socket: Socket
  #used = false

  constructor(host: string, port: number) {
    super({ keepAlive: true, maxSockets: 1 })
    this.target = { host, port }
    this.#socket = connect({ host, port, noDelay: true })
    this.#socket.on('error', () => undefined)
  }

  override createConnection(
    _: unknown,
    done?: (error: Error, socket: Socket) => void,
  ): Socket | undefined {
    if (!this.#used) {
      this.#used = true
      return this.#socket
    }
    done?.(new Error('the connection to the daemon was closed'), this.#socket)
    return undefined
  }

  override destroy(): void {
    this.#socket.destroy()
    super.destroy()
  }
}

interface Question {
  readonly method: string
  readonly path: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: object | undefined
  readonly limitMs: number
}

function ask(agent: OneConnection, question: Question): Promise<IncomingMessage> {
  const { method, path, body, limitMs } = question
  return new Promise((resolve, reject) => {
    const headers = {
      ...question.headers,
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
    }
    const sent = request({ agent, ...agent.target, method, path, headers })
    const hangUp = (): void => void sent.destroy(new SilentPeer(limitMs))
    const timer = setTimeout(hangUp, timerDelay(limitMs))
    sent.once('response', (answer) => {
      clearTimeout(timer)
      resolve(answer)
    })
    sent.on('error', reject)
    sent.on('close', () => {
      clearTimeout(timer)
      reject(new Error('the daemon closed the connection'))
    })
    sent.end(JSON.stringify(body)) // nothing where there is no body
  })
}

/** More than any answer of a daemon: a stranger may send without end. */
const ANSWER_LIMIT = 1024 * 1024

/**
 * The JSON object of an answer; {} when it is none. Throws when the answer breaks off, or is not
 * whole within `limitMs` (SilentPeer).
 */
export async function readJson(
  answer: IncomingMessage,
  limitMs = COMMAND_LIMIT_MS,
): Promise<Readonly<Record<string, unknown>>> {
  let text = ''
  answer.setEncoding('utf8')
  const hangUp = (): void => void answer.destroy(new SilentPeer(limitMs))
  const timer = setTimeout(hangUp, timerDelay(limitMs))
  try {
    for await (const part of answer as AsyncIterable<string>) {
      text += part
      if (text.length > ANSWER_LIMIT) throw new Error('the answer is too long')
    }
  } finally {
    clearTimeout(timer)
  }
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {}
  } catch {
    return {}
  }
}
