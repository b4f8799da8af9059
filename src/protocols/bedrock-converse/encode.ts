import { reasoningOf } from '../../messages/reasoning.ts'
import type { MessagesRequest } from '../../messages/request.ts'
import { conversationOf, systemText, type Turn } from '../conversation.ts'
import { reportReasoning } from '../reasoning.ts'
import {
  reportUnsupported,
  numberField,
  outputLimit,
  outputSchema,
  stopSequences,
} from '../request-fields.ts'
import type { Encoded, Target } from '../protocol.ts'
import { withoutSearch } from '../server-tools.ts'
import { claudeVersion, needsThinkingBack, takesSchema, thinkingFields } from '../claude.ts'
import { checkpointsOf } from './cache.ts'
import { converseMessages, takesDocument, takesImage } from './history.ts'
import { piecesOf } from './reasoning.ts'
import { toolFields } from './tools.ts'

/** Request fields that are read here or in tools.ts, or that say nothing upstream. */
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

/** https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_InferenceConfiguration.html */
const MOST_STOP_SEQUENCES = 2_500

/** A Messages request as a ConverseStream body. The model is in the URL. */
export function encode(request: MessagesRequest, target: Target): Encoded {
  const dropped = new Set<string>()
  reportUnsupported(request, READ, dropped)
  const system = systemText(request.system, dropped)
  const turns = turnsOf(request, target, dropped)
  const points = checkpointsOf(request, target.model, dropped)
  const body = {
    ...(system === '' ? {} : { system: [{ text: system }, ...points.system] }),
    messages: points.marked(converseMessages(turns, target)),
    ...inferenceConfig(request, target),
    ...toolFields(request, turns, { model: target.model, checkpoints: points.tools }, dropped),
    ...modelFields(request, turns, target, dropped),
    ...outputConfig(request, target, dropped),
  }
  return { body, dropped: [...dropped] }
}

function turnsOf(request: MessagesRequest, target: Target, dropped: Set<string>): readonly Turn[] {
  return conversationOf(
    withoutSearch(request).messages,
    {
      midSystem: 'user',
      mediaInResults: true,
      images: (image) => target.can?.images !== false && takesImage(image),
      document: takesDocument,
      thinking: (block) => piecesOf(block, target).length > 0,
    },
    dropped,
  )
}

function inferenceConfig(request: MessagesRequest, target: Target): object {
  const stops = stopSequences(request, MOST_STOP_SEQUENCES)
  const config = {
    maxTokens: outputLimit(request, target),
    temperature: numberField(request, 'temperature'),
    topP: numberField(request, 'top_p'),
    stopSequences: stops.length === 0 ? undefined : stops,
  }
  const said = Object.values(config).some((value) => value !== undefined)
  return said ? { inferenceConfig: config } : {}
}

/** What only the model's maker knows: thinking, top_k, which stop sequence it was. */
function modelFields(
  request: MessagesRequest,
  turns: readonly Turn[],
  target: Target,
  dropped: Set<string>,
): object {
  const asked = reasoningOf(request)
  const topK = numberField(request, 'top_k')
  const version = claudeVersion(target.model)
  if (version === undefined) {
    reportReasoning(asked, dropped)
    if (topK !== undefined) dropped.add('top_k')
    return {}
  }
  const able = !(needsThinkingBack(version) && lacksThinking(turns))
  const thinking = able ? thinkingFields(version, asked, outputLimit(request, target)) : {}
  if (Object.keys(thinking).length === 0 && asked.mode !== 'off') reportReasoning(asked, dropped)
  const fields = { ...thinking, ...(topK === undefined ? {} : { top_k: topK }) }
  return {
    ...(Object.keys(fields).length === 0 ? {} : { additionalModelRequestFields: fields }),
    ...(request['stop_sequences'] === undefined
      ? {}
      : { additionalModelResponseFieldPaths: ['/delta/stop_sequence'] }),
  }
}

/**
 * Whether the calls that are being answered come without the thinking before them: another
 * provider made them. Claude refuses to think on in such a turn.
 */
function lacksThinking(turns: readonly Turn[]): boolean {
  const last = turns.findLast((turn) => turn.role === 'assistant')
  if (last === undefined || !last.blocks.some((block) => block.type === 'tool_use')) return false
  return last.blocks[0]?.type !== 'thinking'
}

/** https://docs.aws.amazon.com/bedrock/latest/userguide/structured-output.html */
function outputConfig(request: MessagesRequest, target: Target, dropped: Set<string>): object {
  const schema = outputSchema(request, dropped)
  if (schema === undefined) return {}
  if (!takesSchema(claudeVersion(target.model) ?? 0)) {
    dropped.add('output_config.format')
    return {}
  }
  const jsonSchema = { name: 'answer', schema: JSON.stringify(schema) }
  return { outputConfig: { textFormat: { type: 'json_schema', structure: { jsonSchema } } } }
}
