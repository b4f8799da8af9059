/** Endpoints: the address for a model in each protocol, from the `api_base_url` of the config. */
import type { ProtocolName } from '../definition.ts'

/**
 * Where requests for a model are posted.
 * @param streamed whether the answer is to be a stream; absent: it is.
 */
export type Endpoint = (model: string, streamed?: boolean) => string

const ENDPOINT: Readonly<Record<ProtocolName, (url: URL) => Endpoint>> = {
  'openai-chat': (url) => fixed(url, '/chat/completions'),
  'openai-responses': (url) => fixed(url, '/responses'),
  anthropic: (url) => fixed(asAnthropic(url), '/messages'),
  gemini: geminiModels,
  'bedrock-converse': converseModels,
}

/** The endpoint that `api_base_url` of the config means in a protocol. */
export function endpointOf(url: URL, protocol: ProtocolName): Endpoint {
  return ENDPOINT[protocol](url)
}

/**
 * `api_base_url` is the complete endpoint; one that ends in a bare version (or in `/openai`, as
 * Google's does, or in Azure's deployment) lacks its last part.
 */
function fixed(url: URL, path: string): Endpoint {
  const bare = /^(.*\/(?:v\d+|openai|deployments\/[^/]+))?\/?$/.exec(url.pathname)
  const whole = new URL(url)
  if (bare) whole.pathname = `${bare[1] ?? '/v1'}${path}`
  return () => whole.href
}

/**
 * `…/model/MODEL/invoke-with-response-stream` and its like without a stream.
 * https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_InvokeModelWithResponseStream.html
 */
export function invokeModels(url: URL): Endpoint {
  const folder = folderOfModels(url.pathname)
  return (model, streamed = true) => {
    const whole = new URL(url)
    const action = streamed ? 'invoke-with-response-stream' : 'invoke'
    whole.pathname = `${folder}/model/${encodeURIComponent(model)}/${action}`
    return whole.href
  }
}

/** What stands before `/model/MODEL/…`, without a slash at its end. */
function folderOfModels(path: string): string {
  const model = path.indexOf('/model/')
  return model === -1 ? path.replace(/\/$/, '') : path.slice(0, model)
}

/** The base URLs that vendors give for Anthropic clients lack `/v1`: `https://…/api/anthropic`. */
export const ANTHROPIC_BASE = /\/(anthropic|claude-code-proxy)\/?$/

function asAnthropic(url: URL): URL {
  const whole = new URL(url)
  if (ANTHROPIC_BASE.test(url.pathname)) {
    whole.pathname = `${url.pathname.replace(/\/$/, '')}/v1`
  }
  return whole
}

/**
 * `https://bedrock-runtime.REGION.amazonaws.com`; a URL that names a model names another one for
 * each request. Ids hold colons and, as ARNs, slashes.
 */
function converseModels(url: URL): Endpoint {
  const folder = folderOfModels(url.pathname)
  return (model) => {
    const whole = new URL(url)
    whole.pathname = `${folder}/model/${encodeURIComponent(model)}/converse-stream`
    return whole.href
  }
}

/**
 * `api_base_url` is the folder of the models, such as `https://…/v1beta/models/`; a shorter one
 * lacks its end, a longer one names a model, which the request's replaces. Always streamed, as
 * server-sent events: https://ai.google.dev/api/generate-content#method:-models.streamgeneratecontent
 */
function geminiModels(url: URL): Endpoint {
  const path = url.pathname.replace(/\/[^/]*:(stream)?generateContent$/i, '').replace(/\/$/, '')
  const version = /^(.*\/v\d\w*)?$/.exec(path)
  const folder = version ? `${version[1] ?? '/v1beta'}/models` : path
  return (model) => {
    const whole = new URL(url)
    whole.pathname = `${folder}/${model.replace(/^models\//, '')}:streamGenerateContent`
    whole.searchParams.set('alt', 'sse')
    return whole.href
  }
}
