import type { MessagesRequest } from '../../messages/request.ts'
import { reportUnsupported, numberField, outputSchema, stopSequences } from '../request-fields.ts'
import type { Encoded, Target } from '../protocol.ts'
import { systemText } from '../conversation.ts'
import { offeredTools } from '../tools.ts'
import { contentsOf } from './history.ts'
import { familyOf, isThird } from './model.ts'
import { geminiSchema } from './schema.ts'
import { thinkingFields } from './thinking.ts'
import { toolFields } from './tools.ts'
import type { GeminiQuirks } from './wire.ts'

/** Request fields that are read here or beside, or that say nothing upstream. */
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
  'top_k',
  'stop_sequences',
  'output_config',
  'thinking',
])

/** https://ai.google.dev/api/generate-content#FIELDS.stop_sequences */
const MOST_STOP_SEQUENCES = 5

/** A Messages request as the body of `streamGenerateContent`. The model stands in the URL. */
export function encode(request: MessagesRequest, target: Target, quirks: GeminiQuirks): Encoded {
  const dropped = new Set<string>()
  reportUnsupported(request, READ, dropped)
  const system = systemText(request.system, dropped)
  const stop = stopSequences(request, MOST_STOP_SEQUENCES)
  const body = {
    ...(system === '' ? {} : { systemInstruction: { parts: [{ text: system }] } }),
    contents: contentsOf(request, target, quirks, dropped),
    ...toolFields(request, quirks, dropped),
    generationConfig: {
      ...thinkingFields(request, target, dropped),
      temperature: numberField(request, 'temperature'),
      topP: numberField(request, 'top_p'),
      topK: numberField(request, 'top_k'),
      ...(stop.length === 0 ? {} : { stopSequences: stop }),
      ...outputFields(request, target, quirks, dropped),
    },
  }
  return { body, dropped: [...dropped] }
}

/** Before Gemini 3 an answer cannot be both JSON and a call. */
function outputFields(
  request: MessagesRequest,
  target: Target,
  quirks: GeminiQuirks,
  dropped: Set<string>,
): object {
  const wanted = outputSchema(request, dropped)
  if (wanted === undefined) return {}
  const { functions } = offeredTools(request)
  const lost = (keyword: string): unknown => dropped.add(`output_config.format.${keyword}`)
  const dialect = quirks.jsonSchema ? 'json' : 'openapi'
  const schema = geminiSchema(wanted, dialect, lost)
  if (schema === undefined || (functions.length > 0 && !isThird(familyOf(target.model)))) {
    dropped.add('output_config.format')
    return {}
  }
  const field = quirks.jsonSchema ? 'responseJsonSchema' : 'responseSchema'
  return { responseMimeType: 'application/json', [field]: schema }
}
