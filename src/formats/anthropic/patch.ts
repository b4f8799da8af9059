import { topLevelSpan } from '../../lib/json-span.ts'
import type { Span } from '../../lib/json-span.ts'
import { ENVELOPE_PREFIX } from '../../messages/opaque.ts'
import type { Block, Message } from '../../messages/request.ts'
import { saidForeignSearches } from '../server-tools.ts'
import { shapedId } from '../tool-id.ts'
import type { IdShape } from '../tool-id.ts'
import type { Original } from './original.ts'

/** The body for an Anthropic upstream, and what it goes without. */
export interface Patched {
  readonly body: string | Uint8Array
  readonly dropped: readonly string[]
}

/**
 * The client's own bytes with the model replaced. Only where a scan finds a signature that Anthropic
 * refuses (an empty one, or our envelope around another vendor's reasoning) or a tool id that it
 * refuses is the body taken apart: those thinking blocks are left out and named, and those ids
 * rewritten.
 */
export function patched(
  { body, bytes, request }: Pick<Original, 'body' | 'bytes' | 'request'>,
  model: string,
): Patched {
  const hasForeign = /"signature"\s*:\s*""/.test(body) || body.includes(`"${ENVELOPE_PREFIX}`)
  if (hasForeign || request.messages.some(hasRefusedId)) {
    const dropped = new Set<string>()
    const messages = withAcceptedState(request.messages, dropped)
    return { body: JSON.stringify({ ...request, model, messages }), dropped: [...dropped] }
  }
  const span = topLevelSpan(body, 'model')
  if (span === undefined) return { body: JSON.stringify({ ...request, model }), dropped: [] }
  const spliced = bytes && withModel(bytes, { body, span }, model)
  if (spliced) return { body: spliced, dropped: [] }
  const renamed = body.slice(0, span.start) + JSON.stringify(model) + body.slice(span.end)
  return { body: renamed, dropped: [] }
}

/**
 * The bytes with another model: to encode 50 KB of text once more takes longer than all the rest.
 * Undefined where the span does not stand in the bytes as it does in the text (what is no UTF-8
 * was replaced in that).
 */
function withModel(
  bytes: Uint8Array,
  { body, span }: { readonly body: string; readonly span: Span },
  model: string,
): Uint8Array | undefined {
  const whole = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const start = Buffer.byteLength(body.slice(0, span.start))
  const old = Buffer.from(body.slice(span.start, span.end))
  const end = start + old.length
  if (!whole.subarray(start, end).equals(old)) return undefined
  const named = Buffer.from(JSON.stringify(model))
  return Buffer.concat([whole.subarray(0, start), named, whole.subarray(end)])
}

/** The messages without the thinking blocks, and with other ids for those, that Claude refuses. */
export function withAcceptedState(
  messages: readonly Message[],
  dropped: Set<string>,
): readonly Message[] {
  return messages.flatMap((message) => {
    if (typeof message.content === 'string') return [message]
    const kept = message.content.filter((block) => !isForeignThinking(block))
    const content = saidForeignSearches(kept)
    if (content.length < message.content.length) dropped.add('assistant.thinking')
    return content.length === 0 && message.content.length > 0
      ? []
      : [{ ...message, content: content.map(shaped) }]
  })
}

function isForeignThinking(block: Block): boolean {
  if (block.type !== 'thinking') return false
  const signature = block['signature']
  return typeof signature !== 'string' || signature === '' || signature.startsWith(ENVELOPE_PREFIX)
}

/** "String should match pattern '^[a-zA-Z0-9_-]+$'" */
const ID: IdShape = { fits: /^[a-zA-Z0-9_-]+$/, length: 24 }

/** The field of a block that holds a tool id. */
const ID_FIELD: Readonly<Record<string, string | undefined>> = {
  tool_use: 'id',
  tool_result: 'tool_use_id',
}

function hasRefusedId({ content }: Message): boolean {
  return typeof content !== 'string' && content.some((block) => shaped(block) !== block)
}

function shaped(block: Block): Block {
  const field = ID_FIELD[block.type]
  const id = field === undefined ? undefined : block[field]
  if (field === undefined || typeof id !== 'string' || ID.fits.test(id)) return block
  return { ...block, [field]: shapedId(id, ID) }
}
