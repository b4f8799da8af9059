/**
 * Prepares the client's request for an upstream that speaks the Messages API: Anthropic, a host of
 * Claude, or another vendor.
 */

import { withText } from '../../lib/json-span.ts'
import { withChangesApplied } from '../../messages/applied-changes.ts'
import { SIGNATURE_PREFIX } from '../../messages/reasoning-signature.ts'
import { reasoningOf } from '../../messages/reasoning.ts'
import type { Refusal } from '../../messages/refusal.ts'
import { withoutBlocks } from '../../messages/refused-messages.ts'
import type { Block, Message, MessagesRequest, Tool } from '../../messages/request.ts'
import {
  claudeVersion,
  needsThinkingBack,
  takesSchema,
  thinkingFields,
  thinkingOffFields,
} from '../claude.ts'
import type { Target } from '../protocol.ts'
import { reportReasoning } from '../reasoning.ts'
import { outputLimit } from '../request-fields.ts'
import { isForeignResult, foreignSearchesAsText } from '../server-tools.ts'
import { type IdShape, shapedId } from '../tools.ts'
import { CLAUDE_HOSTS, type ClaudeHost } from './hosts.ts'
import { compatible, withoutAnthropicOnly, withoutSystemTurns } from './request-compatible.ts'
import type { Dialect, Forwarded, Original } from './types.ts'

/**
 * The client's request for an upstream that speaks the Messages API: the client's bytes with the model
 * replaced, or a body in the terms that the endpoint of another vendor or host knows.
 */
export function forward(given: Original, target: Target, dialect: Dialect): Forwarded {
  const request =
    target.can?.images === false ? withoutBlocks(given.request, 'image') : given.request
  if (request === given.request) return forwardVisible(given, target, dialect)
  const { headers } = given
  const forwarded = forwardVisible({ request, headers }, target, dialect)
  return { ...forwarded, dropped: ['messages.image', ...forwarded.dropped] }
}

function forwardVisible(original: Original, target: Target, dialect: Dialect): Forwarded {
  if (dialect === 'anthropic') {
    return { ...patched(original, target.model), headers: original.headers }
  }
  const request = withChangesApplied(original.request)
  const settled = request === original.request ? original : { request, headers: original.headers }
  switch (dialect) {
    case 'unknown':
      return forwardUnknown(settled, target)
    case 'compatible':
      return forwardCompatible(settled, target)
    default:
      return hosted(settled, target, CLAUDE_HOSTS[dialect])
  }
}

function forwardUnknown(original: Original, target: Target): Forwarded {
  const { bytes, headers } = original
  const isClaude = claudeVersion(target.model) !== undefined
  const plain = withoutAnthropicOnly(original.request, isClaude)
  const request = withinLimit(withoutSystemTurns(plain.request, target.model), target)
  const same = request === original.request
  const { body, dropped } = patched(
    { bytes: same ? bytes : undefined, request },
    target.model,
    !isClaude,
  )
  return { body, headers, dropped: [...plain.dropped, ...dropped] }
}

/** The request with the output limit of its target, where it asks for more; else the very same. */
function withinLimit(request: MessagesRequest, target: Target): MessagesRequest {
  const limit = outputLimit(request, target)
  return limit === request.max_tokens || limit === undefined
    ? request
    : { ...request, max_tokens: limit }
}

function forwardCompatible({ request, headers }: Original, target: Target): Forwarded {
  const adapted = compatible(request, target.model)
  const betas = betasIn(headers, OLD_BETAS)
  const limit = outputLimit(request, target)
  return {
    body: JSON.stringify({
      ...adapted.request,
      model: target.model,
      ...(limit === undefined ? {} : { max_tokens: limit }),
    }),
    headers: betas.headers,
    dropped: [...adapted.dropped, ...betas.dropped],
  }
}

// --- Anthropic ---

/**
 * The client's bytes with the model replaced. The body is written anew only if Anthropic would refuse
 * one of its blocks: thinking without its signature, or with ccr's envelope around another vendor's; a
 * search that ccr wrote; a tool id in another shape. Such thinking is dropped and reported, the others
 * are rewritten.
 * @param unsigned whether thinking without a signature is kept: models other than Claude sign nothing,
 * and their servers accept it.
 */
export function patched(
  { bytes, request }: Pick<Original, 'bytes' | 'request'>,
  model: string,
  unsigned = false,
): Pick<Forwarded, 'body' | 'dropped'> {
  const isForeign = unsigned ? hasEnvelope : isForeignThinking
  if (request.messages.some((message) => isRefused(message, isForeign))) {
    const dropped = new Set<string>()
    const messages = withAcceptedState(request.messages, dropped, isForeign)
    return { body: JSON.stringify({ ...request, model, messages }), dropped: [...dropped] }
  }
  // To write 50 KB of text anew takes longer than everything else here.
  const spliced = bytes && withText(bytes, ['model'], model)
  return { body: spliced ?? JSON.stringify({ ...request, model }), dropped: [] }
}

function isRefused({ content }: Message, isForeign: (block: Block) => boolean): boolean {
  if (typeof content === 'string') return false
  return content.some(
    (block) => isForeign(block) || isForeignResult(block) || withValidId(block) !== block,
  )
}

/** The messages without the thinking blocks that Claude refuses, and with tool ids that it accepts. */
function withAcceptedState(
  messages: readonly Message[],
  dropped: Set<string>,
  isForeign = isForeignThinking,
): readonly Message[] {
  return messages.flatMap((message) => {
    if (typeof message.content === 'string') return [message]
    const kept = message.content.filter((block) => !isForeign(block))
    const content = foreignSearchesAsText(kept)
    if (content.length < message.content.length) dropped.add('assistant.thinking')
    return content.length === 0 && message.content.length > 0
      ? []
      : [{ ...message, content: content.map(withValidId) }]
  })
}

function hasEnvelope({ type, signature }: Block): boolean {
  return (
    type === 'thinking' && typeof signature === 'string' && signature.startsWith(SIGNATURE_PREFIX)
  )
}

function isForeignThinking(block: Block): boolean {
  if (block.type !== 'thinking') return false
  const signature = block['signature']
  return typeof signature !== 'string' || signature === '' || signature.startsWith(SIGNATURE_PREFIX)
}

/** "String should match pattern '^[a-zA-Z0-9_-]+$'" */
const ID: IdShape = { fits: /^[a-zA-Z0-9_-]+$/, length: 24 }

/** The field of a block that holds a tool id. */
const ID_FIELD: Readonly<Record<string, string | undefined>> = {
  tool_use: 'id',
  tool_result: 'tool_use_id',
}

function withValidId(block: Block): Block {
  const field = ID_FIELD[block.type]
  const id = field === undefined ? undefined : block[field]
  if (field === undefined || typeof id !== 'string' || ID.fits.test(id)) return block
  return { ...block, [field]: shapedId(id, ID) }
}

// --- Hosts of Claude ---

/**
 * The client's request for Claude at another host than Anthropic: as for a compatible API, limited to
 * what this host and this version of Claude accept. `cache_control` stays.
 */
function hosted(original: Original, target: Target, host: ClaudeHost): Forwarded {
  const { request, headers } = original
  const { request: adapted, dropped: unsupported } = compatible(request, target.model)
  const dropped = new Set(unsupported)
  const betas = betasIn(headers, host.betas)
  const messages = withAcceptedState(adapted.messages, dropped)
  const body = {
    ...keptFields(adapted, host, dropped),
    messages,
    max_tokens: outputLimit(adapted, target),
    ...toolFields(adapted, host, dropped),
    ...modelFields(adapted, { messages, target, dropped }),
    ...(host.version === undefined
      ? { model: target.model }
      : { anthropic_version: host.version, model: undefined, stream: undefined }),
    ...(host.betasInBody && betas.known.length > 0 ? { anthropic_beta: betas.known } : {}),
  }
  return {
    body: JSON.stringify(body),
    headers: host.betasInBody ? betas.others : betas.headers,
    dropped: [...dropped, ...betas.dropped],
  }
}

function keptFields(adapted: MessagesRequest, host: ClaudeHost, dropped: Set<string>): object {
  const fields = Object.entries(adapted).filter(([field]) => {
    if (!host.without.has(field)) return true
    dropped.add(field)
    return false
  })
  return Object.fromEntries(fields)
}

/** The tools without those that the host would have to run and cannot. */
function toolFields({ tools }: MessagesRequest, host: ClaudeHost, dropped: Set<string>): object {
  if (tools === undefined) return {}
  const offered = tools.filter((tool) => {
    const runs = tool.type === undefined || tool.type === 'custom' || isRunBy(tool, host)
    if (!runs) dropped.add(`tools.${tool.type ?? tool.name}`)
    return runs
  })
  if (offered.length > 0) return { tools: offered.map(plainTool) }
  return { tools: undefined, tool_choice: undefined }
}

/** Anthropic's tools that the client runs itself (`bash_…`, `text_editor_…`) are accepted everywhere. */
function isRunBy({ type = '' }: Tool, host: ClaudeHost): boolean {
  if (/^(web_|code_execution|mcp_|tool_search|advisor)/.test(type)) {
    return host.search && type.startsWith('web_search')
  }
  return true
}

function plainTool(tool: Tool): Tool {
  const fields = Object.entries(tool).filter(([field]) => field !== 'eager_input_streaming')
  return { ...Object.fromEntries(fields), name: tool.name }
}

interface Adapted {
  readonly messages: readonly Message[]
  readonly target: Target
  readonly dropped: Set<string>
}

/** Thinking, effort and output schema, as far as this version of Claude knows them. */
function modelFields(request: MessagesRequest, adapted: Adapted): object {
  const { target, dropped } = adapted
  const version = claudeVersion(target.model) ?? 0
  const { thinking, output_config: effort } = reasoningFields(request, adapted, version)
  return { thinking, output_config: outputConfig(request, { version, effort, dropped }) }
}

interface ReasoningFields {
  readonly thinking?: object
  readonly output_config?: object
}

function reasoningFields(
  request: MessagesRequest,
  { messages, target, dropped }: Adapted,
  version: number,
): ReasoningFields {
  const reasoning = reasoningOf(request)
  if (reasoning.mode === 'off') {
    const fields: ReasoningFields = thinkingOffFields(target.model)
    // A model that thinks always does so although it should not.
    if (fields.output_config !== undefined) dropped.add('thinking')
    else if (reasoning.effort !== undefined) dropped.add('output_config.effort')
    return fields
  }
  const canThink = !(needsThinkingBack(version) && lacksThinking(messages))
  const most = outputLimit(request, target)
  const fields: ReasoningFields = canThink ? thinkingFields(version, reasoning, most) : {}
  if (fields.thinking === undefined) {
    if (reasoning.mode !== undefined) reportReasoning({ ...reasoning, effort: undefined }, dropped)
    const isLost = fields.output_config === undefined && reasoning.effort !== undefined
    if (isLost) dropped.add('output_config.effort')
  }
  return fields
}

interface Output {
  readonly version: number
  readonly effort: object | undefined
  readonly dropped: Set<string>
}

function outputConfig(request: MessagesRequest, { version, effort, dropped }: Output): unknown {
  const { format } = (request['output_config'] ?? {}) as { format?: object | null }
  if (format && !takesSchema(version)) dropped.add('output_config.format')
  const config = { ...effort, ...(format && takesSchema(version) ? { format } : {}) }
  return Object.keys(config).length === 0 ? undefined : config
}

/** Whether the calls that the request answers lack the thinking before them. */
function lacksThinking(messages: readonly Message[]): boolean {
  const last = messages.findLast(({ role }) => role === 'assistant')
  if (last === undefined || typeof last.content === 'string') return false
  const calls = last.content.some(({ type }) => type === 'tool_use')
  return calls && !/thinking$/.test(last.content[0]?.type ?? '')
}

// --- Betas ---

const BETA_HEADER = 'anthropic-beta'

/** Betas that change nothing, or that the endpoints of other vendors have long accepted. */
const OLD_BETAS: ReadonlySet<string> = new Set([
  'claude-code-20250219',
  'interleaved-thinking-2025-05-14',
  'fine-grained-tool-streaming-2025-05-14',
  'prompt-caching-2024-07-31',
  'token-counting-2024-11-01',
])

interface Betas {
  readonly known: readonly string[]
  /** The headers with only the known ones in `anthropic-beta`. */
  readonly headers: Readonly<Record<string, string>>
  /** The headers without `anthropic-beta`. */
  readonly others: Readonly<Record<string, string>>
  /** The other betas, as `x-ccr-dropped` names them. */
  readonly dropped: readonly string[]
}

/** Splits the client's betas into those that an endpoint knows and the others. */
function betasIn(headers: Readonly<Record<string, string>>, accepted: ReadonlySet<string>): Betas {
  const { [BETA_HEADER]: list = '', ...others } = headers
  const betas = list.split(',').flatMap((beta) => beta.trim() || [])
  const known = betas.filter((beta) => accepted.has(beta))
  return {
    known,
    headers: known.length === 0 ? others : { ...others, [BETA_HEADER]: known.join(',') },
    others,
    dropped: betas.filter((beta) => !accepted.has(beta)).map((beta) => `${BETA_HEADER}.${beta}`),
  }
}

/**
 * The betas that a server refuses: those that it names, or all if it names none. "invalid beta
 * flag" (Bedrock), "Unexpected value(s) `…` for the `anthropic-beta` header" (Anthropic, Vertex)
 */
export function refusedBetas(
  headers: Readonly<Record<string, string>>,
  refusal: Refusal,
): readonly string[] {
  const { kind, message } = refusal
  if (kind !== 'invalid_request_error' || !REFUSED_BETA.test(message)) return []
  const { dropped } = betasIn(headers, NO_BETAS)
  const named = dropped.filter((name) => message.includes(name.slice(BETA_HEADER.length + 1)))
  return named.length > 0 ? named : dropped
}

const REFUSED_BETA = /invalid beta|unsupported beta|anthropic[-_]beta/i
const NO_BETAS: ReadonlySet<string> = new Set()

/** The headers without these betas, as `refusedBetas` names them, and which of them they had. */
export function withoutBetas(
  headers: Readonly<Record<string, string>>,
  names: readonly string[],
): Pick<Betas, 'headers' | 'dropped'> {
  const { dropped: all } = betasIn(headers, NO_BETAS)
  const accepted = all.filter((name) => !names.includes(name))
  if (accepted.length === all.length) return { headers, dropped: [] }
  return betasIn(headers, new Set(accepted.map((name) => name.slice(BETA_HEADER.length + 1))))
}
