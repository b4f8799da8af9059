import type { GatewayError } from './error.ts'
import { isMediaRefused, refusedBlocks, withoutBlocks } from './refused-blocks.ts'
import { isRefusedForGood } from './refused-field.ts'
import { refusedHistory, withMendedHistory } from './refused-history.ts'
import { refusedSystem, withoutSystem, withSystemByUser } from './refused-system.ts'
import type { MessagesRequest } from './request.ts'
import { isReasoningRefused, isStateRefused, withoutState, withoutThinking } from './state.ts'
import type { SecondTry, Without } from './without.ts'

/**
 * The request in the way in which it may succeed after this error; undefined where there is none.
 * Without reasoning state where the vendor refuses what it once made; without earlier reasoning where
 * a server does not know the field; without a word on thinking where it does not know that, or without
 * marks of the prompt cache; with images and other blocks that it does not take as text; with a
 * lower output limit where only that is more than the model gives, or than its window has room for
 * beside the prompt, and with a higher one where the model cannot even begin.
 */
export function secondTry(request: MessagesRequest, error: GatewayError): SecondTry | undefined {
  if (isStateRefused(error)) {
    const sealed = withoutState(request)
    const bare = sealed === request ? withoutThinking(request) : sealed
    return bare === request ? undefined : { request: bare, without: 'assistant.thinking.signature' }
  }
  const said =
    refusedBlocks(request, error) ?? refusedSystem(request, error) ?? refusedHistory(request, error)
  if (said !== undefined) return said
  if (isReasoningRefused(error)) {
    const bare = withoutThinking(request)
    if (bare !== request) return { request: bare, without: 'assistant.thinking' }
  }
  return untaken(request, error) ?? otherLimit(request, error)
}

/** What a request can go without, and how an error says that it must; the first that fits is left out. */
const UNTAKEN: readonly {
  readonly isRefused: (error: GatewayError) => boolean
  readonly without: string
  readonly bare: (request: MessagesRequest) => MessagesRequest
}[] = [
  { isRefused: isAdaptiveRefused, without: 'thinking.adaptive', bare: withoutAdaptive },
  { isRefused: isWordRefused, without: 'output_config.effort', bare: withHighEffort },
  { isRefused: isEffortRefused, without: 'thinking', bare: withoutEffort },
  { isRefused: isThinkingMissed, without: 'thinking.history', bare: withoutEffort },
  { isRefused: hasTooManyMarks, without: 'cache_control.more', bare: withFewCacheMarks },
  { isRefused: isCacheRefused, without: 'cache_control', bare: withoutCacheMarks },
  {
    isRefused: isMediaRefused,
    without: 'messages.image',
    bare: (request) => withoutBlocks(request, 'image'),
  },
]

/** Without what the server knows no word for, or does not take of this model or in this place. */
function untaken(request: MessagesRequest, error: GatewayError): SecondTry | undefined {
  for (const { isRefused, without, bare } of UNTAKEN) {
    if (!isRefused(error)) continue
    const left = bare(request)
    if (left !== request) return { request: left, without }
  }
  return undefined
}

function otherLimit(request: MessagesRequest, error: GatewayError): SecondTry | undefined {
  const { max_tokens: wanted = 0 } = request
  if (TOO_SHORT.test(error.message) && wanted > 0 && wanted < LEAST_TOKENS) {
    return { request: { ...request, max_tokens: LEAST_TOKENS }, without: 'max_tokens' }
  }
  if (error.room === undefined || error.room >= wanted) return undefined
  return { request: { ...request, ...shorter(request, error.room) }, without: 'max_tokens' }
}

/** OpenAI, of a model that had no room even to think: the client asks for one token to see whether a model answers. */
const TOO_SHORT = /output limit was reached|try again with higher max_tokens|integer below minimum/i
const LEAST_TOKENS = 4096

/** "Input tag 'adaptive' found using 'type' does not match any of the expected tags" */
function isAdaptiveRefused({ kind, message }: GatewayError): boolean {
  return kind === 'invalid_request_error' && /['"`]adaptive['"`]/.test(message)
}

/** Thinking with a budget, which models and servers knew before; none where there is no room for it. */
function withoutAdaptive(request: MessagesRequest): MessagesRequest {
  const { thinking, max_tokens: most = 0, ...rest } = request
  if ((thinking as { type?: unknown } | undefined)?.type !== 'adaptive') return request
  const budget = Math.floor(most / 2)
  const enabled = { type: 'enabled', budget_tokens: budget }
  return { ...rest, max_tokens: most, ...(budget < LEAST_BUDGET ? {} : { thinking: enabled }) }
}

/** https://docs.anthropic.com/en/docs/build-with-claude/extended-thinking */
const LEAST_BUDGET = 1024

/** And a budget for which the answer has no room. */
const NO_THINKING_HERE = /expected ['"`]?thinking|greater than ['"`]?thinking\.budget_tokens/i

/**
 * "Expected `thinking` or `redacted_thinking`, but found `tool_use`": another model made the calls
 * that are being answered.
 */
function isThinkingMissed({ kind, message }: GatewayError): boolean {
  return kind === 'invalid_request_error' && NO_THINKING_HERE.test(message)
}

/** What a server that refused it refuses of every request. */
const LASTING: Readonly<Partial<Record<string, (request: MessagesRequest) => MessagesRequest>>> = {
  'assistant.thinking': withoutThinking,
  thinking: withoutEffort,
  'thinking.adaptive': withoutAdaptive,
  'output_config.effort': withHighEffort,
  cache_control: withoutCacheMarks,
  'cache_control.more': withFewCacheMarks,
  'messages.history': withMendedHistory,
  'messages.system': withSystemByUser,
  system: (request) => withoutSystem(withSystemByUser(request)),
  'messages.image': (request) => withoutBlocks(request, 'image'),
  'messages.document': (request) => withoutBlocks(request, 'document'),
  'messages.tool_reference': (request) => withoutBlocks(request, 'tool_reference'),
  'messages.search_result': (request) => withoutBlocks(request, 'search_result'),
}

/** Whether a target need not be asked with it again. */
export function isLasting(without: string): boolean {
  return (
    Object.hasOwn(LASTING, without) || without === 'anthropic-beta' || isRefusedForGood(without)
  )
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

function isCacheRefused({ kind, message }: GatewayError): boolean {
  if (kind !== 'invalid_request_error' || TOO_MANY_MARKS.test(message)) return false
  return /cache_control/i.test(message)
}

function hasTooManyMarks({ message }: GatewayError): boolean {
  return TOO_MANY_MARKS.test(message)
}

/** The very same request where it marks nothing for the prompt cache. */
function withoutCacheMarks(request: MessagesRequest): MessagesRequest {
  if (!JSON.stringify(request).includes('"cache_control"')) return request
  const text = JSON.stringify(request, (key, value: unknown) =>
    key === 'cache_control' ? undefined : value,
  )
  return JSON.parse(text) as MessagesRequest
}

/** A relay sets marks beside the client's, and the API counts all of them. */
const TOO_MANY_MARKS = /maximum of \d+ blocks with cache_control/i

/** With the last mark of the system prompt and the last of the messages. */
function withFewCacheMarks(request: MessagesRequest): MessagesRequest {
  const few = {
    ...withoutCacheMarks(request),
    ...(request.system === undefined ? {} : { system: withLastMark(request.system) }),
    messages: withLastMark(request.messages),
  }
  return JSON.stringify(few) === JSON.stringify(request) ? request : few
}

function withLastMark<T>(value: T): T {
  let left = JSON.stringify(value).split('"cache_control":').length - 1
  const text = JSON.stringify(value, (key, inner: unknown) => {
    if (key !== 'cache_control') return inner
    left -= 1
    return left === 0 ? inner : undefined
  })
  return JSON.parse(text) as T
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
  /not? (support|permitted|allowed|valid)|may not|unsupported|unexpected|unknown|unrecognized|invalid|extra inputs|only /i
const OTHER_REASON = /passed back|signature|budget_tokens|max_tokens/i

function isEffortRefused(error: GatewayError): boolean {
  const { kind, message } = error
  if (kind !== 'invalid_request_error' || OTHER_REASON.test(message)) return false
  if (EFFORT_WORD.test(message)) return true
  return EFFORT.test(message) && REFUSED.test(message)
}

/** "Invalid value: 'xhigh'. Supported values are: …", "effort: Input should be 'low', 'medium' or 'high'" */
const EFFORT_WORD =
  /invalid value: ['"`](none|minimal|low|medium|high|xhigh|max)['"`]|effort: input should be/i

/** Efforts that are younger than the words of many models. */
const HIGHEST: ReadonlySet<unknown> = new Set(['xhigh', 'max'])

function isWordRefused({ kind, message }: GatewayError): boolean {
  return kind === 'invalid_request_error' && EFFORT_WORD.test(message)
}

/** With the highest effort that all of them know; the very same request where it asks for no more. */
function withHighEffort(request: MessagesRequest): MessagesRequest {
  const { output_config: output } = request
  if (!HIGHEST.has(effortIn(output))) return request
  return { ...request, output_config: { ...(output as object), effort: 'high' } }
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
