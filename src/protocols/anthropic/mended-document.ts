import { GatewayError } from '../../messages/error.ts'
import { type Block, isContent } from '../../messages/request.ts'
import { argumentsObject } from '../tools.ts'
import { inputsOf } from './repair-block.ts'
import {
  type AnyMessage,
  filledUsage,
  isFailure,
  type RepairParts,
  stopReasonOf,
  toolIdChooser,
} from './repair-message.ts'

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
  const blocks = content.flatMap((block) => mendedBlocks(block, idFor, parts.provider))
  const reason = stopReasonOf(
    said,
    content.some(({ type }) => type === 'tool_use'),
  )
  const isCounted = typeof usage?.input_tokens === 'number'
  const isSame =
    blocks.length === content.length && blocks.every((block, at) => block === content[at])
  if (isSame && isCounted && reason === said) return document
  const counted = isCounted ? usage : filledUsage(usage, parts)
  return { ...document, content: blocks, stop_reason: reason, usage: counted }
}

function mendedBlocks(
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
  const isObject = typeof input === 'object' && input !== null && !Array.isArray(input)
  if (isObject) return [chosen(block, idFor(id))]
  return inputsOf(input).map((one, at) => ({
    ...chosen(block, idFor(at === 0 ? id : '')),
    input: argumentsObject(one),
  }))
}

function chosen(block: Block, id: string): Block {
  return id === block['id'] ? block : { ...block, id }
}
