/** Endpoints on Vertex AI, whose path names a project and a location. */
import { commandLineIn } from '../../lib/command-line.ts'
import { withoutEnd } from '../../lib/trim.ts'
import { GatewayError } from '../../messages/error.ts'
import type { Endpoint } from './endpoint.ts'
import type { Env } from '../../lib/env.ts'

/** What an endpoint on Vertex AI depends on. */
export interface VertexParts {
  /** The provider's name, for errors. */
  readonly provider: string
  /** `api_base_url`: a host, or the whole folder of the models. */
  readonly url: URL
  readonly env: Env
}

/**
 * The folder of a publisher's models in a project: `GOOGLE_CLOUD_PROJECT`, `GOOGLE_CLOUD_LOCATION`
 * (else the host's own region), unless the URL says it all.
 * https://docs.cloud.google.com/vertex-ai/generative-ai/docs/model-reference/inference
 * @throws GatewayError `invalid_request_error` if the project is not known.
 */
export function vertexModels({ provider, url, env }: VertexParts, publisher = 'google'): URL {
  if (url.pathname.includes('/publishers/')) return url
  const whole = new URL(url)
  const version = publisher === 'google' ? 'v1beta1' : 'v1'
  const location = projectLocation({ provider, url, env })
  whole.pathname = `/${version}/${location}/publishers/${publisher}/models`
  return whole
}

/**
 * The base of Chat Completions in a project, unless the URL says it all.
 * https://docs.cloud.google.com/vertex-ai/generative-ai/docs/start/openai
 * @throws GatewayError as `vertexModels` does.
 */
export function vertexChat({ provider, url, env }: VertexParts): URL {
  if (url.pathname.endsWith('/chat/completions')) return url
  const whole = new URL(url)
  const path = url.pathname.includes('/endpoints/')
    ? withoutEnd(url.pathname, '/')
    : `/v1/${projectLocation({ provider, url, env })}/endpoints/openapi`
  whole.pathname = `${path}/chat/completions`
  return whole
}

function projectLocation({ provider, url, env }: VertexParts): string {
  const project = env['GOOGLE_CLOUD_PROJECT']
  if (!project) {
    throw new GatewayError(
      'invalid_request_error',
      `Provider ${provider} needs GOOGLE_CLOUD_PROJECT. Set it and run \`${commandLineIn(env, 'restart')}\`.`,
      { shouldRetry: false },
    )
  }
  const location = env['GOOGLE_CLOUD_LOCATION'] || locationOf(url.hostname)
  return `projects/${project}/locations/${location}`
}

/**
 * Where requests for Claude are posted on Vertex AI: `…/models/MODEL:streamRawPredict`, and its like without a stream.
 * https://docs.cloud.google.com/vertex-ai/generative-ai/docs/partner-models/claude/use-claude
 */
export function vertexClaude(parts: VertexParts): Endpoint {
  return (model, streamed = true) => {
    const whole = new URL(vertexModels(parts, 'anthropic'))
    const folder = whole.pathname.replace(/\/[^/]*:\w*[rR]awPredict$/, '').replace(/\/$/, '')
    whole.pathname = `${folder}/${model}:${streamed ? 'streamRawPredict' : 'rawPredict'}`
    return whole.href
  }
}

/** `us-central1-aiplatform.googleapis.com`; without a region it is the global endpoint. */
function locationOf(host: string): string {
  return /^([a-z0-9-]+)-aiplatform\./.exec(host)?.[1] ?? 'global'
}
