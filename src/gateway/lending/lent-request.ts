/**
 * Requests that the gateway itself makes to a configured model, for a request of its client: to
 * describe an image, to search the web. They take the same way as a client's: one candidate for each
 * key, failover, budgets, a usage record and a line in the log.
 */
import type { BudgetGuard } from '../../budget/budget-guard.ts'
import { RequestReservation } from '../../budget/request-reservation.ts'
import { isTextTooDeep } from '../../lib/depth.ts'
import { formatModelRef, type ModelRef } from '../../lib/model-ref.ts'
import { asGatewayError, GatewayError, tooDeep } from '../../messages/error.ts'
import type { FinalUsage } from '../../messages/events.ts'
import { type Block, isContent, type MessagesRequest } from '../../messages/request.ts'
import type { RequestRow } from '../../store/ledger.ts'
import type { Chunks } from '../attempt/attempt.ts'
import { clientIdentity, conversationIdOf } from '../client-headers.ts'
import type { RequestContext } from '../request-context.ts'
import type { Targets } from '../targets/targets.ts'
import { RequestMetrics } from '../telemetry/request-metrics.ts'
import { LEND } from '../telemetry/usage-record.ts'
import { type RecorderParts, RequestRecorder } from '../telemetry/request-recorder.ts'
import { sizeOf } from '../tokens/estimator.ts'

export interface LentRequest {
  /** The model, as the config has it. No other one is tried, only each of its provider's keys. */
  readonly model: ModelRef
  /** What for, such as `lend: vision`: the route of its usage record and its line in the log. */
  readonly reason: string
  /** The request but for its model; it is never streamed. */
  readonly body: Pick<MessagesRequest, 'messages' | 'system' | 'tools'> & {
    readonly max_tokens: number
    readonly tool_choice?: object
  }
  readonly limits: {
    /** Until the answer is whole, ms. */
    readonly ms: number
    /** Of the answer as JSON. */
    readonly bytes: number
  }
}

/** The client's request for which a model is asked. */
export type Borrower = Pick<RequestContext, 'request' | 'conversation' | 'via' | 'signal'>

export interface LentAnswer {
  readonly content: readonly Block[]
  readonly stopReason: string | undefined
  /** As the provider reported it. */
  readonly usage: FinalUsage | undefined
  /** What of the request the model was not sent, by name. */
  readonly dropped: readonly string[]
}

/**
 * The answer of a configured model. It is aborted with the borrower's signal.
 * @throws GatewayError if the model cannot be called or fails, if a budget is used up, and for an
 * answer that is late or too long.
 */
export type AskModel = (lent: LentRequest, borrower: Borrower) => Promise<LentAnswer>

export interface LendingParts {
  readonly targets: Promise<Targets>
  /** The answer of the first candidate that gives any, each attempt within the budgets. */
  readonly answer: (context: RequestContext, reservation: RequestReservation | undefined) => Chunks
  readonly budgetGuard: (() => BudgetGuard | undefined) | undefined
  readonly recorder: RecorderParts
}

/** What a client of the Messages API sends. */
const CLIENT = { headers: { 'anthropic-version': '2023-06-01' }, query: '' }

export function createAskModel({ targets, answer, budgetGuard, recorder }: LendingParts): AskModel {
  return async (lent, borrower) => {
    const { model, reason, body, limits } = lent
    const record = new RequestRecorder(clientOf(borrower), recorder)
    const late = AbortSignal.timeout(limits.ms)
    const request = { ...body, model: formatModelRef(model), stream: false }
    const context: RequestContext = {
      request,
      bytes: undefined,
      client: CLIENT,
      candidates: (await targets).of([model]),
      // What the conversation's requests go to must not follow from this one.
      conversation: undefined,
      metrics: new RequestMetrics(reason),
      size: sizeOf(request, Buffer.byteLength(JSON.stringify(request))),
      signal: AbortSignal.any([borrower.signal, late]),
      via: borrower.via,
    }
    const guard = budgetGuard?.()
    const reservation = guard && new RequestReservation(guard)
    let row: RequestRow | undefined
    const ended = (error: GatewayError | undefined): void => {
      row = record.ended({ ...context, signal: borrower.signal }, error)
    }
    try {
      const chunks = answer(context, reservation)
      const message = messageIn(await wholeText(chunks, lent, () => context.metrics.arrived()))
      ended(undefined)
      return { ...message, dropped: context.metrics.measured().dropped }
    } catch (thrown) {
      const isLate = late.aborted && !borrower.signal.aborted
      const error = isLate ? tooLate(lent, thrown) : asGatewayError(thrown)
      ended(error)
      throw error
    } finally {
      reservation?.settle(row)
    }
  }
}

function clientOf({ request, conversation }: Borrower) {
  const client = { ...clientIdentity({}), conversation, requestClass: LEND }
  return { ...client, conversation: conversationIdOf(client, request) }
}

/**
 * @param onChunk called with each chunk that has come.
 * @throws GatewayError for more than the request allows.
 */
async function wholeText(
  chunks: Chunks,
  { model, limits }: LentRequest,
  onChunk: () => void,
): Promise<string> {
  const pieces: Uint8Array[] = []
  let size = 0
  for await (const chunk of chunks) {
    onChunk()
    const piece = typeof chunk === 'string' ? Buffer.from(chunk) : chunk
    size += piece.length
    if (size > limits.bytes) throw tooLong(model)
    pieces.push(piece)
  }
  return Buffer.concat(pieces).toString('utf8')
}

/** @throws GatewayError for what is no message. */
function messageIn(json: string): Omit<LentAnswer, 'dropped'> {
  if (isTextTooDeep(json)) throw tooDeep()
  const message = JSON.parse(json) as {
    readonly content?: unknown
    readonly stop_reason?: unknown
    readonly usage?: FinalUsage
  } | null
  const { content, stop_reason: stopReason, usage } = message ?? {}
  if (!isContent(content) || typeof content === 'string') throw noMessage()
  return { content, stopReason: typeof stopReason === 'string' ? stopReason : undefined, usage }
}

function tooLate({ model, limits }: LentRequest, cause: unknown): GatewayError {
  const seconds = String(Math.ceil(limits.ms / 1000))
  const text = `${formatModelRef(model)} did not answer within ${seconds} s.`
  return new GatewayError('timeout_error', text, { cause })
}

function tooLong(model: ModelRef): GatewayError {
  const text = `${formatModelRef(model)} sent a longer answer than was asked for.`
  return new GatewayError('api_error', text, { status: 502 })
}

function noMessage(): GatewayError {
  return new GatewayError('api_error', 'The answer is no message.', { status: 502 })
}
