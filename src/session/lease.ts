/**
 * A lease: one open connection from a client to the session's daemon. The daemon counts them; the
 * kernel closes the connection however either side ends.
 */
import type { IncomingMessage } from 'node:http'
import { UserError } from '../lib/user-error.ts'
import { within } from '../lib/within.ts'
import type { SessionRef } from './identity.ts'
import { COMMAND_LIMIT_MS, type Peer, type PeerAddress, provePeer } from './peer.ts'
import type { SessionView } from './probe.ts'

export type LeaseEnd =
  /** The user stopped the session. */
  | 'stopping'
  /** A new daemon takes over. */
  | 'restarting'
  /** The daemon went without a word: it crashed. */
  | 'lost'

export interface Lease extends PeerAddress {
  /** For ANTHROPIC_BASE_URL. */
  readonly baseUrl: string
  /** For ANTHROPIC_AUTH_TOKEN. */
  readonly token: string
  readonly port: number
  /** Gives the lease back; `ended` then never resolves. */
  close(): void
  readonly ended: Promise<LeaseEnd>
  /**
   * After the word that the session is stopped: whether the daemon has answered a client lately, or
   * still does, so that this client may have an answer to print.
   */
  readonly mayPrint: boolean
}

/**
 * Takes a lease on a running session; when it resolves the daemon has counted it. Throws UserError
 * when the daemon is gone or does not prove itself.
 */
export async function holdLease(ref: SessionRef, view: SessionView): Promise<Lease> {
  const { record } = view
  const peer = await provePeer(record, COMMAND_LIMIT_MS)
  if (!peer || record.port === null) throw gone(ref)
  const words = await begin(peer)
  if (words === null) {
    peer.close()
    throw gone(ref)
  }
  let given = false
  let mayPrint = false
  const ended = new Promise<LeaseEnd>((resolve) => {
    void lastWord(words).then((end) => {
      peer.close()
      mayPrint = end.mayPrint
      if (!given) resolve(end.why)
    })
  })
  const close = (): void => {
    given = true
    peer.close()
  }
  return {
    id: record.id,
    host: record.host,
    baseUrl: baseUrl(record.host, record.port),
    token: record.token,
    port: record.port,
    close,
    ended,
    get mayPrint() {
      return mayPrint
    },
  }
}

/** The daemon's words on a lease once it has counted it; null when it does not do so in time. */
async function begin(peer: Peer): Promise<AsyncGenerator<string> | null> {
  try {
    const answer = await peer.ask('GET', '/control/lease')
    const words = wordsOf(answer)
    const first = await within(words.next(), COMMAND_LIMIT_MS)
    return answer.statusCode === 200 && first?.done === false ? words : null
  } catch {
    return null
  }
}

/** The address of a session as a URL without a path. */
export function baseUrl(host: string, port: number): string {
  return `http://${host.includes(':') ? `[${host}]` : host}:${port}`
}

interface LastWord {
  readonly why: LeaseEnd
  readonly mayPrint: boolean
}

async function lastWord(words: AsyncGenerator<string>): Promise<LastWord> {
  for await (const word of words) {
    // A daemon of an older version does not say whether it has answered.
    const mayPrint = !word.includes('"answering":false')
    if (word.includes('"ending":"stopping"')) return { why: 'stopping', mayPrint }
    if (word.includes('"ending":"restarting"')) return { why: 'restarting', mayPrint }
  }
  return { why: 'lost', mayPrint: false }
}

/** The lines of an answer; a broken connection ends them like any other end. */
async function* wordsOf(answer: IncomingMessage): AsyncGenerator<string> {
  let rest = ''
  answer.setEncoding('utf8')
  try {
    for await (const part of answer as AsyncIterable<string>) {
      const lines = (rest + part).split('\n')
      rest = lines.pop() ?? ''
      yield* lines
    }
  } catch {
    // The daemon went in the middle of an answer that never ends by itself.
  }
}

function gone({ id }: SessionRef): UserError {
  return new UserError(`the daemon of session ${id} has just ended.`, 'Try again.')
}
