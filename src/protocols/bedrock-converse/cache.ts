import { blocksOf, type MessagesRequest } from '../../messages/request.ts'
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
/** https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_CachePointBlock.html */
const HOUR: CachePoint = { cachePoint: { type: 'default', ttl: '1h' } }
const NONE: Checkpoints = { tools: [], system: [], marked: (messages) => messages }

export function checkpointsOf(
  request: MessagesRequest,
  model: string,
  dropped: Set<string>,
): Checkpoints {
  const lives = livesOf(request)
  const all = [...lives.tools, ...lives.system, ...lives.messages]
  if (all.length === 0) return NONE
  const claude = caches(model)
  if (!claude && !NOVA.test(model)) return NONE
  if (all.some((ttl) => !isServed(ttl, model))) dropped.add('cache_control.ttl')
  if (claude) {
    const points = pointsOf(takesHour(model) ? lives : USUAL)
    const marked = markedBehind(points.messages, () => true)
    return { tools: [points.tools], system: [points.system], marked }
  }
  // "extraneous key [cachePoint] is not permitted" among its tools, and beside results and media.
  return { tools: [], system: [POINT], marked: markedBehind(POINT, isTextAlone) }
}

/** The first generation; of the second reports differ. */
const NOVA = /\bnova-(?:micro|lite|pro|premier)\b/

/** Claude from 3.7 on, and 3.5 Haiku; others refuse checkpoints. */
function caches(model: string): boolean {
  return (claudeVersion(model) ?? 0) >= 307 || /claude-3-5-haiku/.test(model)
}

/**
 * Claude from 4.5 on; those before refuse the field ("Extra inputs are not permitted"), and so does
 * Nova: https://github.com/earendil-works/pi/pull/1570
 */
function takesHour(model: string): boolean {
  return (claudeVersion(model) ?? 0) >= 405
}

function isServed(ttl: unknown, model: string): boolean {
  return ttl === undefined || ttl === '5m' || (ttl === '1h' && takesHour(model))
}

/** How long the marked parts are to be kept (`ttl`), undefined for as long as usual. */
interface Lives {
  readonly tools: readonly unknown[]
  readonly system: readonly unknown[]
  readonly messages: readonly unknown[]
}

const USUAL: Lives = { tools: [], system: [], messages: [] }

function livesOf({ system, messages, tools = [] }: MessagesRequest): Lives {
  const blocks = messages.flatMap(({ content }) => blocksOf(content))
  return { tools: ttls(tools), system: ttls(blocksOf(system)), messages: ttls(blocks) }
}

function ttls(parts: readonly { readonly [field: string]: unknown }[]): readonly unknown[] {
  return parts
    .map((part) => part['cache_control'] as { readonly ttl?: unknown } | null | undefined)
    .flatMap((mark) => (mark ? [mark.ttl ?? undefined] : []))
}

/** Lives must not grow from tools over system to messages: the longest behind a point is its own. */
function pointsOf(lives: Lives): Readonly<Record<keyof Lives, CachePoint>> {
  const messages = lives.messages.includes('1h')
  const system = messages || lives.system.includes('1h')
  const tools = system || lives.tools.includes('1h')
  const point = (hour: boolean): CachePoint => (hour ? HOUR : POINT)
  return { tools: point(tools), system: point(system), messages: point(messages) }
}

function isTextAlone({ content }: ConverseMessage): boolean {
  return content.every((block) => 'text' in block)
}

function markedBehind(
  point: CachePoint,
  takes: (message: ConverseMessage) => boolean,
): Checkpoints['marked'] {
  return (messages) => {
    const ends = messages.filter((message) => message.role === 'user' && takes(message)).slice(-2)
    return messages.map((message) =>
      message.role === 'user' && ends.includes(message)
        ? { ...message, content: [...message.content, point] }
        : message,
    )
  }
}
