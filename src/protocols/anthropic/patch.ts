import { withText } from '../../lib/json-span.ts'
import { SIGNATURE_PREFIX } from '../../messages/reasoning-signature.ts'
import type { Block, Message } from '../../messages/request.ts'
import { isForeignResult, foreignSearchesAsText } from '../server-tools.ts'
import { type IdShape, shapedId } from '../tools.ts'
import type { Original } from './forwarded-request.ts'

/** The body for an Anthropic upstream, and what it goes without. */
export interface Patched {
  readonly body: string | Uint8Array
  readonly dropped: readonly string[]
}

/**
 * The client's own bytes with the model replaced. Only where Anthropic would refuse a block of them
 * (thinking without its signature or with our envelope around another vendor's, a search that ccr
 * wrote, a tool id in another shape) is the body made anew: such thinking is left out and named,
 * the others rewritten.
 * @param unsigned whether thinking without a signature goes back: that of models other than Claude has
 * none, and servers of them take it.
 */
export function patched(
  { bytes, request }: Pick<Original, 'bytes' | 'request'>,
  model: string,
  unsigned = false,
): Patched {
  const isForeign = unsigned ? hasEnvelope : isForeignThinking
  if (request.messages.some((message) => isRefused(message, isForeign))) {
    const dropped = new Set<string>()
    const messages = withAcceptedState(request.messages, dropped, isForeign)
    return { body: JSON.stringify({ ...request, model, messages }), dropped: [...dropped] }
  }
  // To make 50 KB of text anew takes longer than all the rest.
  const spliced = bytes && withText(bytes, ['model'], model)
  return { body: spliced ?? JSON.stringify({ ...request, model }), dropped: [] }
}

function isRefused({ content }: Message, isForeign: (block: Block) => boolean): boolean {
  if (typeof content === 'string') return false
  return content.some(
    (block) => isForeign(block) || isForeignResult(block) || shaped(block) !== block,
  )
}

/** The messages without the thinking blocks, and with other ids for those, that Claude refuses. */
export function withAcceptedState(
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
      : [{ ...message, content: content.map(shaped) }]
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

function shaped(block: Block): Block {
  const field = ID_FIELD[block.type]
  const id = field === undefined ? undefined : block[field]
  if (field === undefined || typeof id !== 'string' || ID.fits.test(id)) return block
  return { ...block, [field]: shapedId(id, ID) }
}
