import { blocksOf } from '../../messages/request.ts'
import type { MessagesRequest } from '../../messages/request.ts'
import { claudeVersion } from '../claude.ts'
import type { CachePoint, ConverseMessage } from './wire.ts'

/**
 * Checkpoints of the prompt cache: behind the tools, the system prompt and the newest two turns of
 * the user, so that each request finds what the one before it wrote. Four are the most that Bedrock
 * takes. Without any mark of the client's (`cache_control`) there are none.
 * https://docs.aws.amazon.com/bedrock/latest/userguide/prompt-caching.html
 */
export interface Checkpoints {
  readonly tools: readonly CachePoint[]
  readonly system: readonly CachePoint[]
  readonly marked: (messages: readonly ConverseMessage[]) => readonly ConverseMessage[]
}

const POINT: CachePoint = { cachePoint: { type: 'default' } }
const NONE: Checkpoints = { tools: [], system: [], marked: (messages) => messages }

export function checkpointsOf(request: MessagesRequest, model: string): Checkpoints {
  if (!isMarked(request)) return NONE
  if (caches(model)) return { tools: [POINT], system: [POINT], marked: markedBehind(() => true) }
  // "extraneous key [cachePoint] is not permitted" among its tools, and beside results and media.
  if (NOVA.test(model)) return { tools: [], system: [POINT], marked: markedBehind(isTextAlone) }
  return NONE
}

/** The first generation; of the second reports differ. */
const NOVA = /\bnova-(?:micro|lite|pro|premier)\b/

/** Claude from 3.7 on, and 3.5 Haiku; others refuse checkpoints. */
function caches(model: string): boolean {
  return (claudeVersion(model) ?? 0) >= 307 || /claude-3-5-haiku/.test(model)
}

function isMarked({ system, messages, tools = [] }: MessagesRequest): boolean {
  const blocks = [system, ...messages.map(({ content }) => content)].flatMap(blocksOf)
  return [...blocks, ...tools].some((one) => Boolean(one['cache_control']))
}

function isTextAlone({ content }: ConverseMessage): boolean {
  return content.every((block) => 'text' in block)
}

function markedBehind(takes: (message: ConverseMessage) => boolean): Checkpoints['marked'] {
  return (messages) => {
    const ends = messages.filter((message) => message.role === 'user' && takes(message)).slice(-2)
    return messages.map((message) =>
      message.role === 'user' && ends.includes(message)
        ? { ...message, content: [...message.content, POINT] }
        : message,
    )
  }
}
