import type { MessagesRequest } from '../../messages/request.ts'
import { isWebSearch } from '../../messages/search.ts'
import {
  ROOM_TO_THINK,
  conversationId,
  reportUnsupported,
  numberField,
  outputLimit,
  outputSchema,
} from '../request-fields.ts'
import type { Encoded, Target } from '../protocol.ts'
import { answerSchema, isStrict, schemaReader } from '../schema/index.ts'
import { systemText } from '../conversation.ts'
import { inputItems } from './input.ts'
import { reasoningFields, thinks } from './reasoning.ts'
import { toolFields } from './tools.ts'
import { OPENAI } from './wire.ts'

/** Request fields that are read here or in the files beside, or that say nothing upstream. */
const READ: ReadonlySet<string> = new Set([
  'model',
  'messages',
  'system',
  'tools',
  'tool_choice',
  'max_tokens',
  'metadata',
  'stream',
  'temperature',
  'top_p',
  'thinking',
  'output_config',
  // The answer is ended by ccr: this API knows no such sequences.
  'stop_sequences',
])

/** A Messages request as a Responses body: always streamed, and nothing is stored. */
export function encode(request: MessagesRequest, target: Target, quirks = OPENAI): Encoded {
  const dropped = new Set<string>()
  reportUnsupported(request, READ, dropped)
  const instructions = systemText(request.system, dropped)
  const body = {
    model: target.model,
    ...(instructions === '' ? {} : { instructions }),
    input: inputItems(request, { target, quirks, dropped }),
    stream: true,
    store: false,
    max_output_tokens: outputLimit(request, target, thinks(target) ? ROOM_TO_THINK : 0),
    ...toolFields(request, target, dropped),
    ...reasoningFields(request, target, dropped),
    ...samplingFields(request, target, dropped),
    ...textField(request, target, dropped),
    ...includeField(request, target),
    prompt_cache_key: conversationId(request),
  }
  return { body, dropped: [...dropped] }
}

/** Models that think refuse both. */
function samplingFields(request: MessagesRequest, target: Target, dropped: Set<string>): object {
  const fields = (['temperature', 'top_p'] as const).flatMap((name) => {
    const value = numberField(request, name)
    return value === undefined ? [] : [[name, value] as const]
  })
  if (!thinks(target)) return Object.fromEntries(fields)
  for (const [name] of fields) dropped.add(name)
  return {}
}

/** That the model's state comes back sealed, and what a search found with it. */
function includeField(request: MessagesRequest, target: Target): object {
  const include = [
    ...(thinks(target) ? ['reasoning.encrypted_content'] : []),
    ...(request.tools?.some(isWebSearch) === true ? ['web_search_call.action.sources'] : []),
  ]
  return include.length === 0 ? {} : { include }
}

function textField(request: MessagesRequest, { model }: Target, dropped: Set<string>): object {
  const wanted = outputSchema(request, dropped)
  if (wanted === undefined) return {}
  const schema = answerSchema(wanted, schemaReader(model), dropped)
  const format = { type: 'json_schema', name: 'answer', schema, strict: isStrict(schema) }
  return { text: { format } }
}
