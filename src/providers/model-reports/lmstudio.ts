/**
 * Reads what LM Studio reports: `GET /api/v1/models`, or `GET /api/v0/models` of versions before 0.4.
 * https://lmstudio.ai/docs/developer/rest/list and https://lmstudio.ai/docs/developer/rest/endpoints
 */
import type { ReportedModel } from '../../config/config.ts'
import { asObject, type JsonObject } from '../../lib/json.ts'
import {
  booleanIn,
  idIn,
  listIn,
  onlyTrue,
  objectsIn,
  type GetJson,
  type Reported,
  reported,
  tokensIn,
} from './reader.ts'

export async function readLmstudio(getJson: GetJson): Promise<Reported | undefined> {
  const [answer, old] = await Promise.all([getJson('/api/v1/models'), getJson('/api/v0/models')])
  const { models } = asObject(answer)
  if (Array.isArray(models)) return new Map(objectsIn(models).flatMap(modelsOf))
  const list = listIn(old)
  return list && new Map(list.flatMap(oldModelsOf))
}

/** A model under its key, and under the name of each instance that is loaded. */
function modelsOf(entry: JsonObject): (readonly [string, ReportedModel])[] {
  const key = idIn(entry['key'])
  if (key === undefined || entry['type'] === 'embedding') return []
  const { vision, trained_for_tool_use: tools } = asObject(entry['capabilities'])
  const facts = (running: number | undefined): ReportedModel =>
    modelOf(running, entry['max_context_length'], {
      images: booleanIn(vision),
      tools: onlyTrue(tools === true),
    })
  const instances = objectsIn(entry['loaded_instances']).flatMap(({ id, config }) => {
    const context = tokensIn(asObject(config)['context_length'])
    return context === undefined ? [] : [{ id: idIn(id), context }]
  })
  // Several instances of one model: which one answers is not known, so the smallest counts.
  const smallest = instances.map(({ context }) => context).toSorted((a, b) => a - b)[0]
  return [
    [key, facts(smallest)],
    ...instances.flatMap(({ id, context }) =>
      id === undefined || id === key ? [] : [[id, facts(context)] as const],
    ),
  ]
}

/** `loaded_context_length` and `capabilities` are in no document; newer versions of this API send them. */
function oldModelsOf(entry: JsonObject): (readonly [string, ReportedModel])[] {
  const id = idIn(entry['id'])
  const { type, capabilities } = entry
  if (id === undefined || type === 'embeddings') return []
  const running =
    entry['state'] === 'not-loaded' ? undefined : tokensIn(entry['loaded_context_length'])
  return [
    [
      id,
      modelOf(running, entry['max_context_length'], {
        images: type === 'vlm' ? true : type === 'llm' ? false : undefined,
        tools: onlyTrue(Array.isArray(capabilities) && capabilities.includes('tool_use')),
      }),
    ],
  ]
}

function modelOf(
  running: number | undefined,
  most: unknown,
  abilities: { readonly images: boolean | undefined; readonly tools: boolean | undefined },
): ReportedModel {
  const modelWindow = tokensIn(most)
  const window = running ?? modelWindow
  return reported({
    server: 'lmstudio',
    contextWindow: window,
    basis: window === undefined ? undefined : running === undefined ? 'model' : 'running',
    modelWindow,
    ...abilities,
  })
}

/** Whether an entry of `GET /v1/models` is one of LM Studio's. */
export function isLmstudioEntry({ owned_by: owner }: JsonObject): boolean {
  return owner === 'organization_owner'
}
