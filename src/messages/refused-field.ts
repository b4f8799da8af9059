/**
 * Recognises errors about a field that an API or a model does not accept, and removes it from the
 * request. The request without it means the same, or nearly.
 */

import { isInvalid, type Refusal, type Rule } from './refusal.ts'
import { blocksOf, type Content, type MessagesRequest } from './request.ts'

/** In bodies of any format. Thinking, effort and marks of the prompt cache are not among them: see `firstFallback`. */
const DISPENSABLE: readonly string[] = [
  ...['temperature', 'top_p', 'top_k', 'stop', 'stop_sequences', 'seed', 'verbosity'],
  ...['topP', 'topK', 'stopSequences', 'thinkingConfig', 'presence_penalty', 'frequency_penalty'],
  ...['stream_options', 'parallel_tool_calls', 'disable_parallel_tool_use', 'tool_choice'],
  ...['prompt_cache_key', 'prompt_cache_retention', 'safety_identifier', 'user', 'metadata'],
  ...['service_tier', 'store', 'include', 'response_format', 'output_config', 'output_format'],
  ...['context_management', 'safeguards', 'container', 'mcp_servers', 'inference_geo', 'speed'],
  ...['strict', 'defer_loading', 'eager_input_streaming', 'input_examples', 'allowed_callers'],
  ...['scope', 'ttl', 'display', 'block_binding', 'citations', 'caller', 'is_error'],
]

/** The output limit has two names, of which a server may know one. */
const OTHER_NAME: Readonly<Record<string, string>> = {
  max_tokens: 'max_completion_tokens',
  max_completion_tokens: 'max_tokens',
}

/** "Extra inputs are not permitted" (Anthropic, pydantic), "Unrecognized request argument" (OpenAI), "Cannot find field" (Google). */
const UNKNOWN =
  /extra inputs|extra_forbidden|unknown|unrecogni[sz]ed|unexpected|unsupported|additional propert|cannot find field|not? (be )?(support|permitted|allowed|recogni[sz]ed|accepted)|invalid argument/i
/** Of a field that is known, and refused beside another or for this model. */
const UNTAKEN =
  /deprecated|cannot both|unavailable|not (available|compatible)|may only be|must be (unset|verified)|or unset|no longer|must not/i
/** A tool cannot be forced while the model thinks: the tool stays. */
const THINKING = /thinking/i

/** Names that an error may hold without speaking of a field. */
const isPlain = (name: string): boolean => /^[a-z]+$/.test(name) && name !== 'temperature'

/** The name at the end of a path or by itself: "tools.0.custom.strict", "'top_k'". */
function patternOf(name: string): RegExp {
  const plain = String.raw`(?:["'\x60[]|\w[.\]]|\]\.)${name}(?=["'\x60:\]]|\s|$)|(?:^|: )${name}(?=:|$)`
  const clear = String.raw`(?<![\w-])${name}(?![\w-]|[.[]+\w)`
  // bounded: a fixed name between single characters
  return new RegExp(isPlain(name) ? plain : clear)
}

interface Refusable {
  /** Dotted: this place and no other. */
  readonly name: string
  readonly pattern: RegExp
}

const PATTERNS: readonly Refusable[] = [
  ...[...DISPENSABLE, ...Object.keys(OTHER_NAME)].map((name) => ({
    name,
    pattern: patternOf(name),
  })),
  // "Your organization must be verified to generate reasoning summaries."
  { name: 'reasoning.summary', pattern: /reasoning[. ]summar/i },
]

/** A field that a body can do without. */
interface Field {
  readonly name: string
  /** Whether a server that refuses it refuses it of every request. */
  readonly isLasting: boolean
}

/** The fields of the body that a server refuses, the likeliest first. */
export function refusedFields(body: object, refusal: Refusal): readonly Field[] {
  const { message, remainingTokens } = refusal
  if (!isInvalid(refusal) || remainingTokens !== undefined) return []
  const isUnknown = UNKNOWN.test(message)
  if (!isUnknown && !UNTAKEN.test(message)) return []
  const isThinking = THINKING.test(message)
  const named = PATTERNS.flatMap(({ name, pattern }) => {
    const at = message.search(pattern)
    return at === -1 ? [] : [{ name, at }]
  })
  // Of two that exclude each other the second goes; of others the first is what the server met.
  const order = /cannot both/i.test(message) ? -1 : 1
  return named
    .filter(({ name }) => (isOutputLimit(name) ? isUnknown : name !== TOOL_CHOICE || !isThinking))
    .sort((a, b) => order * (a.at - b.at))
    .map(({ name }) => ({ name, isLasting: name !== TOOL_CHOICE && (isUnknown || !isThinking) }))
    .filter(({ name }) => withoutField(body, name) !== body)
}

/** Without it another tool may be called, or none: that is the answer's matter, not the server's. */
const TOOL_CHOICE = 'tool_choice'

/** Whether the field goes on under its other name. */
export function isOutputLimit(name: string): boolean {
  return Object.hasOwn(OTHER_NAME, name)
}

/** The body without any field of this name that the API may read; the very same object if there is none. */
export function withoutField(body: object, name: string): object {
  const other = OTHER_NAME[name]
  const [parent, field] = name.split('.')
  if (field !== undefined && parent !== undefined) return withoutInner(body, parent, field)
  if (other === undefined) return without(body, name) as object
  if (!Object.hasOwn(body, name)) return body
  const { [name]: limit, ...rest } = body as Record<string, unknown>
  return { ...rest, [other]: limit }
}

function withoutInner(body: object, parent: string, field: string): object {
  const outer: unknown = Reflect.get(body, parent)
  if (typeof outer !== 'object' || outer === null || !Object.hasOwn(outer, field)) return body
  const left = Object.entries(outer).filter(([key]) => key !== field)
  return { ...body, [parent]: Object.fromEntries(left) as object }
}

/** The body without those of these that are fields, and which of them it had. */
export function withoutFields(
  body: object,
  names: readonly string[],
): { readonly body: object; readonly dropped: readonly string[] } {
  let left = body
  const dropped: string[] = []
  for (const name of names) {
    if (!PATTERNS.some((field) => field.name === name)) continue
    const bare = withoutField(left, name)
    if (bare !== left) dropped.push(name)
    left = bare
  }
  return { body: left, dropped }
}

/** What the user's tools define, or a model wrote: these are not fields of the API. */
const FOREIGN: ReadonlySet<string> = new Set([
  ...['input_schema', 'inputSchema', 'parameters', 'parametersJsonSchema', 'json_schema'],
  ...['schema', 'responseSchema', 'responseJsonSchema', 'input_examples', 'json'],
  ...['arguments', 'args', 'response', 'source'],
])

function without(value: unknown, name: string): unknown {
  if (Array.isArray(value)) {
    const items: unknown[] = value.map((item) => without(item, name))
    return items.every((item, at) => item === value[at]) ? value : items
  }
  if (typeof value !== 'object' || value === null) return value
  const fields = Object.entries(value)
  const kept = fields.flatMap(([key, inner]): [string, unknown][] =>
    key === name ? [] : [[key, isForeign(key, inner) ? inner : without(inner, name)]],
  )
  const isSame =
    kept.length === fields.length && kept.every(([, inner], at) => inner === fields[at]?.[1])
  return isSame ? value : Object.fromEntries(kept)
}

/** `input` is a list of items in Responses, and what a tool is given elsewhere. */
function isForeign(key: string, value: unknown): boolean {
  return FOREIGN.has(key) || (key === 'input' && !Array.isArray(value))
}

// --- Prompt cache ---

/** Marks of the prompt cache that a server does not know, or takes fewer of. */
export const CACHE_RULES: readonly Rule[] = [
  {
    without: 'cache_control.more',
    isLasting: true,
    isRefused: ({ message }) => TOO_MANY_MARKS.test(message),
    bare: withFewMarks,
  },
  { without: 'cache_control', isLasting: true, isRefused: isCacheRefused, bare: withoutMarks },
]

/** A relay sets marks beside the client's, and the API counts all of them. */
const TOO_MANY_MARKS = /maximum of \d+ blocks with cache_control/i
/** A mark in a wrong place, or of an hour behind one of five minutes: a matter of this conversation. */
const MISPLACED_MARK = /cannot be set|must not come|must come/i

function isCacheRefused(refusal: Refusal): boolean {
  const { message } = refusal
  if (!isInvalid(refusal) || TOO_MANY_MARKS.test(message) || MISPLACED_MARK.test(message))
    return false
  return /cache_control/i.test(message)
}

function withoutMarks(request: MessagesRequest): MessagesRequest {
  return withoutField(request, 'cache_control') as MessagesRequest
}

/** With the last mark of the system prompt and the last of the messages. */
function withFewMarks(request: MessagesRequest): MessagesRequest {
  const bare = withoutMarks(request)
  const { system } = bare
  const messages = [...bare.messages]
  const at = request.messages.findLastIndex(({ content }) => lastMark(content) !== -1)
  const [marked, plain] = [request.messages[at], messages[at]]
  if (marked && plain) {
    messages[at] = { ...plain, content: withLastMark(plain.content, marked.content) }
  }
  const few = {
    ...bare,
    ...(system === undefined ? {} : { system: withLastMark(system, request.system) }),
    messages,
  }
  return JSON.stringify(few) === JSON.stringify(request) ? request : few
}

/** The index of the last block with a mark; -1 if there is none. */
function lastMark(content: Content | undefined): number {
  return blocksOf(content).findLastIndex((block) => 'cache_control' in block)
}

function withLastMark(plain: Content, marked: Content | undefined): Content {
  const at = lastMark(marked)
  const [block, mark] = [blocksOf(plain)[at], blocksOf(marked)[at]?.['cache_control']]
  if (typeof plain === 'string' || block === undefined) return plain
  return plain.with(at, { ...block, cache_control: mark })
}
