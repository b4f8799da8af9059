import { reasoningOf } from '../../messages/reasoning.ts'
import type { Message, MessagesRequest, Tool } from '../../messages/request.ts'
import { claudeVersion, needsThinkingBack, takesSchema, thinkingFields } from '../claude.ts'
import { reportReasoning } from '../reasoning.ts'
import { outputLimit } from '../request-fields.ts'
import type { Target } from '../protocol.ts'
import { betasIn } from './betas.ts'
import { compatible } from './compatible.ts'
import type { ClaudeHost } from './hosts.ts'
import type { Forwarded, Original } from './forwarded-request.ts'
import { withAcceptedState } from './patch.ts'

/**
 * The client's request for Claude at another host than Anthropic's: in the words of other makers'
 * APIs, with what this host and this version of Claude take. Marks of the prompt cache stay.
 */
export function hosted(original: Original, target: Target, host: ClaudeHost): Forwarded {
  const { request, headers } = original
  const { request: told, dropped } = compatible(request, target.model)
  const lost = new Set(dropped)
  const betas = betasIn(headers, host.betas)
  const messages = withAcceptedState(told.messages, lost)
  const body = {
    ...kept(told, host, lost),
    messages,
    max_tokens: outputLimit(told, target),
    ...toolFields(told, host, lost),
    ...modelFields(told, { messages, target, lost }),
    ...(host.version === undefined
      ? { model: target.model }
      : { anthropic_version: host.version, model: undefined, stream: undefined }),
    ...(host.betasInBody && betas.known.length > 0 ? { anthropic_beta: betas.known } : {}),
  }
  return {
    body: JSON.stringify(body),
    headers: host.betasInBody ? betas.others : betas.headers,
    dropped: [...lost, ...betas.dropped],
  }
}

function kept(told: MessagesRequest, host: ClaudeHost, lost: Set<string>): object {
  const fields = Object.entries(told).filter(([field]) => {
    if (!host.without.has(field)) return true
    lost.add(field)
    return false
  })
  return Object.fromEntries(fields)
}

/** A tool that the host would have to run is left out where it cannot. */
function toolFields({ tools }: MessagesRequest, host: ClaudeHost, lost: Set<string>): object {
  if (tools === undefined) return {}
  const offered = tools.filter((tool) => {
    const runs = tool.type === undefined || tool.type === 'custom' || isRunBy(tool, host)
    if (!runs) lost.add(`tools.${tool.type ?? tool.name}`)
    return runs
  })
  if (offered.length > 0) return { tools: offered.map(plainTool) }
  return { tools: undefined, tool_choice: undefined }
}

/** Tools of Anthropic's that the client itself runs (`bash_…`, `text_editor_…`) are known anywhere. */
function isRunBy({ type = '' }: Tool, host: ClaudeHost): boolean {
  if (/^(web_|code_execution|mcp_|tool_search|advisor)/.test(type)) {
    return host.search && type.startsWith('web_search')
  }
  return true
}

function plainTool(tool: Tool): Tool {
  const fields = Object.entries(tool).filter(([field]) => field !== 'eager_input_streaming')
  return { ...Object.fromEntries(fields), name: tool.name }
}

interface Told {
  readonly messages: readonly Message[]
  readonly target: Target
  readonly lost: Set<string>
}

/** Thinking, effort and schema as far as this version of Claude knows them. */
function modelFields(request: MessagesRequest, { messages, target, lost }: Told): object {
  const asked = reasoningOf(request)
  const version = claudeVersion(target.model) ?? 0
  const able = !(needsThinkingBack(version) && lacksThinking(messages))
  const most = outputLimit(request, target)
  const fields = able ? thinkingFields(version, asked, most) : {}
  const { thinking, output_config: effort } = fields as Record<string, object | undefined>
  if (thinking === undefined && asked.mode !== 'off' && asked.mode !== undefined) {
    reportReasoning({ ...asked, effort: undefined }, lost)
  }
  if (effort === undefined && asked.effort !== undefined && thinking === undefined) {
    lost.add('output_config.effort')
  }
  return {
    thinking: asked.mode === 'off' && takesSchema(version) ? { type: 'disabled' } : thinking,
    output_config: outputConfig(request, { version, effort, lost }),
  }
}

interface Output {
  readonly version: number
  readonly effort: object | undefined
  readonly lost: Set<string>
}

function outputConfig(request: MessagesRequest, { version, effort, lost }: Output): unknown {
  const { format } = (request['output_config'] ?? {}) as { format?: object | null }
  if (format && !takesSchema(version)) lost.add('output_config.format')
  const config = { ...effort, ...(format && takesSchema(version) ? { format } : {}) }
  return Object.keys(config).length === 0 ? undefined : config
}

/** Whether the calls that are being answered come without the thinking before them. */
function lacksThinking(messages: readonly Message[]): boolean {
  const last = messages.findLast(({ role }) => role === 'assistant')
  if (last === undefined || typeof last.content === 'string') return false
  const calls = last.content.some(({ type }) => type === 'tool_use')
  return calls && !/thinking$/.test(last.content[0]?.type ?? '')
}
