import type { GatewayError } from './error.ts'
import type { MessagesRequest } from './request.ts'
import { isReasoningRefused, isStateRefused, withoutState, withoutThinking } from './state.ts'

export interface SecondTry {
  readonly request: MessagesRequest
  /** What of the request it goes without, as `x-ccr-dropped` names it. */
  readonly without: string
}

/**
 * The request in the way in which it may succeed after this error; undefined where there is none.
 * Without reasoning state where the vendor refuses what it once made; without earlier reasoning where
 * a server does not know the field; without a word on thinking where it does not know that, or without
 * marks of the prompt cache; with a
 * lower output limit where only that is more than the model gives, or than its window has room for
 * beside the prompt.
 */
export function secondTry(request: MessagesRequest, error: GatewayError): SecondTry | undefined {
  if (isStateRefused(error)) {
    const bare = withoutState(request)
    return bare === request ? undefined : { request: bare, without: 'assistant.thinking.signature' }
  }
  if (isReasoningRefused(error)) {
    const bare = withoutThinking(request)
    if (bare !== request) return { request: bare, without: 'assistant.thinking' }
  }
  if (isEffortRefused(error)) {
    const bare = withoutEffort(request)
    if (bare !== request) return { request: bare, without: 'thinking' }
  }
  if (isCacheRefused(error)) {
    const bare = withoutCacheMarks(request)
    if (bare !== request) return { request: bare, without: 'cache_control' }
  }
  const { max_tokens: wanted = 0 } = request
  if (error.room === undefined || error.room >= wanted) return undefined
  return { request: { ...request, ...shorter(request, error.room) }, without: 'max_tokens' }
}

/** What a server that refused it refuses of every request. */
const LASTING: Readonly<Partial<Record<string, (request: MessagesRequest) => MessagesRequest>>> = {
  'assistant.thinking': withoutThinking,
  thinking: withoutEffort,
  cache_control: withoutCacheMarks,
}

/** Whether a target need not be asked with it again. */
export function isLasting(without: string): boolean {
  return Object.hasOwn(LASTING, without)
}

/** The request without these, as `SecondTry.without` names them, and which of them it had. */
export function goingWithout(request: MessagesRequest, names: Iterable<string>): Without {
  let left = request
  const dropped: string[] = []
  for (const name of names) {
    const bare = LASTING[name]?.(left) ?? left
    if (bare !== left) dropped.push(name)
    left = bare
  }
  return { request: left, dropped }
}

export interface Without {
  readonly request: MessagesRequest
  readonly dropped: readonly string[]
}

function isCacheRefused({ kind, message }: GatewayError): boolean {
  return kind === 'invalid_request_error' && /cache_control/i.test(message)
}

/** The very same request where it marks nothing for the prompt cache. */
function withoutCacheMarks(request: MessagesRequest): MessagesRequest {
  if (!JSON.stringify(request).includes('"cache_control"')) return request
  const text = JSON.stringify(request, (key, value: unknown) =>
    key === 'cache_control' ? undefined : value,
  )
  return JSON.parse(text) as MessagesRequest
}

/** An answer of so many tokens at most, of which thinking may take half. */
function shorter({ thinking }: MessagesRequest, most: number): Partial<MessagesRequest> {
  const { budget_tokens: budget } = (thinking ?? {}) as { budget_tokens?: unknown }
  if (typeof budget !== 'number' || budget < most) return { max_tokens: most }
  const less = { ...(thinking as object), budget_tokens: Math.floor(most / 2) }
  return { max_tokens: most, thinking: less }
}

/** "Unsupported parameter: 'reasoning_effort'", "Unsupported value", "Extra inputs are not permitted". */
const EFFORT = /reasoning[_.]?effort|\beffort\b|enable_thinking|\bthinking\b|thinking_budget/i
const REFUSED =
  /not? (support|permitted|allowed|valid)|unsupported|unexpected|unknown|unrecognized|invalid|extra inputs|only /i
const OTHER_REASON = /passed back|signature|budget_tokens|max_tokens/i

function isEffortRefused(error: GatewayError): boolean {
  const { kind, message } = error
  if (kind !== 'invalid_request_error' || OTHER_REASON.test(message)) return false
  return EFFORT.test(message) && REFUSED.test(message)
}

/** The very same request where it says nothing of thinking. */
function withoutEffort(request: MessagesRequest): MessagesRequest {
  const { thinking, output_config: output, ...rest } = request
  const isSaid = thinking !== undefined || effortIn(output) !== undefined
  const messages = request.messages.map((message) => {
    const { output_config: effort, ...others } = message
    return effort === undefined
      ? message
      : { ...others, role: message.role, content: message.content }
  })
  if (!isSaid && messages.every((message, at) => message === request.messages[at])) return request
  const kept = Object.entries(output ?? {}).filter(([name]) => name !== 'effort')
  const config = kept.length === 0 ? {} : { output_config: Object.fromEntries(kept) as object }
  return { ...rest, ...config, model: request.model, messages }
}

function effortIn(output: unknown): unknown {
  return ((output ?? {}) as { effort?: unknown }).effort
}
