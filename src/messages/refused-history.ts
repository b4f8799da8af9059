import type { GatewayError } from './error.ts'
import { blocksOf, isContent } from './request.ts'
import type { Block, Message, MessagesRequest } from './request.ts'
import type { SecondTry } from './without.ts'

/**
 * "`tool_use` ids were found without `tool_result` blocks immediately after", "unexpected `tool_use_id`
 * found in `tool_result` blocks", "each tool_use must have a single result", "text content blocks must
 * be non-empty": a client that was interrupted sends such a conversation for good.
 */
const REFUSED =
  /tool_use.{1,80}tool_result|tool_use_id|each tool_use|must be non-empty|must have non-empty content|text\.text: field required/i

/** The request with one result for each call and no empty text; undefined where the error is about something else. */
export function refusedHistory(
  request: MessagesRequest,
  { kind, message }: GatewayError,
): SecondTry | undefined {
  if (kind !== 'invalid_request_error' || !REFUSED.test(message)) return undefined
  const mended = withMendedHistory(request)
  return mended === request ? undefined : { request: mended, without: 'messages.history' }
}

/** The very same request where nothing is to be mended. */
export function withMendedHistory(request: MessagesRequest): MessagesRequest {
  const turns: Message[] = []
  let open: readonly string[] = []
  for (const message of request.messages) {
    if (message.role === 'system') {
      turns.push(message)
      continue
    }
    const blocks = blocksOf(message.content).filter(
      ({ type, text }) => type !== 'text' || text !== '',
    )
    if (message.role === 'assistant' && open.length > 0) turns.push(answered([], open))
    const turn =
      message.role === 'assistant' ? { ...message, content: blocks } : answered(blocks, open)
    open = message.role === 'assistant' ? callsIn(blocks) : []
    if (turn.content.length > 0) turns.push(turn)
  }
  if (open.length > 0) turns.push(answered([], open))
  const mended = { ...request, messages: turns }
  return JSON.stringify(inBlocks(mended)) === JSON.stringify(inBlocks(request)) ? request : mended
}

function inBlocks({ messages }: MessagesRequest): unknown {
  return messages.map(({ role, content }) => [role, blocksOf(content)])
}

function callsIn(blocks: readonly Block[]): readonly string[] {
  return blocks.flatMap(({ type, id }) =>
    type === 'tool_use' && typeof id === 'string' ? [id] : [],
  )
}

/** A user's turn that begins with one result for each call; a result of no call is said as text. */
function answered(blocks: readonly Block[], calls: readonly string[]): Message {
  const results = calls.map(
    (id) =>
      blocks.find((block) => block.type === 'tool_result' && block['tool_use_id'] === id) ?? {
        type: 'tool_result',
        tool_use_id: id,
        content: '(no result)',
        is_error: true,
      },
  )
  const others = blocks.flatMap((block) => {
    if (block.type !== 'tool_result') return [block]
    return calls.includes(String(block['tool_use_id'])) ? [] : saidIn(block)
  })
  return { role: 'user', content: [...results, ...others] }
}

function saidIn(result: Block): readonly Block[] {
  const content = result['content']
  return isContent(content) ? blocksOf(content) : []
}
