/** The request without what its target is known not to take, whatever the protocol: tools, reasoning. */

import { withChangesApplied } from '../messages/applied-changes.ts'
import type { Without } from '../messages/refusal.ts'
import { withoutBlocks } from '../messages/refused-messages.ts'
import { withoutEffort } from '../messages/refused-reasoning.ts'
import {
  type Block,
  blocksOf,
  isContent,
  type Message,
  type MessagesRequest,
  type Tool,
} from '../messages/request.ts'
import { reasoningOf } from '../messages/reasoning.ts'
import { isWebSearch } from '../messages/web-search.ts'
import type { Capabilities } from './protocol.ts'
import { reportReasoning } from './reasoning.ts'

/**
 * The request as a target with these abilities takes it, and the names of what it lacks. The very same
 * object where nothing is known to be too much.
 */
export function fittedRequest(request: MessagesRequest, can: Capabilities = {}): Without {
  const dropped = new Set<string>()
  let fitted = can.tools === false ? withoutTools(withChangesApplied(request), dropped) : request
  if (can.reasoning === false) {
    reportReasoning(reasoningOf(fitted), dropped)
    fitted = withoutEffort(fitted)
  }
  return { request: fitted, dropped: [...dropped] }
}

// --- Tools ---

/**
 * Without the tools that the client runs, and with their earlier calls and results as text. A web
 * search of the provider's server stays: the protocol knows whether the provider has one.
 */
function withoutTools(request: MessagesRequest, dropped: Set<string>): MessagesRequest {
  const { tools = [], tool_choice: choice, ...others } = request
  const searches = tools.filter(isWebSearch)
  if (searches.length < tools.length) dropped.add('tools')
  const keepsChoice = choice !== undefined && searches.length > 0 && isFor(choice, searches)
  if (choice !== undefined && !keepsChoice) dropped.add('tool_choice')
  const messages = callsAsText(request.messages, dropped)
  const isSame =
    searches.length === tools.length &&
    keepsChoice === (choice !== undefined) &&
    messages === request.messages
  if (isSame) return request
  return {
    ...others,
    model: request.model,
    messages,
    ...(searches.length === 0 ? {} : { tools: searches }),
    ...(keepsChoice ? { tool_choice: choice } : {}),
  }
}

function isFor(choice: unknown, tools: readonly Tool[]): boolean {
  const { type, name } = (choice ?? {}) as { type?: unknown; name?: unknown }
  return type !== 'tool' || tools.some((tool) => tool.name === name)
}

/** The very same list where it holds neither calls nor results. */
function callsAsText(messages: readonly Message[], dropped: Set<string>): readonly Message[] {
  const names = new Map<unknown, string>()
  const changed = messages.map((message) => {
    const { content } = message
    if (typeof content === 'string' || !content.some(isCallOrResult)) return message
    const blocks = content.flatMap((block) => {
      if (!isCallOrResult(block)) return [block]
      dropped.add(`messages.${block.type}`)
      return block.type === 'tool_use' ? [callText(block, names)] : resultBlocks(block, names)
    })
    return { ...message, content: blocks }
  })
  return changed.every((message, at) => message === messages[at]) ? messages : changed
}

function isCallOrResult({ type }: Block): boolean {
  return type === 'tool_use' || type === 'tool_result'
}

function callText({ id, name, input }: Block, names: Map<unknown, string>): Block {
  const called = typeof name === 'string' ? name : 'a tool'
  names.set(id, called)
  return { type: 'text', text: `[called ${called}: ${JSON.stringify(input ?? {})}]` }
}

/** The words of the result, then what is no text, such as images. */
function resultBlocks(block: Block, names: ReadonlyMap<unknown, string>): readonly Block[] {
  const inner = block['content']
  const content = blocksOf(isContent(inner) ? inner : undefined)
  const name = names.get(block['tool_use_id']) ?? 'a tool'
  const what = block['is_error'] === true ? 'error' : 'result'
  const head: Block = { type: 'text', text: `[${what} of ${name}]` }
  const whole = { model: '', messages: [{ role: 'user', content: [head, ...content] }] }
  return blocksOf(withoutBlocks(whole, 'tool_reference').messages[0]?.content)
}
