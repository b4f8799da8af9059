import { reasoningOf } from '../../messages/reasoning.ts'
import type { MessagesRequest } from '../../messages/request.ts'
import { nameReasoning } from '../effort.ts'
import { nameUnread, numberField, outputLimit, outputSchema, stopSequences } from '../fields.ts'
import type { Encoded, Target } from '../format.ts'
import { chatMessages } from './history.ts'
import { toolFields } from './tools.ts'
import type { Quirks } from './wire.ts'

/** Request fields that are read here or in history.ts and tools.ts, or that say nothing upstream. */
const READ: ReadonlySet<string> = new Set([
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
  'thinking',
])

/** OpenAI refuses more than four. */
const MOST_STOP_SEQUENCES = 4

/** A Messages request as a Chat Completions body, always streamed. */
export function encode(request: MessagesRequest, target: Target, quirks: Quirks): Encoded {
  const dropped = new Set<string>()
  nameUnread(request, READ, dropped)
  nameReasoning(reasoningOf(request), dropped)
  const body = {
    model: target.model,
    messages: chatMessages(request, target, quirks, dropped),
    stream: true,
    ...(quirks.streamOptions ? { stream_options: { include_usage: true } } : {}),
    [quirks.maxTokens]: outputLimit(request, target),
    ...toolFields(request, dropped),
    temperature: numberField(request, 'temperature'),
    top_p: numberField(request, 'top_p'),
    ...stopField(request, dropped),
    ...outputFields(request, quirks, dropped),
  }
  return { body, dropped: [...dropped] }
}

function stopField(request: MessagesRequest, dropped: Set<string>): object {
  const stop = stopSequences(request, MOST_STOP_SEQUENCES, dropped)
  return stop.length === 0 ? {} : { stop }
}

function outputFields(request: MessagesRequest, quirks: Quirks, dropped: Set<string>): object {
  const schema = outputSchema(request, dropped)
  if (schema === undefined) return {}
  if (!quirks.jsonSchema) {
    dropped.add('output_config.format')
    return {}
  }
  return {
    response_format: {
      type: 'json_schema',
      json_schema: { name: 'answer', schema, strict: true },
    },
  }
}
