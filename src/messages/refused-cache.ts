import type { Refusal } from './refusal.ts'
import { withoutField } from './refused-field.ts'
import { blocksOf, type Content, type MessagesRequest } from './request.ts'
import { isInvalid, type Rule } from './refusal-rule.ts'

/** Marks of the prompt cache that a server does not know, or takes fewer of. */
export const CACHE_RULES: readonly Rule[] = [
  {
    without: 'cache_control.more',
    isLasting: true,
    isRefused: ({ message }) => TOO_MANY.test(message),
    bare: withFewMarks,
  },
  { without: 'cache_control', isLasting: true, isRefused: isCacheRefused, bare: withoutMarks },
]

/** A relay sets marks beside the client's, and the API counts all of them. */
const TOO_MANY = /maximum of \d+ blocks with cache_control/i
/** A mark in a wrong place, or of an hour behind one of five minutes: a matter of this conversation. */
const MISPLACED = /cannot be set|must not come|must come/i

function isCacheRefused(refusal: Refusal): boolean {
  const { message } = refusal
  if (!isInvalid(refusal) || TOO_MANY.test(message) || MISPLACED.test(message)) return false
  return /cache_control/i.test(message)
}

function withoutMarks(request: MessagesRequest): MessagesRequest {
  return withoutField(request, 'cache_control') as MessagesRequest
}

/** With the last mark of the system prompt and the last of the messages. */
function withFewMarks(request: MessagesRequest): MessagesRequest {
  const bare = withoutMarks(request)
  const { system } = bare
  const messages = [...bare.messages]
  const at = request.messages.findLastIndex(({ content }) => lastMark(content) !== -1)
  const [marked, plain] = [request.messages[at], messages[at]]
  if (marked && plain) {
    messages[at] = { ...plain, content: withLastMark(plain.content, marked.content) }
  }
  const few = {
    ...bare,
    ...(system === undefined ? {} : { system: withLastMark(system, request.system) }),
    messages,
  }
  return JSON.stringify(few) === JSON.stringify(request) ? request : few
}

/** The place of the last block with a mark of its own; -1 where there is none. */
function lastMark(content: Content | undefined): number {
  return blocksOf(content).findLastIndex((block) => 'cache_control' in block)
}

function withLastMark(plain: Content, marked: Content | undefined): Content {
  const at = lastMark(marked)
  const [block, mark] = [blocksOf(plain)[at], blocksOf(marked)[at]?.['cache_control']]
  if (typeof plain === 'string' || block === undefined) return plain
  return plain.with(at, { ...block, cache_control: mark })
}
