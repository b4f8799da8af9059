/**
 * Repairs the parts of another vendor's answer: its start and end, its blocks and their deltas, and
 * whole answers.
 */

import { isObject } from '../../lib/json.ts'
import {
  argumentsPiece,
  CallArguments,
  decodedArguments,
  splitArguments,
} from '../../messages/call-arguments.ts'
import { GatewayError } from '../../messages/error.ts'
import type { FinalUsage } from '../../messages/events.ts'
import { type Block, isContent } from '../../messages/request.ts'
import { textOr } from '../../messages/sanitize.ts'
import { argumentsObject } from '../tools.ts'
import { isFailure, stopReasonOf } from './response.ts'
import type { AnyDelta, AnyEvent, AnyMessage } from './types.ts'

/** What a repair needs to know about the request. */
export interface RepairContext {
  readonly provider: string
  /** The model that the client requested. */
  readonly model: string
  readonly newMessageId: () => string
  /** A fresh id for a tool call whose id cannot be used. */
  readonly newToolId: () => string
  /** Tool ids of the conversation: the client drops calls whose id appears again. */
  readonly takenToolIds: Iterable<string>
  /** The names of the tools that the model was offered. */
  readonly toolNames?: Iterable<string>
  /** Input tokens for a `message_start` without usage. */
  readonly inputEstimate: number
}

// --- Start and end ---

/** Whether Anthropic's SDK accepts this start. */
export function isCompleteStart(message: AnyMessage | null | undefined): boolean {
  const { id, model, content, usage } = message ?? {}
  return (
    typeof id === 'string' &&
    typeof model === 'string' &&
    Array.isArray(content) &&
    content.length === 0 &&
    typeof usage?.input_tokens === 'number'
  )
}

export function completedStart(
  message: AnyMessage | null | undefined,
  parts: RepairContext,
): AnyEvent {
  const { id, usage } = message ?? {}
  const filled = {
    type: 'message',
    role: 'assistant',
    stop_sequence: null,
    ...message,
    model: parts.model,
    id: typeof id === 'string' ? id : parts.newMessageId(),
    content: [],
    stop_reason: null,
    usage: completedUsage(usage, parts),
  }
  return { type: 'message_start', message: filled }
}

function completedUsage(
  usage: Partial<FinalUsage> | null | undefined,
  { inputEstimate }: RepairContext,
): FinalUsage {
  const input = usage?.input_tokens ?? inputEstimate
  return { ...usage, input_tokens: input, output_tokens: usage?.output_tokens ?? 0 }
}

/** The event that ends an answer, with missing fields added. */
export function endEvent(event: AnyEvent, reason: unknown, outputTokens: number): AnyEvent {
  const delta = { stop_sequence: null, ...event.delta, stop_reason: reason ?? null }
  const output = event.usage?.output_tokens ?? outputTokens
  return { ...event, delta, usage: { ...event.usage, output_tokens: output } }
}

/** Gives each call its original id if no other call has it, and a fresh one otherwise. */
export function toolIdChooser({ takenToolIds, newToolId }: RepairContext): (id: unknown) => string {
  let taken: Set<string> | undefined
  return (id) => {
    taken ??= new Set(takenToolIds)
    const isUsable = typeof id === 'string' && id !== '' && !taken.has(id)
    const chosen = isUsable ? id : newToolId()
    taken.add(chosen)
    return chosen
  }
}

// --- Blocks ---

/** One content block of an answer under repair. */
export interface OpenBlock {
  readonly kind: string
  /** The server's id, before a repeated one was replaced. */
  readonly id: unknown
  /** The name of a call. */
  name: string
  /** The server's index, and the one that the client gets. */
  readonly upstream: number
  readonly index: number
  /** A call's input from its start, where the client does not read it. */
  readonly input: object | undefined
  /** Arguments that came in pieces; undefined for what is no call for the client. */
  args: CallArguments | undefined
  /** Held-back pieces as they came. */
  held: AnyEvent[]
  /** Arguments after complete ones, until they show whether they belong to another call. */
  next: CallArguments | undefined
  /** Whether its name may continue, so that nothing can be emitted yet. */
  isHeld: boolean
  /** A signature from the start that has not come in a piece since. */
  signature: string
  hasContent: boolean
  stopped: boolean
  /** Events that wait until an earlier block ends. */
  readonly pending: AnyEvent[]
}

interface BlockShape extends Omit<
  OpenBlock,
  'upstream' | 'index' | 'pending' | 'stopped' | 'held' | 'isHeld' | 'hasContent'
> {
  /** The block to start with; the very same object if it was correct. */
  readonly start: Block
  /** Content that was part of the start. */
  readonly startDeltas: readonly AnyDelta[]
}

const CALLS: ReadonlySet<string> = new Set(['tool_use', 'server_tool_use', 'mcp_tool_use'])

export function isCall(type: string): boolean {
  return CALLS.has(type)
}

/** A block as it is started: empty, with an id that no other call has. */
export function blockShape(block: Block, idFor: (id: unknown) => string): BlockShape {
  const base = {
    kind: block.type,
    id: block['id'],
    name: textOr(block['name']),
    input: undefined,
    args: undefined,
    next: undefined,
    signature: '',
    start: block,
    startDeltas: [],
  }
  switch (block.type) {
    case 'text':
      return { ...base, ...emptyShape(block, 'text') }
    case 'thinking':
      return { ...base, ...thinkingShape(block) }
    default:
      return isCall(block.type) ? { ...base, ...callShape(block, idFor) } : base
  }
}

function thinkingShape(block: Block): Pick<BlockShape, 'start' | 'startDeltas' | 'signature'> {
  const { start, startDeltas } = emptyShape(block, 'thinking')
  const { signature } = block
  if (typeof signature !== 'string' || signature === '')
    return { start, startDeltas, signature: '' }
  return { start: { ...start, signature: '' }, startDeltas, signature }
}

function emptyShape(
  block: Block,
  field: 'text' | 'thinking',
): Pick<BlockShape, 'start' | 'startDeltas'> {
  const content = block[field]
  if (content === '') return { start: block, startDeltas: [] }
  const isContent = typeof content === 'string'
  return {
    start: { ...block, [field]: '' },
    startDeltas: isContent ? [{ type: `${field}_delta`, [field]: content }] : [],
  }
}

function callShape(
  block: Block,
  idFor: (id: unknown) => string,
): Pick<BlockShape, 'start' | 'input' | 'args'> {
  const isClientTool = block.type === 'tool_use'
  const id = isClientTool ? idFor(block['id']) : block['id']
  const { input } = block
  const isEmpty = isEmptyObject(input)
  const start = id === block['id'] && isEmpty ? block : { ...block, id, input: {} }
  const args = isClientTool ? new CallArguments() : undefined
  const [inputText = '{}'] = isEmpty ? [] : inputsOf(input)
  return { start, input: inputText === '{}' ? undefined : argumentsObject(inputText), args }
}

/** The objects in a call's input, as JSON text; some servers send text there. */
function inputsOf(input: unknown): readonly string[] {
  return splitArguments(argumentsPiece(input) || '{}')
}

function isEmptyObject(input: unknown): boolean {
  return isObject(input) && Object.keys(input).length === 0
}

/** What must still be emitted before the block's end. */
export function remainingDeltas({ input, args, signature }: OpenBlock): readonly AnyDelta[] {
  if (input !== undefined) {
    const isRepeated = args?.isWhole === true && !args.isEmpty
    return [argumentsDelta(isRepeated ? decodedArguments(args.text) : JSON.stringify(input))]
  }
  return signature === '' ? [] : [{ type: 'signature_delta', signature } as AnyDelta]
}

export function argumentsDelta(text: string): AnyDelta {
  return { type: 'input_json_delta', partial_json: text } as AnyDelta
}

// --- Deltas ---

/** A piece of content. */
export interface ContentDelta {
  /** The delta to emit; the very same object if it was correct. */
  readonly wire: AnyDelta
  /** Its text; '' for a piece without text. */
  readonly text: string
}

const DELTA_FIELD: Readonly<Record<string, string>> = {
  text_delta: 'text',
  thinking_delta: 'thinking',
  input_json_delta: 'partial_json',
  signature_delta: 'signature',
}

/**
 * A piece with its type; undefined for one without content.
 * @throws GatewayError if the content is not text.
 */
export function deltaOf(
  delta: AnyDelta | null | undefined,
  provider: string,
): ContentDelta | undefined {
  if (typeof delta !== 'object' || delta === null) return undefined
  const fields = delta as Readonly<Record<string, unknown>>
  const type = typeof delta.type === 'string' ? delta.type : typeByField(fields)
  if (type === undefined) return undefined
  const wire = type === delta.type ? delta : { ...delta, type }
  const field = Object.hasOwn(DELTA_FIELD, type) ? DELTA_FIELD[type] : undefined
  if (field === undefined) return { wire, text: '' }
  const text = fields[field]
  if (text === undefined || text === null) return undefined
  if (typeof text === 'string') return { wire, text }
  const message = `${provider} sent content that is no text.`
  throw new GatewayError('api_error', message, { status: 502 })
}

function typeByField(fields: Readonly<Record<string, unknown>>): string | undefined {
  return Object.entries(DELTA_FIELD).find(([, field]) => typeof fields[field] === 'string')?.[0]
}

const ACCEPTED_BY: Readonly<Record<string, (kind: string) => boolean>> = {
  text_delta: (kind) => kind === 'text',
  citations_delta: (kind) => kind === 'text',
  thinking_delta: (kind) => kind === 'thinking',
  signature_delta: (kind) => kind === 'thinking',
  input_json_delta: isCall,
}

/** Whether a piece can belong to a block; pieces of an unknown kind belong to the one they name. */
export function acceptsDelta({ kind }: OpenBlock, { wire }: ContentDelta): boolean {
  const type = String(wire.type)
  return (Object.hasOwn(ACCEPTED_BY, type) ? ACCEPTED_BY[type]?.(kind) : undefined) ?? true
}

/** Whether a start only repeats that of a block without content. */
export function isRepeated(before: OpenBlock, block: Block): boolean {
  if (before.hasContent || before.kind !== block.type) return false
  return !isCall(block.type) || !block['id'] || before.id === block['id']
}

/** The arguments in a delta event. */
export function argumentsIn({ delta }: AnyEvent): string {
  return textOr((delta as { partial_json?: unknown } | null | undefined)?.partial_json)
}

export function startEvent(index: number, block: Block): AnyEvent {
  return { type: 'content_block_start', index, content_block: block }
}

export function deltaEvent(index: number, delta: AnyEvent['delta']): AnyEvent {
  return { type: 'content_block_delta', index, delta }
}

// --- Whole answers ---

/**
 * A whole answer of another vendor's Messages API, repaired as a stream of it is; the very same object
 * if it is correct.
 * @throws GatewayError for a failed answer, or a call without a name.
 */
export function repairMessage<T extends AnyMessage>(document: T, parts: RepairContext): T {
  const { content, usage, stop_reason: given } = document
  if (!isContent(content) || typeof content === 'string') return document
  if (isFailure(given)) {
    const text = `${parts.provider} broke off its answer (stop reason "${String(given)}").`
    throw new GatewayError('api_error', text, { status: 502 })
  }
  const idFor = toolIdChooser(parts)
  const blocks = content.flatMap((block) => repairBlock(block, idFor, parts.provider))
  const reason = stopReasonOf(
    given,
    content.some(({ type }) => type === 'tool_use'),
  )
  const isCounted = typeof usage?.input_tokens === 'number'
  const isSame =
    blocks.length === content.length && blocks.every((block, at) => block === content[at])
  if (isSame && isCounted && reason === given) return document
  const counted = isCounted ? usage : completedUsage(usage, parts)
  return { ...document, content: blocks, stop_reason: reason, usage: counted }
}

function repairBlock(
  block: Block,
  idFor: (id: unknown) => string,
  provider: string,
): readonly Block[] {
  if (block.type !== 'tool_use') return [block]
  if (typeof block['name'] !== 'string' || block['name'] === '') {
    throw new GatewayError('api_error', `${provider} sent a tool call without a name.`, {
      status: 502,
    })
  }
  const { id, input } = block
  if (isObject(input)) return [withId(block, idFor(id))]
  return inputsOf(input).map((one, at) => ({
    ...withId(block, idFor(at === 0 ? id : '')),
    input: argumentsObject(one),
  }))
}

function withId(block: Block, id: string): Block {
  return id === block['id'] ? block : { ...block, id }
}
