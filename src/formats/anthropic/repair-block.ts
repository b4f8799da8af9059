import { GatewayError } from '../../messages/error.ts'
import { isWholeObject } from '../../messages/block.ts'
import type { Block } from '../../messages/request.ts'
import { argumentsObject } from '../tools.ts'
import type { AnyDelta, AnyEvent } from './repair-message.ts'

/** One content block of an answer that is being put right. */
export interface RepairedBlock {
  readonly kind: string
  /** As the server named it, before a repeated one was replaced. */
  readonly id: unknown
  /** The server's index and the client's. */
  readonly upstream: number
  readonly index: number
  /** A call's input that stood in its start, where the client does not look. */
  readonly input: object | undefined
  /** What came in pieces beside it. */
  args: string
  /** State that stood in the start and has not come in a piece since. */
  signature: string
  hasContent: boolean
  stopped: boolean
  /** Events that wait for an earlier block to end. */
  readonly pending: AnyEvent[]
}

export interface BlockShape extends Omit<
  RepairedBlock,
  'upstream' | 'index' | 'pending' | 'stopped'
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

/**
 * A block as it is started: empty, with an id that no other call has.
 * @throws GatewayError for a call without a name.
 */
export function blockShape(
  block: Block,
  idFor: (id: unknown) => string,
  provider: string,
): BlockShape {
  const base = {
    kind: block.type,
    id: block['id'],
    input: undefined,
    args: '',
    signature: '',
    hasContent: false,
    started: block,
    first: [],
  }
  switch (block.type) {
    case 'text':
      return { ...base, ...emptied(block, 'text') }
    case 'thinking':
      return { ...base, ...thoughtShape(block) }
    default:
      return isCall(block.type) ? { ...base, ...callShape(block, idFor, provider) } : base
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
  provider: string,
): Pick<BlockShape, 'started' | 'input'> {
  if (typeof block['name'] !== 'string' || block['name'] === '') {
    throw new GatewayError('api_error', `${provider} sent a tool call without a name.`, {
      status: 502,
    })
  }
  const id = block.type === 'tool_use' ? idFor(block['id']) : block['id']
  const { input } = block
  const isEmpty = isEmptyObject(input)
  const started = id === block['id'] && isEmpty ? block : { ...block, id, input: {} }
  const isSaid = !isEmpty && input !== undefined && input !== null && input !== ''
  return { started, input: isSaid ? argumentsObject(input) : undefined }
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
    const isRepeated = isWholeObject(args) && args.trim() !== '{}'
    const whole = isRepeated ? args : JSON.stringify(input)
    return [{ type: 'input_json_delta', partial_json: whole } as AnyDelta]
  }
  return signature === '' ? [] : [{ type: 'signature_delta', signature } as AnyDelta]
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
  return Object.keys(FIELDS).find((type) => typeof fields[FIELDS[type] ?? ''] === 'string')
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
