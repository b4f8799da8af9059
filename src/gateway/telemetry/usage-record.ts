/** The usage record of a request: its row in `usage.db`. */
import type { Config } from '../../config/config.ts'
import { parseModelRef } from '../../lib/model-ref.ts'
import type { GatewayError } from '../../messages/error.ts'
import type { MessagesRequest } from '../../messages/request.ts'
import { type AnswerCost, costOfAnswer } from '../../pricing/answer-cost.ts'
import { costOf, isListPriced, type PriceTag, tokensOf } from '../../pricing/cost.ts'
import { priceTagOf } from '../../providers/catalogue/price.ts'
import type { RequestRow } from '../../store/ledger.ts'
import { searchPrice, searchTarget } from '../lending/search-price.ts'
import { type ClientIdentity, conversationIdOf } from '../client-headers.ts'
import type { Measured } from './request-metrics.ts'

/** The class of what the gateway has done by another model or a service. */
export const LEND = 'lend'

/** What the record has of a request before it is answered. */
export interface RecordedRequest {
  /** When it came, ms since 1970. */
  readonly at: number
  /** The client's id of its thread of messages; undefined where it has none. */
  readonly conversation: string | undefined
  /** `main`, `subagent`, `auxiliary`, `compaction`, …; `other` for other clients. */
  readonly class: string
  /** Whether the answer comes piece by piece. */
  readonly streamed: boolean
}

/**
 * @param at when it came, ms since 1970.
 * @param request absent where its body is no request.
 */
export function recordedRequest(
  client: ClientIdentity,
  at: number,
  request?: MessagesRequest,
): RecordedRequest {
  return {
    at,
    conversation: request ? conversationIdOf(client, request) : client.conversation,
    class: client.requestClass ?? assumedClass(client),
    streamed: request?.stream === true,
  }
}

/** For clients that do not say (CLAUDE_CODE_GATEWAY_HINT_HEADERS is not set). */
function assumedClass({ agentId, conversation }: ClientIdentity): string {
  if (agentId !== undefined) return 'subagent'
  return conversation === undefined ? 'other' : 'main'
}

/** The price of a target, `provider,model`. */
export type Prices = (target: string) => PriceTag | undefined

/** The prices of a config, each looked up once. */
export function pricesOf({ providers, prices, lend: { webSearch } }: Config): Prices {
  const known = new Map<string, PriceTag | undefined>()
  if (typeof webSearch === 'object') known.set(searchTarget(webSearch), searchPrice(webSearch))
  return (target) => {
    if (!known.has(target)) {
      const ref = parseModelRef(target)
      const provider = providers.find(({ name }) => name === ref?.provider)
      known.set(target, provider && priceTagOf(provider, ref?.model ?? '', prices))
    }
    return known.get(target)
  }
}

/** Output tokens that a request is assumed to take at most before it is known: more are rare. */
const ASSUMED_OUTPUT = 4_096

/** What a request may cost, USD; null where the price is not known. */
export function estimatedCost(
  { max_tokens: most }: MessagesRequest,
  inputTokens: number,
  tag: PriceTag | undefined,
): number | null {
  const output = Math.min(typeof most === 'number' ? most : ASSUMED_OUTPUT, ASSUMED_OUTPUT)
  const tokens = { input: inputTokens, output, cacheRead: 0, cacheWrite5m: 0, cacheWrite1h: 0 }
  return costOf(tokens, tag?.price)
}

export interface EndedRequest {
  readonly session: { readonly id: string; readonly preference: string }
  readonly request: RecordedRequest
  /** Undefined for a request that was refused before it had a route. */
  readonly measured: Measured | undefined
  readonly error: GatewayError | undefined
  readonly hungUp: boolean
  /** Now, ms since 1970. */
  readonly at: number
}

/** The row of a request that has ended. Nothing is made up: what was not reported is null. */
export function usageRecord(ended: EndedRequest, prices: Prices): RequestRow {
  const { session, request, measured = NOT_SENT, error } = ended
  const { reason, target, attempts, ttftMs, stopReason } = measured
  const durationMs = Math.max(0, ended.at - request.at)
  const counted = countedOf(measured, prices(target))
  return {
    at: request.at,
    session: session.id,
    preference: session.preference,
    conversation: request.conversation ?? null,
    class: request.class,
    route: reason || null,
    ...targetOf(target),
    ...counted,
    ttftMs: ttftMs ?? null,
    durationMs,
    tokensPerSecond: speed(counted.output, durationMs - silence(request, ttftMs)),
    status: error?.status ?? 200,
    outcome: outcomeOf(ended),
    error: error?.kind ?? null,
    stopReason: stopReason ?? null,
    attempts,
    dropped: measured.dropped.join(', ') || null,
  }
}

const NOT_SENT: Measured = {
  reason: '',
  target: '',
  attempts: 0,
  dropped: [],
  usage: undefined,
  reportedUsd: undefined,
  stopReason: undefined,
  ttftMs: undefined,
}

function outcomeOf({ error, hungUp }: EndedRequest): RequestRow['outcome'] {
  if (hungUp) return 'aborted'
  return error === undefined ? 'ok' : 'error'
}

function targetOf(target: string): Pick<RequestRow, 'provider' | 'model'> {
  return parseModelRef(target) ?? { provider: null, model: null }
}

type Counted = Pick<
  RequestRow,
  | 'input'
  | 'output'
  | 'cacheRead'
  | 'cacheWrite'
  | 'cacheWrite1h'
  | 'reasoning'
  | 'cost'
  | 'priceSource'
  | 'priceDate'
>

const UNCOUNTED: Counted = {
  input: null,
  output: null,
  cacheRead: null,
  cacheWrite: null,
  cacheWrite1h: null,
  reasoning: null,
  cost: null,
  priceSource: null,
  priceDate: null,
}

function countedOf({ usage, reportedUsd }: Measured, tag: PriceTag | undefined): Counted {
  if (usage === undefined) return UNCOUNTED
  const tokens = tokensOf(usage)
  // A price in the config holds for every tier of service, one of the catalogue only for the usual one.
  const price = tag?.source === 'config' || isListPriced(usage) ? tag : undefined
  return {
    input: tokens.input,
    output: tokens.output,
    cacheRead: tokens.cacheRead,
    cacheWrite: tokens.cacheWrite5m,
    cacheWrite1h: tokens.cacheWrite1h,
    reasoning: usage.output_tokens_details?.thinking_tokens ?? null,
    ...costColumns(costOfAnswer(tokens, reportedUsd ?? null, price)),
  }
}

function costColumns(cost: AnswerCost | null): Pick<Counted, 'cost' | 'priceSource' | 'priceDate'> {
  if (cost === null) return { cost: null, priceSource: null, priceDate: null }
  return { cost: cost.usd, priceSource: cost.source, priceDate: cost.priceDate }
}

/** Until the first chunk, ms. An answer that comes as a whole was made in all of its time. */
function silence({ streamed }: RecordedRequest, ttftMs: number | undefined): number {
  return streamed ? (ttftMs ?? 0) : 0
}

/** Output tokens in a second, from the first piece of the answer on. */
function speed(output: number | null, ms: number): number | null {
  return output === null || output === 0 || ms <= 0 ? null : (output * 1000) / ms
}
