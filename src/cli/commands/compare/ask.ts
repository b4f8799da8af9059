/** Asks one session; whatever happens ends in an answer that says so. */
import { timerDelay } from '../../../lib/delay.ts'
import type { PeerAddress } from '../../../session/peer.ts'
import { type ReceivedEvent, openMessages, RefusedError } from '../../client/messages.ts'
import { type Answer, type Draft, EMPTY, withEvent, type Outcome } from './answer.ts'

export interface AskRequest {
  /** The body of the request, without `stream`. */
  readonly body: object
  readonly conversation: string
  /** Aborted when the user ends it. */
  readonly signal: AbortSignal
  /** From the request to the end of the answer; what starts the session has limits of its own. */
  readonly timeoutMs: number
  /** Told each time the answer has grown. */
  readonly grown?: (draft: Draft) => void
}

/** The answer of a session. `connect` makes the session ready; its failure is one of the answer. */
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
    if (late?.aborted) return ended('timeout', `not over after ${request.timeoutMs / 1000} s`)
    return ended('failed', causeOf(thrown))
  }
}

function whole(draft: Draft, ended: (outcome: Outcome, error: string | null) => Answer): Answer {
  if (draft.stopReason === 'refusal') return ended('refused', 'the model refused to answer')
  if (draft.text.trim() === '') return ended('failed', 'the answer has no text')
  return ended('answered', null)
}

/** After an early commit the headers are too old: the start of the message names the model. */
function servedBy(event: ReceivedEvent): string | null {
  if (event.type !== 'message_start') return null
  const { model } = event['message'] as { model?: unknown }
  return typeof model === 'string' && model.includes(',') ? model : null
}

/** In words: what the session answered, else what the system said. */
export function causeOf(thrown: unknown): string {
  if (thrown instanceof RefusedError) {
    return thrown.status === null ? thrown.message : `${thrown.status}: ${thrown.message}`
  }
  return thrown instanceof Error ? thrown.message : String(thrown)
}

/** The promise, unless the signal is faster; what comes later is not missed. */
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
