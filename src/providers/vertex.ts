import { GatewayError } from '../messages/error.ts'

type Env = Readonly<Record<string, string | undefined>>

/** Where a publisher's models are on Vertex AI, and how existing configs come to it. */
export interface VertexParts {
  /** The provider's name, for errors. */
  readonly provider: string
  /** `api_base_url`: a host, or the whole folder of the models. */
  readonly url: URL
  readonly env: Env
}

/**
 * The folder of Google's models in a project: `GOOGLE_CLOUD_PROJECT`, `GOOGLE_CLOUD_LOCATION` (else
 * the host's own region), unless the URL says it all.
 * https://docs.cloud.google.com/vertex-ai/generative-ai/docs/model-reference/inference
 * @throws GatewayError `invalid_request_error` if the project is not known.
 */
export function vertexModels({ provider, url, env }: VertexParts): URL {
  if (url.pathname.includes('/publishers/')) return url
  const project = env['GOOGLE_CLOUD_PROJECT']
  if (!project) {
    throw new GatewayError(
      'invalid_request_error',
      `Provider ${provider} needs GOOGLE_CLOUD_PROJECT. Set it and run \`ccr restart\`.`,
      { shouldRetry: false },
    )
  }
  const location = env['GOOGLE_CLOUD_LOCATION'] || locationOf(url.hostname)
  const whole = new URL(url)
  whole.pathname = `/v1beta1/projects/${project}/locations/${location}/publishers/google/models`
  return whole
}

/** `us-central1-aiplatform.googleapis.com`; without a region it is the global endpoint. */
function locationOf(host: string): string {
  return /^([a-z0-9-]+)-aiplatform\./.exec(host)?.[1] ?? 'global'
}
