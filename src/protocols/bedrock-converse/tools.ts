import type { MessagesRequest, Tool } from '../../messages/request.ts'
import type { Turn } from '../conversation.ts'
import { offeredTools, type ToolChoice, toolChoiceOf } from '../tools.ts'
import type { CachePoint } from './wire.ts'

/**
 * Models that can be forced to call a tool; for others "This model doesn't support the
 * toolConfig.toolChoice.any field".
 * https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_ToolChoice.html
 */
const FORCED = /claude|anthropic|\bnova\b|mistral/

interface ToolTarget {
  readonly model: string
  /** What stands behind the tools. */
  readonly checkpoints: readonly CachePoint[]
}

/**
 * `toolConfig`; server tools are dropped and named. Converse refuses a conversation with calls in it
 * when no tool is offered, so tools that are only spoken of are declared as such.
 */
export function toolFields(
  request: MessagesRequest,
  turns: readonly Turn[],
  { model, checkpoints }: ToolTarget,
  dropped: Set<string>,
): object {
  const { functions, server } = offeredTools(request)
  for (const tool of server) dropped.add(`tools.${tool.type ?? tool.name}`)
  const called = calledTools(turns)
  const choice = toolChoiceOf(request, functions, dropped)
  if (choice.single) dropped.add('tool_choice.disable_parallel_tool_use')
  if (called.size === 0 && (functions.length === 0 || choice.mode === 'none')) return {}
  if (choice.mode === 'none') dropped.add('tool_choice')
  const tools = functions.length > 0 ? functions : [...called].map(spokenOf)
  const toSpec = /\bnova\b/.test(model) ? novaSpec : toolSpec
  const specs = [...tools.map(toSpec), ...checkpoints]
  return { toolConfig: { tools: specs, ...choiceField(choice, model, dropped) } }
}

function calledTools(turns: readonly Turn[]): ReadonlySet<string> {
  const names = new Set<string>()
  for (const turn of turns) {
    if (turn.role !== 'assistant') continue
    for (const block of turn.blocks) if (block.type === 'tool_use') names.add(block.name)
  }
  return names
}

function spokenOf(name: string): Tool {
  return { name, description: 'Was available earlier. Do not call it now.' }
}

function toolSpec(tool: Tool): object {
  return {
    toolSpec: {
      name: tool.name,
      ...(tool.description ? { description: tool.description } : {}),
      inputSchema: { json: tool.input_schema ?? { type: 'object', properties: {} } },
    },
  }
}

/**
 * Nova takes only these three fields at the top of a schema:
 * https://docs.aws.amazon.com/nova/latest/userguide/tool-use-definition.html
 */
function novaSpec(tool: Tool): object {
  const schema = (tool.input_schema ?? {}) as { properties?: object; required?: unknown }
  const { properties = {}, required } = schema
  const plain = { type: 'object', properties, ...(Array.isArray(required) ? { required } : {}) }
  return toolSpec({ ...tool, input_schema: plain })
}

function choiceField({ mode, name }: ToolChoice, model: string, dropped: Set<string>): object {
  if ((mode === 'any' || mode === 'tool') && !FORCED.test(model)) {
    dropped.add('tool_choice')
    return {}
  }
  switch (mode) {
    case 'any':
      return { toolChoice: { any: {} } }
    case 'tool':
      return { toolChoice: { tool: { name } } }
    default:
      return {}
  }
}
