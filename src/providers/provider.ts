import type { ProviderConfig } from '../config/config.ts'
import { GatewayError } from '../messages/error.ts'
import { keyAuth } from './auth/auth.ts'
import type { Auth, AuthName } from './auth/auth.ts'
import type { Call } from './call.ts'
import { endpointOf } from './endpoint.ts'
import { GENERIC, ROWS } from './presets.ts'
import type { FormatName, Row } from './row.ts'
import { usedTransformers } from './transformer.ts'
import type { UsedTransformer } from './transformer.ts'
import { wireOf } from './wire.ts'
import type { Wire } from './wire.ts'

/** A configured provider, ready to be called. */
export interface Provider {
  /** Its name in the config. */
  readonly name: string
  readonly row: Row
  readonly format: FormatName
  readonly wire: Wire
  /** The provider's secret, so that no text of the upstream can carry it on. */
  readonly apiKey: string
  /** The call that carries a body to a model. */
  call(model: string, body: string, headers?: Readonly<Record<string, string>>): Promise<Call>
}

/** Transformers of existing configs that name a wire format, and the formats ccr has. */
const FORMAT_OF_TRANSFORMER: Readonly<Record<string, FormatName | undefined>> = {
  anthropic: 'anthropic',
  openai: 'openai-chat',
  'openai-responses': 'openai-responses',
  gemini: 'gemini',
  'vertex-gemini': undefined,
  'vertex-claude': undefined,
}

/**
 * The provider that a config entry describes: its row by host, else by name; its format by the
 * transformer, else by the URL's path, else by the row.
 * @throws GatewayError `invalid_request_error` if the entry needs a format that ccr does not have.
 */
export function providerOf(config: ProviderConfig): Provider {
  const { name, apiKey } = config
  const base = new URL(config.url)
  const row = rowOf(name, base)
  const used = usedTransformers(config.transformer)
  const format = formatOf(name, used, base, row)
  const endpoint = endpointOf(base, format)
  const auth = authOf(format, used, row, apiKey)
  return {
    name,
    row,
    format,
    wire: wireOf(format, row),
    apiKey,
    async call(model, body, headers = {}) {
      const url = endpoint(model)
      const credentials = await auth({ url, body })
      const type = { 'content-type': 'application/json' }
      return { provider: name, url, headers: { ...headers, ...type, ...credentials }, body }
    },
  }
}

function rowOf(name: string, url: URL): Row {
  return (
    ROWS.find((row) => row.hosts.includes(url.host)) ??
    ROWS.find((row) => row.id === name.toLowerCase()) ??
    GENERIC
  )
}

function formatOf(name: string, used: readonly UsedTransformer[], url: URL, row: Row): FormatName {
  const named = used.find((transformer) => Object.hasOwn(FORMAT_OF_TRANSFORMER, transformer.name))
  if (named) return FORMAT_OF_TRANSFORMER[named.name] ?? unknownFormat(name, named.name)
  if (url.pathname.endsWith('/messages')) return 'anthropic'
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
const AUTH_OF_FORMAT: Readonly<Record<FormatName, AuthName>> = {
  'openai-chat': 'bearer',
  'openai-responses': 'bearer',
  anthropic: 'x-api-key',
  gemini: 'x-goog-api-key',
}

/** Anthropic endpoints take the key as `x-api-key`, unless `UseBearer` says otherwise. */
function authOf(
  format: FormatName,
  used: readonly UsedTransformer[],
  row: Row,
  apiKey: string,
): Auth {
  const bearer = used.some(({ options }) => options['UseBearer'] === true)
  if (bearer) return keyAuth('bearer', apiKey)
  return keyAuth(format === row.format ? row.auth : AUTH_OF_FORMAT[format], apiKey)
}
