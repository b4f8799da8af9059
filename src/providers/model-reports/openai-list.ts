/** Reads the limits that servers of the OpenAI API list in `GET /v1/models`: vLLM, SGLang and others. */
import type { ReportedModel } from '../../config/config.ts'
import type { JsonObject } from '../../lib/json.ts'
import { idIn, listIn, type GetJson, type Reported, reported, tokensIn } from './reader.ts'

export async function readOpenaiList(getJson: GetJson): Promise<Reported | undefined> {
  const list = listIn(await getJson('/v1/models'))
  return list && limitsIn(list)
}

/** The models of a list that have a limit; an adapter (vLLM's LoRA) has that of its parent. */
export function limitsIn(list: readonly JsonObject[]): Reported {
  const listed = new Map(
    list.flatMap((entry) => {
      const id = idIn(entry['id'])
      return id === undefined ? [] : [[id, limitOf(entry)] as const]
    }),
  )
  const models = list.flatMap(({ id: given, parent }): (readonly [string, ReportedModel])[] => {
    const id = idIn(given)
    const limit = id === undefined ? undefined : (listed.get(id) ?? listed.get(idIn(parent) ?? ''))
    return id === undefined || limit === undefined ? [] : [[id, modelOf(limit)]]
  })
  return new Map(models)
}

/**
 * - `max_model_len`: vLLM (entrypoints/openai/models/serving.py), SGLang
 *   (srt/entrypoints/openai/protocol.py: ModelCard)
 * - `context_length`, `context_window`, `max_context_length`: gateways, as OpenRouter, Groq and Mistral
 *   name it (https://openrouter.ai/docs/api/api-reference/models/get-models,
 *   https://console.groq.com/docs/api-reference#models, https://docs.mistral.ai/api)
 */
const FIELDS = ['max_model_len', 'context_length', 'context_window', 'max_context_length'] as const

function limitOf(entry: JsonObject): number | undefined {
  return FIELDS.map((field) => tokensIn(entry[field])).find((limit) => limit !== undefined)
}

function modelOf(contextWindow: number): ReportedModel {
  return reported({ server: 'openai', contextWindow, basis: 'running' })
}
