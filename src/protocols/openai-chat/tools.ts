import type { MessagesRequest, Tool } from '../../messages/request.ts'
import { functionSchema, type SchemaReader } from '../schema/index.ts'
import { offeredTools, type ToolChoice, toolChoiceOf } from '../tools.ts'

/** Whether the model must call a tool. */
export function isForced(request: MessagesRequest): boolean {
  const { mode } = toolChoiceOf(request, offeredTools(request).functions, new Set())
  return mode === 'any' || mode === 'tool'
}

export interface ToolParts {
  /** A tool of the provider's own that stands among them. */
  readonly search: object | undefined
  /** Whether the model can be forced to call one; else it is only asked to. */
  readonly canForce: boolean
  /** Who reads the tools' schemas. */
  readonly reader: SchemaReader
}

/** `tools`, `tool_choice` and `parallel_tool_calls`. */
export function toolFields(
  request: MessagesRequest,
  { search, canForce, reader }: ToolParts,
  dropped: Set<string>,
): object {
  const { functions } = offeredTools(request)
  const own = search === undefined ? [] : [search]
  if (functions.length === 0) return own.length === 0 ? {} : { tools: own }
  const choice = toolChoiceOf(request, functions, dropped)
  const isLeft = !canForce && (choice.mode === 'any' || choice.mode === 'tool')
  if (isLeft) dropped.add('tool_choice')
  return {
    tools: [...functions.map((tool) => functionTool(tool, reader, dropped)), ...own],
    ...choiceField(isLeft ? { ...choice, mode: 'auto' } : choice),
    ...(choice.single ? { parallel_tool_calls: false } : {}),
  }
}

function functionTool(tool: Tool, reader: SchemaReader, dropped: Set<string>): object {
  return {
    type: 'function',
    function: {
      name: tool.name,
      ...(tool.description === undefined ? {} : { description: tool.description }),
      parameters: functionSchema(tool.input_schema, reader, dropped),
    },
  }
}

function choiceField(choice: ToolChoice): object {
  switch (choice.mode) {
    case undefined:
      return {}
    case 'tool':
      return { tool_choice: { type: 'function', function: { name: choice.name } } }
    case 'any':
      return { tool_choice: 'required' }
    default:
      return { tool_choice: choice.mode }
  }
}
