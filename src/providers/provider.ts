import type { ProviderConfig } from '../config/config.ts'
import { usedTransformers } from '../config/transformer.ts'
import type { UsedTransformer } from '../config/transformer.ts'
import { GatewayError } from '../messages/error.ts'
import type { Capabilities } from '../formats/format.ts'
import { keyAuth } from './auth/auth.ts'
import type { Auth, KeyName } from './auth/auth.ts'
import { awsAuth, awsSecrets } from './auth/aws.ts'
import { googleAuth } from './auth/google.ts'
import type { PostForm } from './auth/google.ts'
import { capabilitiesOf } from './catalogue.ts'
import type { Call } from './call.ts'
import { ANTHROPIC_BASE, endpointOf } from './endpoint.ts'
import type { Endpoint } from './endpoint.ts'
import { hasHost, rowOf, VERTEX } from './presets.ts'
import type { FormatName, Row } from './row.ts'
import { vertexModels } from './vertex.ts'
import type { VertexParts } from './vertex.ts'
import { wireOf } from './wire.ts'
import type { Wire } from './wire.ts'

/** A configured provider, ready to be called. */
export interface Provider {
  /** Its name in the config. */
  readonly name: string
  readonly row: Row
  readonly format: FormatName
  readonly wire: Wire
  /** Whether its Messages API is another maker's, which knows nothing newer than the rest of them. */
  readonly isThirdParty: boolean
  /** What no text of the upstream may carry on. */
  readonly secrets: readonly string[]
  /** What is known of one of its models; undefined for nothing. */
  can(model: string): Capabilities | undefined
  /** Where requests for a model are posted. Throws where that depends on variables that are not set. */
  url(model: string): string
  /** The call that carries a body to a model. */
  call(model: string, body: string, headers?: Readonly<Record<string, string>>): Promise<Call>
}

type Env = Readonly<Record<string, string | undefined>>

/** Transformers of existing configs that name a wire format, and the formats ccr has. */
const FORMAT_OF_TRANSFORMER: Readonly<Record<string, FormatName | undefined>> = {
  anthropic: 'anthropic',
  openai: 'openai-chat',
  'openai-responses': 'openai-responses',
  gemini: 'gemini',
  'vertex-gemini': 'gemini',
  'vertex-claude': undefined,
}

/** Transformers of existing configs that name a provider, whatever its URL. */
const ROW_OF_TRANSFORMER: Readonly<Record<string, Row | undefined>> = { 'vertex-gemini': VERTEX }

/**
 * The provider that a config entry describes: its row by the transformer, else by host, else by
 * name; its format by the transformer, else by the URL's path, else by the row.
 * @param env where credentials may stand that are not in the config (AWS, Google).
 * @param post for credentials that are exchanged for a token (Google).
 * @throws GatewayError `invalid_request_error` if the entry needs a format that ccr does not have.
 */
export function providerOf(config: ProviderConfig, env: Env = {}, post?: PostForm): Provider {
  const { name, apiKey } = config
  const base = new URL(config.url)
  const used = usedTransformers(config.transformer)
  const row = used.map((t) => ROW_OF_TRANSFORMER[t.name]).find(Boolean) ?? rowOf(name, base)
  const format = formatOf(name, used, base, row)
  const endpoint = endpointOn(row, { provider: name, url: base, env }, format)
  const isThirdParty = row.firstParty === false && hasHost(row, base)
  const auth = authOf({ config, env, post, format, row, used, isThirdParty })
  return {
    name,
    row,
    format,
    wire: wireOf(format, row),
    isThirdParty,
    secrets: [apiKey, ...urlSecrets(base), ...(row.auth === 'aws' ? awsSecrets(env) : [])].filter(
      Boolean,
    ),
    can: (model) => capabilitiesOf(row.id, model),
    url: endpoint,
    async call(model, body, headers = {}) {
      const url = endpoint(model)
      const type = { 'content-type': 'application/json' }
      const credentials = await auth({ url, headers: type, body })
      return { provider: name, url, headers: { ...headers, ...type, ...credentials }, body }
    },
  }
}

/** Some put the key into the URL. */
function urlSecrets({ password, searchParams }: URL): string[] {
  return [password, ...searchParams.values()]
}

/** On Vertex AI the models' place is known when it is needed, so that the config can be read without. */
function endpointOn(row: Row, parts: VertexParts, format: FormatName): Endpoint {
  if (row !== VERTEX || format !== 'gemini') return endpointOf(parts.url, format)
  return (model) => endpointOf(vertexModels(parts), format)(model)
}

function formatOf(name: string, used: readonly UsedTransformer[], url: URL, row: Row): FormatName {
  const named = used.find((transformer) => Object.hasOwn(FORMAT_OF_TRANSFORMER, transformer.name))
  if (named) return FORMAT_OF_TRANSFORMER[named.name] ?? unknownFormat(name, named.name)
  if (url.pathname.endsWith('/messages') || ANTHROPIC_BASE.test(url.pathname)) return 'anthropic'
  if (/\/(chat\/completions|openai\/?)$/.test(url.pathname)) return 'openai-chat'
  if (/\/responses\/?$/.test(url.pathname)) return 'openai-responses'
  if (/\/v1beta\/models\/?$/.test(url.pathname)) return 'gemini'
  return row.format
}

function unknownFormat(provider: string, transformer: string): never {
  throw new GatewayError(
    'invalid_request_error',
    `Provider ${provider} uses the transformer "${transformer}", whose wire format this version of ccr does not speak yet.`,
    { shouldRetry: false },
  )
}

/** How a format's servers take the key where the row speaks of another format. */
const AUTH_OF_FORMAT: Readonly<Record<FormatName, KeyName>> = {
  'openai-chat': 'bearer',
  'openai-responses': 'bearer',
  anthropic: 'x-api-key',
  gemini: 'x-goog-api-key',
  'bedrock-converse': 'bearer',
}

interface AuthParts {
  readonly config: ProviderConfig
  readonly env: Env
  readonly post: PostForm | undefined
  readonly format: FormatName
  readonly row: Row
  readonly used: readonly UsedTransformer[]
  readonly isThirdParty: boolean
}

/**
 * The row's way, or that of the format. Anthropic's own key goes as `x-api-key`, other makers' as a
 * bearer token: their guides for Claude Code all set ANTHROPIC_AUTH_TOKEN. `UseBearer` overrides.
 */
function authOf(parts: AuthParts): Auth {
  const { config, format, row, used, isThirdParty } = parts

  const { name, apiKey } = config
  const bearer = used.map(({ options }) => options['UseBearer']).find((b) => b !== undefined)
  if (bearer === true) return keyAuth('bearer', apiKey)
  if (format === 'anthropic' && isThirdParty && bearer !== false) {
    return keyAuth('bearer', apiKey)
  }
  const kind = family(format) === family(row.format) ? row.auth : AUTH_OF_FORMAT[format]
  switch (kind) {
    case 'aws':
      return awsAuth({ provider: name, apiKey, env: parts.env })
    case 'google':
      return googleAuth({ provider: name, env: parts.env, post: parts.post ?? nowhere })
    default:
      return keyAuth(kind, apiKey)
  }
}

function nowhere(): Promise<never> {
  return Promise.reject(new Error('no way to ask for a token'))
}

/** Both APIs of OpenAI take the key alike. */
function family(format: FormatName): string {
  return format.startsWith('openai-') ? 'openai' : format
}
