import type { MessagesRequest } from '../../messages/request.ts'
import {
  conversationId,
  minOutputTokens,
  reportUnsupported,
  numberField,
  outputLimit,
  outputSchema,
  stopSequences,
} from '../request-fields.ts'
import type { Encoded, Target } from '../protocol.ts'
import { answerSchema, isStrict, schemaReader } from '../schema/index.ts'
import { withoutSearch } from '../server-tools.ts'
import { chatMessages } from './history.ts'
import { thinkingOf } from './reasoning.ts'
import { searchFields } from './search.ts'
import { isForced, toolFields } from './tools.ts'
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
  'metadata',
])

/** OpenAI refuses more than four. */
const MOST_STOP_SEQUENCES = 4

/** A Messages request as a Chat Completions body, always streamed. */
export function encode(request: MessagesRequest, target: Target, quirks: Quirks): Encoded {
  const dropped = new Set<string>()
  reportUnsupported(request, READ, dropped)
  const search = searchFields(request, target, quirks, dropped)
  const told = search === undefined ? withoutSearch(request) : request
  const asked = { request, target, quirks, isForced: isForced(request) }
  const thinking = thinkingOf(asked, dropped)
  const reader = schemaReader(target.model, quirks.schemas)
  const body = {
    model: target.model,
    messages: chatMessages(told, target, quirks, dropped),
    stream: true,
    ...(quirks.streamOptions ? { stream_options: { include_usage: true } } : {}),
    [quirks.maxTokens]: outputLimit(
      request,
      target,
      minOutputTokens(request, target.can?.reasoning),
    ),
    ...toolFields(request, { search: search?.tool, canForce: thinking.canForce, reader }, dropped),
    ...search?.fields,
    ...samplingFields(request, target, quirks, dropped),
    ...thinking.fields,
    ...(quirks.reasoningSplit?.test(target.model) === true ? { reasoning_split: true } : {}),
    ...outputFields(request, target, quirks, dropped),
    ...cacheField(request, quirks, dropped),
  }
  return { body, dropped: [...dropped] }
}

function thinks({ can }: Target): boolean {
  return can?.reasoning === true
}

function samplingFields(
  request: MessagesRequest,
  target: Target,
  quirks: Quirks,
  dropped: Set<string>,
): object {
  const stop = stopSequences(request, MOST_STOP_SEQUENCES)
  const fields = {
    temperature: numberField(request, 'temperature'),
    top_p: numberField(request, 'top_p'),
    stop: stop.length === 0 ? undefined : stop,
  }
  for (const name of thinks(target) ? (quirks.refusedByThinkers ?? []) : []) {
    if (fields[name] === undefined) continue
    if (name !== 'stop') dropped.add(name)
    fields[name] = undefined
  }
  return fields
}

function cacheField(request: MessagesRequest, quirks: Quirks, dropped: Set<string>): object {
  if (quirks.promptCacheKey === true) return { prompt_cache_key: conversationId(request) }
  if (request['metadata'] !== undefined) dropped.add('metadata')
  return {}
}

function outputFields(
  request: MessagesRequest,
  { model }: Target,
  quirks: Quirks,
  dropped: Set<string>,
): object {
  const wanted = outputSchema(request, dropped)
  if (wanted === undefined) return {}
  if (!quirks.jsonSchema) {
    dropped.add('output_config.format')
    return {}
  }
  const schema = answerSchema(wanted, schemaReader(model, quirks.schemas), dropped)
  return {
    response_format: {
      type: 'json_schema',
      json_schema: { name: 'answer', schema, strict: isStrict(schema) },
    },
  }
}
