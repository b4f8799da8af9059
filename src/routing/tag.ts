import type { Content, MessagesRequest } from '../messages/request.ts'

/**
 * `<CCR-SUBAGENT-MODEL>provider,model</CCR-SUBAGENT-MODEL>`: how the prompt of a sub-agent names
 * its model. It may stand in any system block or in the first two user messages.
 */

const TAG = /<CCR-SUBAGENT-MODEL>([^]*?)<\/CCR-SUBAGENT-MODEL>\s*/
const MARK = '<CCR-SUBAGENT-MODEL>'
const MESSAGES = 2

export interface Tagged {
  readonly model: string
  /** The request without the tag. */
  readonly request: MessagesRequest
}

/** The model that a tag names; undefined for a request without one. */
export function takeTag(request: MessagesRequest): Tagged | undefined {
  const inSystem = takeFrom(request.system)
  if (inSystem) return { model: inSystem.model, request: { ...request, system: inSystem.content } }
  let users = 0
  for (const [index, message] of request.messages.entries()) {
    if (message.role !== 'user') continue
    users += 1
    if (users > MESSAGES) return undefined
    const found = takeFrom(message.content)
    if (found === undefined) continue
    const messages = request.messages.with(index, { ...message, content: found.content })
    return { model: found.model, request: { ...request, messages } }
  }
  return undefined
}

interface Found {
  readonly model: string
  readonly content: Content
}

function takeFrom(content: Content | undefined): Found | undefined {
  if (content === undefined) return undefined
  if (typeof content === 'string') {
    const taken = takeFromText(content)
    return taken && { model: taken.model, content: taken.text }
  }
  for (const [index, block] of content.entries()) {
    const taken = typeof block['text'] === 'string' ? takeFromText(block['text']) : undefined
    if (taken === undefined) continue
    const { model, text } = taken
    // An empty text block is refused by providers.
    const rest = text === '' ? content.toSpliced(index, 1) : content.with(index, { ...block, text })
    return { model, content: rest }
  }
  return undefined
}

function takeFromText(text: string): { model: string; text: string } | undefined {
  if (!text.includes(MARK)) return undefined
  const match = TAG.exec(text)
  if (match === null) return undefined
  return { model: (match[1] ?? '').trim(), text: text.replace(TAG, '') }
}
