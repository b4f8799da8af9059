/** Sends a Messages request to a session, as a client would. */
import type { IncomingHttpHeaders, IncomingMessage } from 'node:http'
import { sseFrames } from '../../framing/sse.ts'
import { limitedText } from '../../lib/limited-text.ts'
import { UserError } from '../../lib/user-error.ts'
import { COMMAND_LIMIT_MS, findPeer, type Peer, type PeerAddress } from '../../session/peer.ts'

/** A stream event, whose fields are not validated. */
export interface ReceivedEvent {
  readonly type?: string
  readonly [field: string]: unknown
}

export interface MessageStream {
  readonly headers: IncomingHttpHeaders
  /** The events of the stream. Throws RefusedError for an error event, UserError if the stream is incomplete. */
  readonly events: AsyncGenerator<ReceivedEvent>
}

/** The session, or the provider behind it, refused the request. */
export class RefusedError extends UserError {
  override readonly name = 'RefusedError'
  /** The HTTP status; null for an error event in a stream. */
  readonly status: number | null

  constructor(status: number | null, message: string) {
    super(message, 'The log of the session has details (ccr logs, with its CCR_MODEL_PREFERENCE).')
    this.status = status
  }
}

export interface SendOptions {
  readonly signal: AbortSignal
  /** The conversation id for the ledger, if any. */
  readonly conversation?: string | undefined
}

/**
 * Sends a body to /v1/messages as a streaming request, over a connection on which the session's daemon
 * has proved itself, so that no other program gets the token or the prompt. Throws RefusedError,
 * UserError if no such daemon answers, or errors of the socket.
 */
export async function openMessages(
  address: PeerAddress,
  body: object,
  { signal, conversation }: SendOptions,
): Promise<MessageStream> {
  const peer = await provedPeer(address, signal)
  const giveUp = (): void => peer.close()
  signal.addEventListener('abort', giveUp, { once: true })
  const close = (): void => {
    signal.removeEventListener('abort', giveUp)
    peer.close()
  }
  try {
    signal.throwIfAborted()
    const headers = { ...conversationHeaders(conversation), 'anthropic-version': '2023-06-01' }
    const request = { ...body, stream: true }
    // The caller limits how long a model may take.
    const how = { headers, limitMs: Infinity }
    const response = await peer.ask('POST', '/v1/messages', request, how)
    const status = response.statusCode ?? 0
    if (status === 200) return { headers: response.headers, events: eventsOf(response, close) }
    const text = await limitedText(response, { length: 64 * 1024, ms: 5_000 })
    throw new RefusedError(status, errorMessage(text))
  } catch (thrown) {
    close()
    throw thrown
  }
}

async function provedPeer(address: PeerAddress, signal: AbortSignal): Promise<Peer> {
  const peer = await findPeer(address, COMMAND_LIMIT_MS, signal)
  if (typeof peer !== 'string') return peer
  signal.throwIfAborted()
  throw new UserError(
    peer === 'silent'
      ? `session ${address.id} does not answer.`
      : `no daemon of session ${address.id} answers on its port.`,
    'See: ccr sessions',
  )
}

async function* eventsOf(
  response: IncomingMessage,
  close: () => void,
): AsyncGenerator<ReceivedEvent> {
  try {
    yield* wholeAnswer(response)
  } finally {
    close()
  }
}

async function* wholeAnswer(response: IncomingMessage): AsyncGenerator<ReceivedEvent> {
  let complete = false
  for await (const frames of sseFrames(bytesOf(response))) {
    for (const { data } of frames) {
      const event = JSON.parse(data) as ReceivedEvent
      if (event.type === 'error') throw new RefusedError(null, errorMessage(data))
      if (event.type === 'message_stop') complete = true
      yield event
    }
  }
  if (!complete) throw new UserError('the answer was cut off.', 'See the log of the session.')
}

async function* bytesOf(response: IncomingMessage): AsyncGenerator<Uint8Array> {
  try {
    yield* response as AsyncIterable<Uint8Array>
  } catch (cause) {
    throw new UserError(
      'the session ended in the middle of the answer.',
      'Its log has the reason (ccr logs, with its CCR_MODEL_PREFERENCE).',
      cause,
    )
  }
}

/** The message of an error envelope; otherwise the text itself. */
function errorMessage(text: string): string {
  try {
    const { error } = JSON.parse(text) as { error?: { message?: unknown } }
    if (typeof error?.message === 'string') return error.message
  } catch {
    // Not an envelope: use the text.
  }
  return text.trim().slice(0, 500) || 'an empty answer'
}

/** Headers for the conversation id; the class says that the request is not from Claude Code. */
function conversationHeaders(conversation: string | undefined): Record<string, string> {
  if (conversation === undefined) return {}
  return {
    'x-claude-code-session-id': conversation,
    'x-claude-code-request-class': 'other',
  }
}
