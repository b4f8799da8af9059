/**
 * Applies what the client's system messages change along a conversation, for targets that know no
 * such changes: tools that are added or removed, and reminders that hold for one turn.
 */

import { isObject } from '../lib/json.ts'
import { type Block, blocksOf, type Message, type MessagesRequest, type Tool } from './request.ts'

/**
 * The request as it stands after all of its changes; the very same object if it has none.
 *
 * - `tool_addition` with a `tool_definition` (beta `inline-tools-2026-09-15`): the tool joins `tools`, in
 *   the place of one with the same name. With a `tool_reference`
 *   (`mid-conversation-tool-changes-2026-07-01`) it is among `tools` already.
 * - `tool_removal`: the tool leaves `tools`, unless it is added again later.
 * - A system message with `clear_at: "next_user_message"` is left out once a user message has followed,
 *   as Anthropic's API does (`mid-conversation-system-clear-at-2026-08-21`).
 *
 * Source: the description of these betas that Claude Code 2.1.332 carries for its skill `claude-api`.
 */
export function withChangesApplied(request: MessagesRequest): MessagesRequest {
  const { messages } = request
  if (!messages.some(isChanging)) return request
  const tools = toolsAfter(messages, request.tools ?? [])
  const lastOfUser = messages.findLastIndex(({ role }) => role === 'user')
  const left = messages.flatMap((message, at) => {
    if (message['clear_at'] === NEXT_USER && at < lastOfUser) return []
    return isChanging(message) ? withoutChanges(message) : [message]
  })
  const rest = Object.entries(request).filter(([field]) => field !== 'tools')
  const bare = Object.fromEntries(rest) as unknown as MessagesRequest
  return { ...bare, ...(tools.length > 0 ? { tools } : {}), messages: left }
}

const NEXT_USER = 'next_user_message'
const ADDITION = 'tool_addition'
const REMOVAL = 'tool_removal'

const isChange = ({ type }: Block): boolean => type === ADDITION || type === REMOVAL

function isChanging({ role, content, clear_at: clearAt }: Message): boolean {
  if (role !== 'system') return false
  return clearAt !== undefined || (typeof content !== 'string' && content.some(isChange))
}

/** The message without its changes; none where nothing else was in it. */
function withoutChanges(message: Message): readonly Message[] {
  const content = blocksOf(message.content).filter((block) => !isChange(block))
  const { output_config: config } = message
  if (content.length === 0 && config === undefined) return []
  return [{ role: 'system', content, ...(config === undefined ? {} : { output_config: config }) }]
}

function toolsAfter(messages: readonly Message[], declared: readonly Tool[]): readonly Tool[] {
  const tools = new Map(declared.map((tool) => [tool.name, tool]))
  const removed = new Set<string>()
  for (const { role, content } of messages) {
    if (role !== 'system') continue
    for (const { type, tool } of blocksOf(content)) {
      const { name, definition } = toolOf(tool)
      if (name === undefined) continue
      if (type === REMOVAL) removed.add(name)
      if (type !== ADDITION) continue
      removed.delete(name)
      if (definition) tools.set(name, definition)
    }
  }
  return [...tools.values()].filter(({ name }) => !removed.has(name))
}

interface ChangedTool {
  readonly name: string | undefined
  readonly definition?: Tool
}

/** What a change is about: `{type: "tool_reference", name}` or `{type: "tool_definition", definition}`. */
function toolOf(tool: unknown): ChangedTool {
  if (!isObject(tool)) return { name: undefined }
  const { name, tool_name: oldName, definition } = tool
  if (isObject(definition) && typeof definition['name'] === 'string') {
    const { input_schema: schema } = definition
    const isUsable = schema === undefined || isObject(schema)
    return isUsable
      ? { name: definition['name'], definition: definition as unknown as Tool }
      : { name: undefined }
  }
  const named = name ?? oldName
  return { name: typeof named === 'string' ? named : undefined }
}
