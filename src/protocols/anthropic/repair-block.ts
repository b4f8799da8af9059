import {
  argumentsPiece,
  CallArguments,
  decodedArguments,
  splitArguments,
} from '../../messages/call-arguments.ts'
import { textOr } from '../../messages/sanitize.ts'
import { GatewayError } from '../../messages/error.ts'
import type { Block } from '../../messages/request.ts'
import { argumentsObject } from '../tools.ts'
import type { AnyDelta, AnyEvent } from './repair-message.ts'

/** One content block of an answer that is being put right. */
export interface RepairedBlock {
  readonly kind: string
  /** As the server named it, before a repeated one was replaced. */
  readonly id: unknown
  /** Of a call. */
  name: string
  /** The server's index and the client's. */
  readonly upstream: number
  readonly index: number
  /** A call's input that stood in its start, where the client does not look. */
  readonly input: object | undefined
  /** What came in pieces beside it; undefined for what is no call for the client. */
  args: CallArguments | undefined
  /** Pieces that it holds, as they came. */
  held: AnyEvent[]
  /** Arguments behind whole ones, until they show whether they are those of another call. */
  next: CallArguments | undefined
  /** Whether its name may go on, so that nothing can be told of it. */
  isHeld: boolean
  /** State that stood in the start and has not come in a piece since. */
  signature: string
  hasContent: boolean
  stopped: boolean
  /** Events that wait for an earlier block to end. */
  readonly pending: AnyEvent[]
}

export interface BlockShape extends Omit<
  RepairedBlock,
  'upstream' | 'index' | 'pending' | 'stopped' | 'held' | 'isHeld' | 'hasContent'
> {
  /** The block as it is to be started; the very same where it was right. */
  readonly started: Block
  /** Content that stood in the start. */
  readonly first: readonly AnyDelta[]
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
    started: block,
    first: [],
  }
  switch (block.type) {
    case 'text':
      return { ...base, ...emptied(block, 'text') }
    case 'thinking':
      return { ...base, ...thoughtShape(block) }
    default:
      return isCall(block.type) ? { ...base, ...callShape(block, idFor) } : base
  }
}

function thoughtShape(block: Block): Pick<BlockShape, 'started' | 'first' | 'signature'> {
  const { started, first } = emptied(block, 'thinking')
  const { signature } = block
  if (typeof signature !== 'string' || signature === '') return { started, first, signature: '' }
  return { started: { ...started, signature: '' }, first, signature }
}

function emptied(block: Block, field: 'text' | 'thinking'): Pick<BlockShape, 'started' | 'first'> {
  const content = block[field]
  if (content === '') return { started: block, first: [] }
  const isContent = typeof content === 'string'
  return {
    started: { ...block, [field]: '' },
    first: isContent ? [{ type: `${field}_delta`, [field]: content }] : [],
  }
}

function callShape(
  block: Block,
  idFor: (id: unknown) => string,
): Pick<BlockShape, 'started' | 'input' | 'args'> {
  const isClients = block.type === 'tool_use'
  const id = isClients ? idFor(block['id']) : block['id']
  const { input } = block
  const isEmpty = isEmptyObject(input)
  const started = id === block['id'] && isEmpty ? block : { ...block, id, input: {} }
  const args = isClients ? new CallArguments() : undefined
  const [said = '{}'] = isEmpty ? [] : inputsOf(input)
  return { started, input: said === '{}' ? undefined : argumentsObject(said), args }
}

/** The objects that stand in a call's input, as JSON text; some servers have such text there. */
export function inputsOf(input: unknown): readonly string[] {
  return splitArguments(argumentsPiece(input) || '{}')
}

function isEmptyObject(input: unknown): boolean {
  return (
    typeof input === 'object' &&
    input !== null &&
    !Array.isArray(input) &&
    Object.keys(input).length === 0
  )
}

/** What is still to be told of a block before its end. */
export function restOf({ input, args, signature }: RepairedBlock): readonly AnyDelta[] {
  if (input !== undefined) {
    const isRepeated = args?.isWhole === true && !args.isEmpty
    return [argumentsDelta(isRepeated ? decodedArguments(args.text) : JSON.stringify(input))]
  }
  return signature === '' ? [] : [{ type: 'signature_delta', signature } as AnyDelta]
}

export function argumentsDelta(text: string): AnyDelta {
  return { type: 'input_json_delta', partial_json: text } as AnyDelta
}

/** A piece of content. */
export interface ContentDelta {
  /** As it is told; the very same where it was right. */
  readonly wire: AnyDelta
  /** Its text; '' for a piece that is no text. */
  readonly text: string
}

const FIELDS: Readonly<Record<string, string>> = {
  text_delta: 'text',
  thinking_delta: 'thinking',
  input_json_delta: 'partial_json',
  signature_delta: 'signature',
}

/**
 * A piece with its type; undefined for one that says nothing.
 * @throws GatewayError for content that is no text.
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
  const field = Object.hasOwn(FIELDS, type) ? FIELDS[type] : undefined
  if (field === undefined) return { wire, text: '' }
  const text = fields[field]
  if (text === undefined || text === null) return undefined
  if (typeof text === 'string') return { wire, text }
  const message = `${provider} sent content that is no text.`
  throw new GatewayError('api_error', message, { status: 502 })
}

function typeByField(fields: Readonly<Record<string, unknown>>): string | undefined {
  return Object.entries(FIELDS).find(([, field]) => typeof fields[field] === 'string')?.[0]
}

const KINDS: Readonly<Record<string, (kind: string) => boolean>> = {
  text_delta: (kind) => kind === 'text',
  citations_delta: (kind) => kind === 'text',
  thinking_delta: (kind) => kind === 'thinking',
  signature_delta: (kind) => kind === 'thinking',
  input_json_delta: isCall,
}

/** Whether a piece can belong to a block; pieces of a kind that is not known go where they say. */
export function acceptsDelta({ kind }: RepairedBlock, { wire }: ContentDelta): boolean {
  const type = String(wire.type)
  return (Object.hasOwn(KINDS, type) ? KINDS[type]?.(kind) : undefined) ?? true
}

/** The same start once more, before any content. */
export function isRepeated(before: RepairedBlock, block: Block): boolean {
  if (before.hasContent || before.kind !== block.type) return false
  return !isCall(block.type) || !block['id'] || before.id === block['id']
}

/** The arguments in a piece. */
export function textIn({ delta }: AnyEvent): string {
  return textOr((delta as { partial_json?: unknown } | null | undefined)?.partial_json)
}

export function startOf(index: number, block: Block): AnyEvent {
  return { type: 'content_block_start', index, content_block: block }
}

export function deltaEvent(index: number, delta: AnyEvent['delta']): AnyEvent {
  return { type: 'content_block_delta', index, delta }
}
