/**
 * Reads what the server of llama.cpp reports: `GET /v1/models` and `GET /props`.
 * https://github.com/ggml-org/llama.cpp/blob/master/tools/server/README.md
 */
import type { ReportedModel } from '../../config/config.ts'
import { asObject, isObject, type JsonObject } from '../../lib/json.ts'
import {
  booleanIn,
  idIn,
  listIn,
  MOST_QUERIED,
  onlyTrue,
  type GetJson,
  type Reported,
  reported,
  tokensIn,
} from './reader.ts'

export async function readLlamacpp(
  getJson: GetJson,
  wanted: readonly string[],
): Promise<Reported | undefined> {
  const [answer, props] = await Promise.all([getJson('/v1/models'), getJson('/props')])
  const list = listIn(answer) ?? []
  if (list.some(({ status }) => isObject(status))) return routed(getJson, list, wanted)
  if (!isObject(props)) return undefined
  const facts = modelOf(props, list[0])
  // With one model, the server pays no attention to the name that a request gives it.
  return facts === undefined ? undefined : new Map([['*', facts]])
}

/** In router mode, each model has an instance with properties of its own. None is loaded by looking. */
async function routed(
  getJson: GetJson,
  list: readonly JsonObject[],
  wanted: readonly string[],
): Promise<Reported> {
  const entries = list.flatMap((entry) => {
    const id = idIn(entry['id'])
    return id === undefined ? [] : [{ id, entry }]
  })
  const loaded = entries
    .filter(
      ({ id, entry }) => wanted.includes(id) && asObject(entry['status'])['value'] === 'loaded',
    )
    .slice(0, MOST_QUERIED)
  const props = await Promise.all(
    loaded.map(({ id }) => getJson(`/props?model=${encodeURIComponent(id)}&autoload=false`)),
  )
  const propsOf = new Map(loaded.map(({ id }, n) => [id, asObject(props[n])]))
  return new Map(
    entries.flatMap(({ id, entry }) => {
      const facts = modelOf(propsOf.get(id) ?? {}, entry)
      return facts === undefined ? [] : [[id, facts]]
    }),
  )
}

/** Undefined where nothing is known: the model is still loading, or this is another server. */
function modelOf(props: JsonObject, entry: JsonObject = {}): ReportedModel | undefined {
  // Of one slot: what a single request can use, also with --parallel.
  const running = tokensIn(asObject(props['default_generation_settings'])['n_ctx'])
  const modelWindow = tokensIn(asObject(entry['meta'])['n_ctx_train'])
  const images =
    booleanIn(asObject(props['modalities'])['vision']) ??
    readsImages(asObject(entry['architecture'])['input_modalities'])
  if (running === undefined && modelWindow === undefined && images === undefined) return undefined
  const window = running ?? modelWindow
  return reported({
    server: 'llamacpp',
    contextWindow: window,
    basis: window === undefined ? undefined : running === undefined ? 'model' : 'running',
    modelWindow,
    images,
    tools: onlyTrue(asObject(props['chat_template_caps'])['supports_tools'] === true),
  })
}

function readsImages(modalities: unknown): boolean | undefined {
  return Array.isArray(modalities) ? modalities.includes('image') : undefined
}
