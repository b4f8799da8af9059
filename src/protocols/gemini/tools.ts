import type { MessagesRequest, Tool } from '../../messages/request.ts'
import { isWebSearch } from '../../messages/search.ts'
import { reportSearchLimits } from '../server-tools.ts'
import { offeredTools, type ToolChoice, toolChoiceOf } from '../tools.ts'
import { geminiSchema } from './schema.ts'
import type { GeminiQuirks } from './wire.ts'

/**
 * `tools` and `toolConfig`. Anthropic's web search becomes Google Search, where it is the only
 * tool: beside functions most models refuse it
 * (https://ai.google.dev/gemini-api/docs/tool-combination), then it is dropped and named.
 */
export function toolFields(
  request: MessagesRequest,
  quirks: GeminiQuirks,
  dropped: Set<string>,
): object {
  const { functions, server } = offeredTools(request)
  const search = server.filter(isWebSearch)
  const useSearch = functions.length === 0 && search.length > 0
  for (const tool of server) {
    if (!useSearch || !isWebSearch(tool)) dropped.add(`tools.${tool.type ?? tool.name}`)
    else reportSearchLimits(tool, ['allowed_domains', 'blocked_domains', 'user_location'], dropped)
  }
  if (useSearch) return { tools: [{ googleSearch: {} }] }
  if (functions.length === 0) return {}
  const choice = toolChoiceOf(request, functions, dropped)
  if (choice.single) dropped.add('tool_choice.disable_parallel_tool_use')
  const lost = (keyword: string): unknown => dropped.add(`tools.input_schema.${keyword}`)
  return {
    tools: [{ functionDeclarations: functions.map((tool) => declaration(tool, quirks, lost)) }],
    ...choiceField(choice),
  }
}

function declaration(tool: Tool, quirks: GeminiQuirks, lost: (keyword: string) => unknown): object {
  const field = quirks.jsonSchema ? 'parametersJsonSchema' : 'parameters'
  const dialect = quirks.jsonSchema ? 'json' : 'openapi'
  const schema = geminiSchema(tool.input_schema, dialect, lost)
  return {
    name: tool.name,
    ...(tool.description === undefined ? {} : { description: tool.description }),
    ...(schema === undefined ? {} : { [field]: schema }),
  }
}

const MODE = { auto: 'AUTO', any: 'ANY', none: 'NONE', tool: 'ANY' } as const

function choiceField({ mode, name }: ToolChoice): object {
  if (mode === undefined) return {}
  const only = mode === 'tool' ? { allowedFunctionNames: [name] } : {}
  return { toolConfig: { functionCallingConfig: { mode: MODE[mode], ...only } } }
}
