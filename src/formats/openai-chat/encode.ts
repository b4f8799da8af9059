import type { MessagesRequest } from '../../messages/request.ts'
import type { Encoded, Target } from '../format.ts'
import { chatMessages } from './history.ts'
import { toolFields } from './tools.ts'
import type { Quirks } from './wire.ts'

/** Request fields that are read here or in history.ts and tools.ts, or that say nothing upstream. */
const UNDERSTOOD: ReadonlySet<string> = new Set([
  'model',
  'messages',
  'system',
  'tools',
  'tool_choice',
  'max_tokens',
  'stream',
  'temperature',
  'top_p',
  'stop_sequences',
  'output_config',
])

/** OpenAI refuses more than four. */
const MOST_STOP_SEQUENCES = 4

/** A Messages request as a Chat Completions body, always streamed. */
export function encode(request: MessagesRequest, target: Target, quirks: Quirks): Encoded {
  const dropped = new Set<string>()
  for (const field of Object.keys(request)) if (!UNDERSTOOD.has(field)) dropped.add(field)
  const body = {
    model: target.model,
    messages: chatMessages(request, target, quirks, dropped),
    stream: true,
    ...(quirks.streamOptions ? { stream_options: { include_usage: true } } : {}),
    ...limit(request, quirks),
    ...toolFields(request, dropped),
    ...pick(request, 'temperature'),
    ...pick(request, 'top_p'),
    ...stopField(request, dropped),
    ...outputFields(request, quirks, dropped),
  }
  return { body, dropped: [...dropped] }
}

function limit(request: MessagesRequest, quirks: Quirks): object {
  return request.max_tokens === undefined ? {} : { [quirks.maxTokens]: request.max_tokens }
}

function pick(request: MessagesRequest, field: string): object {
  const value = request[field]
  return typeof value === 'number' ? { [field]: value } : {}
}

function stopField(request: MessagesRequest, dropped: Set<string>): object {
  const sequences: unknown = request['stop_sequences']
  if (!Array.isArray(sequences) || sequences.length === 0) return {}
  if (sequences.length > MOST_STOP_SEQUENCES) dropped.add('stop_sequences')
  return { stop: sequences.slice(0, MOST_STOP_SEQUENCES) }
}

interface OutputConfig {
  readonly format?: { readonly schema?: unknown } | null
  readonly [field: string]: unknown
}

function outputFields(request: MessagesRequest, quirks: Quirks, dropped: Set<string>): object {
  const { format, ...others } = (request['output_config'] ?? {}) as OutputConfig
  for (const field of Object.keys(others)) dropped.add(`output_config.${field}`)
  if (!format) return {}
  if (!quirks.jsonSchema || typeof format.schema !== 'object') {
    dropped.add('output_config.format')
    return {}
  }
  return {
    response_format: {
      type: 'json_schema',
      json_schema: { name: 'answer', schema: format.schema, strict: true },
    },
  }
}
