/** Sends a prompt to one session. Every failure becomes an answer that describes it. */
import { timerDelay } from '../../../lib/delay.ts'
import type { PeerAddress } from '../../../session/peer.ts'
import { type ReceivedEvent, openMessages, RefusedError } from '../../client/messages.ts'
import { type Answer, type Draft, EMPTY, withEvent, type Outcome } from './answer.ts'

export interface AskRequest {
  /** The body of the request, without `stream`. */
  readonly body: object
  readonly conversation: string
  /** Aborted if the user interrupts. */
  readonly signal: AbortSignal
  /** From the request to the end of the answer; starting the session has its own limits. */
  readonly timeoutMs: number
  /** Called each time the answer has grown. */
  readonly grown?: (draft: Draft) => void
}

/** The answer of a session. `connect` prepares the session; if it fails, the answer has failed. */
export async function ask(
  connect: () => Promise<PeerAddress>,
  request: AskRequest,
): Promise<Answer> {
  const { conversation } = request
  let late: AbortSignal | undefined
  let draft = EMPTY
  let model: string | null = null
  let startedAt = performance.now()
  const ms = (): number => Math.round(performance.now() - startedAt)
  const ended = (outcome: Outcome, error: string | null): Answer => {
    return { ...draft, outcome, error, model, totalMs: ms() }
  }
  try {
    const session = await until(request.signal, connect())
    startedAt = performance.now()
    late = AbortSignal.timeout(timerDelay(request.timeoutMs))
    const signal = AbortSignal.any([request.signal, late])
    const { headers, events } = await openMessages(session, request.body, { signal, conversation })
    const named = headers['x-ccr-model']
    model = typeof named === 'string' && named !== '' ? named : null
    for await (const event of events) {
      model = servedBy(event) ?? model
      draft = withEvent(draft, event, ms())
      request.grown?.(draft)
    }
    return whole(draft, ended)
  } catch (thrown) {
    if (request.signal.aborted) return ended('interrupted', 'interrupted')
    if (late?.aborted)
      return ended('timeout', `no complete answer after ${request.timeoutMs / 1000} s`)
    return ended('failed', causeOf(thrown))
  }
}

function whole(draft: Draft, ended: (outcome: Outcome, error: string | null) => Answer): Answer {
  if (draft.stopReason === 'refusal') return ended('refused', 'the model refused to answer')
  if (draft.text.trim() === '') return ended('failed', 'the answer has no text')
  return ended('answered', null)
}

/** The model in the start of the message, which is newer than the headers after an early commit. */
function servedBy(event: ReceivedEvent): string | null {
  if (event.type !== 'message_start') return null
  const { model } = event['message'] as { model?: unknown }
  return typeof model === 'string' && model.includes(',') ? model : null
}

/** The cause in words: the answer of the session, otherwise the error message. */
export function causeOf(thrown: unknown): string {
  if (thrown instanceof RefusedError) {
    return thrown.status === null ? thrown.message : `${thrown.status}: ${thrown.message}`
  }
  return thrown instanceof Error ? thrown.message : String(thrown)
}

/** The promise, unless the signal is aborted first; a later result is ignored. */
async function until<T>(signal: AbortSignal, promise: Promise<T>): Promise<T> {
  promise.catch(() => undefined)
  let stop: (() => void) | undefined
  const aborted = new Promise<never>((_, reject) => {
    stop = () => reject(signal.reason as Error)
    signal.addEventListener('abort', stop, { once: true })
    if (signal.aborted) stop()
  })
  aborted.catch(() => undefined)
  try {
    return await Promise.race([promise, aborted])
  } finally {
    if (stop) signal.removeEventListener('abort', stop)
  }
}
