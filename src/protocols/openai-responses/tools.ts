import type { MessagesRequest, Tool } from '../../messages/request.ts'
import { isWebSearch } from '../../messages/search.ts'
import type { Target } from '../protocol.ts'
import { functionSchema, schemaReader } from '../schema/index.ts'
import { domains } from '../server-tools.ts'
import { offeredTools, type ToolChoice, toolChoiceOf } from '../tools.ts'

/** `tools`, `tool_choice`, `parallel_tool_calls` and `max_tool_calls`. */
export function toolFields(
  request: MessagesRequest,
  { model }: Target,
  dropped: Set<string>,
): object {
  const { functions, server } = offeredTools(request)
  const searches = server.filter((tool) => isSearch(tool, dropped))
  const tools = [
    ...functions.map((tool) => functionTool(tool, model, dropped)),
    ...searches.slice(0, 1).map((tool) => searchTool(tool, dropped)),
  ]
  if (tools.length === 0) return {}
  const choice = toolChoiceOf(request, functions, dropped)
  const uses = searches[0]?.['max_uses']
  return {
    tools,
    ...choiceField(choice),
    ...(choice.single ? { parallel_tool_calls: false } : {}),
    ...(typeof uses === 'number' ? { max_tool_calls: uses } : {}),
  }
}

/** Functions are strict unless told otherwise, and a strict one must follow rules few tools do. */
function functionTool(tool: Tool, model: string, dropped: Set<string>): object {
  return {
    type: 'function',
    name: tool.name,
    ...(tool.description === undefined ? {} : { description: tool.description }),
    parameters: functionSchema(tool.input_schema, schemaReader(model), dropped),
    strict: false,
  }
}

function isSearch(tool: Tool, dropped: Set<string>): boolean {
  if (isWebSearch(tool)) return true
  dropped.add(`tools.${tool.type ?? tool.name}`)
  return false
}

/** https://platform.openai.com/docs/guides/tools-web-search; it takes one list of domains. */
function searchTool(tool: Tool, dropped: Set<string>): object {
  const allowed = domains(tool['allowed_domains'])
  const blocked = domains(tool['blocked_domains'])
  if (allowed && blocked) dropped.add('tools.web_search.blocked_domains')
  const filters = allowed ? { allowed_domains: allowed } : blocked && { blocked_domains: blocked }
  const location = tool['user_location']
  return {
    type: 'web_search',
    ...(filters ? { filters } : {}),
    ...(location ? { user_location: location } : {}),
  }
}

function choiceField(choice: ToolChoice): object {
  switch (choice.mode) {
    case undefined:
      return {}
    case 'tool':
      return { tool_choice: { type: 'function', name: choice.name } }
    case 'any':
      return { tool_choice: 'required' }
    default:
      return { tool_choice: choice.mode }
  }
}
