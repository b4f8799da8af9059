import type { FormatName } from './row.ts'

/** Where requests for a model are posted. */
export type Endpoint = (model: string) => string

const ENDPOINT: Readonly<Record<FormatName, (url: URL) => Endpoint>> = {
  'openai-chat': (url) => fixed(url, '/chat/completions'),
  'openai-responses': (url) => fixed(url, '/responses'),
  anthropic: (url) => fixed(url, '/messages'),
  gemini: geminiModels,
}

/** The endpoint that `api_base_url` of the config means for a format. */
export function endpointOf(url: URL, format: FormatName): Endpoint {
  return ENDPOINT[format](url)
}

/**
 * `api_base_url` is the complete endpoint; one that ends in a bare version (or in `/openai`, as
 * Google's does) lacks its last part.
 */
function fixed(url: URL, path: string): Endpoint {
  const bare = /^(.*\/(?:v\d+|openai))?\/?$/.exec(url.pathname)
  const whole = new URL(url)
  if (bare) whole.pathname = `${bare[1] ?? '/v1'}${path}`
  return () => whole.href
}

/**
 * `api_base_url` is the folder of the models, such as `https://…/v1beta/models/`; a shorter one
 * lacks its end, a longer one names a model, which the request's replaces. Always streamed, as
 * server-sent events: https://ai.google.dev/api/generate-content#method:-models.streamgeneratecontent
 */
function geminiModels(url: URL): Endpoint {
  const path = url.pathname.replace(/\/[^/]*:(stream)?generateContent$/i, '').replace(/\/$/, '')
  const version = /^(.*\/v\d+\w*)?$/.exec(path)
  const folder = version ? `${version[1] ?? '/v1beta'}/models` : path
  return (model) => {
    const whole = new URL(url)
    whole.pathname = `${folder}/${model.replace(/^models\//, '')}:streamGenerateContent`
    whole.searchParams.set('alt', 'sse')
    return whole.href
  }
}
