import { GatewayError } from '../../messages/error.ts'
import { isContent } from '../../messages/request.ts'
import type { Block } from '../../messages/request.ts'
import { blockShape } from './repair-block.ts'
import { filledUsage, isFailure, stopReasonOf, toolIdChooser } from './repair-message.ts'
import type { AnyMessage, RepairParts } from './repair-message.ts'

/**
 * A whole answer of a Messages API that another maker than Anthropic built, put right as a stream of
 * it is; the very same where nothing is wrong with it.
 * @throws GatewayError for an answer that failed, or a call without a name.
 */
export function mendedDocument<T extends AnyMessage>(document: T, parts: RepairParts): T {
  const { content, usage, stop_reason: said } = document
  if (!isContent(content) || typeof content === 'string') return document
  if (isFailure(said)) {
    const text = `${parts.provider} broke off its answer (stop reason "${String(said)}").`
    throw new GatewayError('api_error', text, { status: 502 })
  }
  const idFor = toolIdChooser(parts)
  const blocks = content.map((block) => mendedBlock(block, idFor, parts.provider))
  const reason = stopReasonOf(
    said,
    content.some(({ type }) => type === 'tool_use'),
  )
  const isCounted = typeof usage?.input_tokens === 'number'
  const isSame = blocks.every((block, at) => block === content[at])
  if (isSame && isCounted && reason === said) return document
  const counted = isCounted ? usage : filledUsage(usage, parts)
  return { ...document, content: blocks, stop_reason: reason, usage: counted }
}

function mendedBlock(block: Block, idFor: (id: unknown) => string, provider: string): Block {
  if (block.type !== 'tool_use') return block
  const { started, input } = blockShape(block, idFor, provider)
  const isObject = typeof block['input'] === 'object' && block['input'] !== null
  if (started['id'] === block['id'] && isObject && !Array.isArray(block['input'])) return block
  return { ...started, input: input ?? {} }
}
