import type { Refusal } from './refusal.ts'
import { blocksOf, type Message, type MessagesRequest } from './request.ts'
import type { Rule } from './refusal-rule.ts'

/** A system message in mid-conversation as a user can say it, in the client's own wrapping. */
export function systemReminder(text: string): string {
  return `<system-reminder>\n${text}\n</system-reminder>`
}

/** "System role not supported" (Gemma's template), "System message must be at the beginning." (Qwen's), "System messages are not allowed" (Codex) */
const REFUSED =
  /system (role|messages?|instructions?|prompts?)\b[^.]{0,40}(not (support|allow|permitt|enabled)|unsupported|must|only)|(unexpected|unknown|invalid|unsupported)[^.]{0,20} (role|variant)[^.]{0,20}(system|developer)|(system|developer) (role|message)s? [^.]{0,20}(not|un)|developer instruction|roles must alternate|role["'= ]{1,4}system|messages[.[][^:]{0,12}role: invalid/i

/**
 * What the system says in mid-conversation is said by the user; where that is not enough, its prompt
 * before the user's first words, too.
 */
export const SYSTEM_RULES: readonly Rule[] = [
  { without: 'messages.system', isLasting: true, isRefused, bare: withSystemByUser },
  {
    without: 'system',
    isLasting: true,
    isRefused,
    bare: (request) => withoutSystem(withSystemByUser(request)),
  },
]

function isRefused({ message }: Refusal): boolean {
  return REFUSED.test(message)
}

/** The very same request where the system says nothing in mid-conversation. */
function withSystemByUser(request: MessagesRequest): MessagesRequest {
  if (!request.messages.some(({ role }) => role === 'system')) return request
  const messages = request.messages.map((message): Message => {
    if (message.role !== 'system') return message
    const content = blocksOf(message.content).map((block) =>
      typeof block['text'] === 'string' ? { ...block, text: systemReminder(block['text']) } : block,
    )
    return { role: 'user', content }
  })
  return { ...request, messages: turns(messages) }
}

/** What the user says in a row as one message, results of tools first. */
function turns(messages: readonly Message[]): readonly Message[] {
  const joined: Message[] = []
  for (const message of messages) {
    const last = joined.at(-1)
    if (last?.role !== 'user' || message.role !== 'user') joined.push(message)
    else {
      const blocks = [...blocksOf(last.content), ...blocksOf(message.content)]
      const results = blocks.filter(({ type }) => type === 'tool_result')
      const others = blocks.filter(({ type }) => type !== 'tool_result')
      joined[joined.length - 1] = { ...last, content: [...results, ...others] }
    }
  }
  return joined
}

/** The very same request where there is no system prompt. */
function withoutSystem(request: MessagesRequest): MessagesRequest {
  const { system, ...rest } = request
  const texts = blocksOf(system).flatMap(({ text }) => (typeof text === 'string' ? [text] : []))
  if (texts.length === 0) return request
  const said: Message = {
    role: 'user',
    content: texts.map((text) => ({ type: 'text', text: systemReminder(text) })),
  }
  return { ...rest, messages: turns([said, ...request.messages]) }
}
