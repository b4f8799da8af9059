/** What the ledger keeps of a request. */
import type { IncomingHttpHeaders } from 'node:http'
import type { Config } from '../../config/config.ts'
import { parseModelRef } from '../../lib/model-ref.ts'
import type { GatewayError } from '../../messages/error.ts'
import type { FinalUsage } from '../../messages/events.ts'
import type { MessagesRequest } from '../../messages/request.ts'
import { costOf, isListPriced, type PriceTag, tokensOf } from '../../pricing/cost.ts'
import { priceTagOf } from '../../providers/catalogue/price.ts'
import type { RequestRow } from '../../store/ledger.ts'
import type { Measured } from './request-metrics.ts'

/** Who asked, and for what. */
export interface RequestIdentity {
  /** When it came, ms since 1970. */
  readonly at: number
  /** The client's id of its thread of messages; undefined where it has none. */
  readonly conversation: string | undefined
  /** `main`, `subagent`, `auxiliary`, `compaction`, …; `other` for other clients. */
  readonly class: string
  /** Whether the answer comes piece by piece. */
  readonly streamed: boolean
}

/** What the headers of a request say of it. */
export function requestIdentity(headers: IncomingHttpHeaders, at: number): RequestIdentity {
  const one = (name: string): string | undefined => {
    const value = headers[name]
    return Array.isArray(value) ? value[0] : value
  }
  const conversation = one('x-claude-code-session-id')
  const said = one('x-claude-code-request-class')
  return {
    at,
    conversation,
    streamed: false,
    class: said ?? classOf(one('x-claude-code-agent-id'), conversation),
  }
}

/** For clients that do not say (CLAUDE_CODE_GATEWAY_HINT_HEADERS is not set). */
function classOf(agent: string | undefined, conversation: string | undefined): string {
  if (agent !== undefined) return 'subagent'
  return conversation === undefined ? 'other' : 'main'
}

/** With what the body says of it. */
export function named(asked: RequestIdentity, request: MessagesRequest): RequestIdentity {
  const { conversation = conversationIn(request) } = asked
  return { ...asked, conversation, streamed: request.stream === true }
}

function conversationIn({ metadata }: MessagesRequest): string | undefined {
  const user = (metadata as { readonly user_id?: unknown } | undefined)?.user_id
  if (typeof user !== 'string') return undefined
  return /session_(?:id":\s*")?([0-9a-f-]{36})/.exec(user)?.[1]
}

/** The price of a target, `provider,model`. */
export type Prices = (target: string) => PriceTag | undefined

/** The prices of a config, each looked up once. */
export function pricesOf({ providers, prices }: Config): Prices {
  const known = new Map<string, PriceTag | undefined>()
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

/** What a request may cost, USD; null where nobody knows the price. */
export function estimatedCost(
  { max_tokens: most }: MessagesRequest,
  inputTokens: number,
  tag: PriceTag | undefined,
): number | null {
  const output = Math.min(typeof most === 'number' ? most : ASSUMED_OUTPUT, ASSUMED_OUTPUT)
  const tokens = { input: inputTokens, output, cacheRead: 0, cacheWrite5m: 0, cacheWrite1h: 0 }
  return costOf(tokens, tag?.price)
}

export interface Ended {
  readonly session: { readonly id: string; readonly preference: string }
  readonly asked: RequestIdentity
  /** Undefined for a request that was refused before anybody could be asked. */
  readonly measured: Measured | undefined
  readonly error: GatewayError | undefined
  readonly hungUp: boolean
  /** Now, ms since 1970. */
  readonly at: number
}

/** The row of a request that has ended. Nothing is made up: what nobody reported is null. */
export function usageRecord(ended: Ended, prices: Prices): RequestRow {
  const { session, asked, measured = NOBODY, error } = ended
  const { reason, target, attempts, ttftMs, stopReason } = measured
  const durationMs = Math.max(0, ended.at - asked.at)
  const counted = countedOf(measured, prices(target))
  return {
    at: asked.at,
    session: session.id,
    preference: session.preference,
    conversation: asked.conversation ?? null,
    class: asked.class,
    route: reason || null,
    ...targetOf(target),
    ...counted,
    ttftMs: ttftMs ?? null,
    durationMs,
    tokensPerSecond: speed(counted.output, durationMs - silence(asked, ttftMs)),
    status: error?.status ?? 200,
    outcome: outcomeOf(ended),
    error: error?.kind ?? null,
    stopReason: stopReason ?? null,
    attempts,
    dropped: measured.dropped.join(', ') || null,
  }
}

const NOBODY: Measured = {
  reason: '',
  target: '',
  attempts: 0,
  dropped: [],
  usage: undefined,
  charged: undefined,
  stopReason: undefined,
  ttftMs: undefined,
}

function outcomeOf({ error, hungUp }: Ended): RequestRow['outcome'] {
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

function countedOf({ usage, charged }: Measured, tag: PriceTag | undefined): Counted {
  if (usage === undefined) return UNCOUNTED
  const tokens = tokensOf(usage)
  return {
    input: tokens.input,
    output: tokens.output,
    cacheRead: tokens.cacheRead,
    cacheWrite: tokens.cacheWrite5m,
    cacheWrite1h: tokens.cacheWrite1h,
    reasoning: usage.output_tokens_details?.thinking_tokens ?? null,
    ...paid(usage, charged, tag),
  }
}

/** What the provider says that it took is a fact; a price, the config's too, is none. */
function paid(
  usage: FinalUsage,
  charged: number | undefined,
  tag: PriceTag | undefined,
): Pick<Counted, 'cost' | 'priceSource' | 'priceDate'> {
  if (charged !== undefined) return { cost: charged, priceSource: 'provider', priceDate: null }
  const listed = tag?.source === 'config' || isListPriced(usage) ? tag : undefined
  return {
    cost: costOf(tokensOf(usage), listed?.price),
    priceSource: listed?.source ?? null,
    priceDate: listed?.date ?? null,
  }
}

/** Until the first word: an answer that comes as a whole was made in all of its time. */
function silence({ streamed }: RequestIdentity, ttftMs: number | undefined): number {
  return streamed ? (ttftMs ?? 0) : 0
}

/** Output tokens in a second, from the first piece of the answer on. */
function speed(output: number | null, ms: number): number | null {
  return output === null || output === 0 || ms <= 0 ? null : (output * 1000) / ms
}
