/**
 * Reads what Ollama reports: `POST /api/show` of each model, and `GET /api/ps` of those that are loaded.
 * https://github.com/ollama/ollama/blob/main/docs/api.md#show-model-information
 */
import type { ReportedModel } from '../../config/config.ts'
import { asObject, isObject, type JsonObject } from '../../lib/json.ts'
import {
  idIn,
  MOST_QUERIED,
  objectsIn,
  type GetJson,
  type Reported,
  reported,
  tokensIn,
} from './reader.ts'

export async function readOllama(
  getJson: GetJson,
  wanted: readonly string[],
): Promise<Reported | undefined> {
  const running = asObject(await getJson('/api/ps'))['models']
  if (!Array.isArray(running)) return undefined
  const loaded = contextsOf(objectsIn(running))
  const queried = wanted.slice(0, MOST_QUERIED)
  const shown = await Promise.all(queried.map((model) => getJson('/api/show', { model })))
  return new Map(
    queried.flatMap((model, n) => {
      const details = shown[n]
      return isObject(details) ? [[model, modelOf(details, loaded.get(wholeName(model)))]] : []
    }),
  )
}

/** `context_length` by the name of each loaded model; older versions have no such field. */
function contextsOf(running: readonly JsonObject[]): ReadonlyMap<string, number> {
  return new Map(
    running.flatMap(({ model, name, context_length: length }) => {
      const id = idIn(model) ?? idIn(name)
      const context = tokensIn(length)
      return id === undefined || context === undefined ? [] : [[wholeName(id), context] as const]
    }),
  )
}

/** `llama3.2` is `llama3.2:latest`; case does not matter. */
function wholeName(model: string): string {
  const name = model.toLowerCase()
  return (name.split('/').at(-1) ?? '').includes(':') ? name : `${name}:latest`
}

function modelOf(details: JsonObject, running: number | undefined): ReportedModel {
  const modelWindow = lengthIn(asObject(details['model_info']))
  const parameter = parameterIn(details['parameters'])
  return reported({
    server: 'ollama',
    ...windowOf({ running, parameter, modelWindow, isRemote: isRemote(details) }),
    modelWindow,
    ...abilitiesIn(details['capabilities']),
    isParameter: parameter === undefined ? undefined : true,
  })
}

interface Windows {
  readonly running: number | undefined
  /** `num_ctx` of the model; `OLLAMA_CONTEXT_LENGTH` of the server counts only without it. */
  readonly parameter: number | undefined
  readonly modelWindow: number | undefined
  readonly isRemote: boolean
}

/**
 * A model's parameter counts, also where the model is loaded with another context, by another program or
 * before the parameter was changed: a request of the OpenAI API loads it again (0.17.4, run on
 * 2026-11-30). Else what is loaded counts. Ollama never takes more than the model was made for
 * (llm/server.go), and always that for models of its cloud (docs/context-length.mdx).
 */
function windowOf({ running, parameter, modelWindow, isRemote }: Windows) {
  if (parameter !== undefined) {
    const contextWindow = Math.min(parameter, modelWindow ?? parameter)
    const isRunning = running === contextWindow
    return { contextWindow, basis: isRunning ? ('running' as const) : ('set' as const) }
  }
  if (running !== undefined) return { contextWindow: running, basis: 'running' as const }
  if (modelWindow === undefined) return {}
  return { contextWindow: modelWindow, basis: isRemote ? ('set' as const) : ('model' as const) }
}

function isRemote(details: JsonObject): boolean {
  return idIn(details['remote_host']) !== undefined
}

/** `"llama.context_length": 131072`, under the name of the architecture. */
function lengthIn(info: JsonObject): number | undefined {
  const architecture = info['general.architecture']
  return typeof architecture === 'string'
    ? tokensIn(info[`${architecture}.context_length`])
    : undefined
}

/** Longest text of parameters that is read, UTF-16 units: each takes a line. */
const PARAMETERS_LENGTH = 64 * 1024

/** A line `num_ctx                        32768`; large numbers are written as `1e+06`. */
function parameterIn(parameters: unknown): number | undefined {
  if (typeof parameters !== 'string') return undefined
  const lines = parameters.slice(0, PARAMETERS_LENGTH).split('\n')
  const line = lines.find((text) => text.startsWith('num_ctx '))
  return tokensIn(Number(line?.slice('num_ctx '.length).trim() || Number.NaN))
}

/** https://github.com/ollama/ollama/blob/main/types/model/capability.go; older versions list none. */
function abilitiesIn(capabilities: unknown) {
  if (!Array.isArray(capabilities)) return {}
  const has = (name: string): boolean => capabilities.includes(name)
  return { images: has('vision'), reasoning: has('thinking'), tools: has('tools') }
}
