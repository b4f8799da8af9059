import type { MessagesRequest, Tool } from '../../messages/request.ts'

/** The client's marker for tools that are not loaded yet: "never call this tool". */
const PLACEHOLDER = 'DeferredToolPlaceholder'

interface ToolChoice {
  readonly type?: string
  readonly name?: string
  readonly disable_parallel_tool_use?: boolean
}

/** `tools`, `tool_choice` and `parallel_tool_calls`; server tools are dropped and named. */
export function toolFields(request: MessagesRequest, dropped: Set<string>): object {
  const tools = (request.tools ?? []).filter((tool) => isFunction(tool, dropped))
  if (tools.length === 0) return {}
  const choice = request['tool_choice'] as ToolChoice | null | undefined
  return {
    tools: tools.map(functionTool),
    ...(choice ? choiceField(choice, tools, dropped) : {}),
    ...(choice?.disable_parallel_tool_use === true ? { parallel_tool_calls: false } : {}),
  }
}

function isFunction(tool: Tool, dropped: Set<string>): boolean {
  if (tool.name === PLACEHOLDER) return false
  if (tool.type === undefined || tool.type === 'custom') return true
  dropped.add(`tools.${tool.type}`)
  return false
}

function functionTool(tool: Tool): object {
  return {
    type: 'function',
    function: {
      name: tool.name,
      ...(tool.description === undefined ? {} : { description: tool.description }),
      parameters: tool.input_schema ?? { type: 'object', properties: {} },
    },
  }
}

const CHOICE: Readonly<Record<string, string>> = { auto: 'auto', any: 'required', none: 'none' }

function choiceField(choice: ToolChoice, tools: readonly Tool[], dropped: Set<string>): object {
  if (choice.type === 'tool' && tools.some((tool) => tool.name === choice.name)) {
    return { tool_choice: { type: 'function', function: { name: choice.name } } }
  }
  const word = choice.type === undefined ? undefined : CHOICE[choice.type]
  if (word !== undefined) return { tool_choice: word }
  dropped.add('tool_choice')
  return {}
}
