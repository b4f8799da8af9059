import type { ProviderConfig } from '../config/config.ts'
import { GatewayError } from '../messages/error.ts'
import { GENERIC, ROWS } from './presets.ts'
import type { FormatName, Row } from './row.ts'

/** A configured provider, ready to be called. */
export interface Provider {
  /** Its name in the config. */
  readonly name: string
  readonly row: Row
  readonly format: FormatName
  /** Where requests are posted. */
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
  /** The secret in `headers`, so that no upstream text can carry it on. */
  readonly apiKey: string
}

/** Transformers of existing configs that name a wire format, and the formats ccr has. */
const FORMAT_OF_TRANSFORMER: Readonly<Record<string, FormatName | undefined>> = {
  anthropic: 'anthropic',
  openai: 'openai-chat',
  'openai-responses': undefined,
  gemini: undefined,
  'vertex-gemini': undefined,
  'vertex-claude': undefined,
}

/**
 * The provider that a config entry describes: its row by host, else by name; its format by the
 * transformer, else by the URL's path, else by the row.
 * @throws GatewayError `invalid_request_error` if the entry needs a format that ccr does not have,
 * or a variable of its key is not set.
 */
export function providerOf(config: ProviderConfig): Provider {
  const url = new URL(config.url)
  const row = rowOf(config.name, url)
  const named = transformerNames(config.transformer)
  const format = formatOf(config.name, named, url, row)
  const bearer = row.auth === 'bearer' && format !== 'anthropic'
  return {
    name: config.name,
    row,
    format,
    url: endpoint(url, format),
    headers:
      config.apiKey === ''
        ? {}
        : credentials(config.apiKey, bearer || usesBearer(config.transformer)),
    apiKey: config.apiKey,
  }
}

function rowOf(name: string, url: URL): Row {
  return (
    ROWS.find((row) => row.hosts.includes(url.host)) ??
    ROWS.find((row) => row.id === name.toLowerCase()) ??
    GENERIC
  )
}

function formatOf(name: string, transformers: readonly string[], url: URL, row: Row): FormatName {
  for (const transformer of transformers) {
    if (!Object.hasOwn(FORMAT_OF_TRANSFORMER, transformer)) continue
    const format = FORMAT_OF_TRANSFORMER[transformer]
    if (format !== undefined) return format
    throw new GatewayError(
      'invalid_request_error',
      `Provider ${name} uses the transformer "${transformer}", whose wire format this version of ccr does not speak yet. It speaks OpenAI Chat Completions and Anthropic Messages.`,
      { shouldRetry: false },
    )
  }
  if (url.pathname.endsWith('/messages')) return 'anthropic'
  if (url.pathname.endsWith('/chat/completions')) return 'openai-chat'
  return row.format
}

const PATH: Readonly<Record<FormatName, string>> = {
  'openai-chat': '/chat/completions',
  anthropic: '/messages',
}

/** `api_base_url` is the complete endpoint; one that ends in a bare version lacks its last part. */
function endpoint(url: URL, format: FormatName): string {
  const bare = /^(.*\/v\d+)?\/?$/.exec(url.pathname)
  if (!bare) return url.href
  const whole = new URL(url)
  whole.pathname = `${bare[1] ?? '/v1'}${PATH[format]}`
  return whole.href
}

function credentials(apiKey: string, bearer: boolean): Record<string, string> {
  return bearer ? { authorization: `Bearer ${apiKey}` } : { 'x-api-key': apiKey }
}

/** `transformer.use` holds names and `[name, options]` pairs. */
function uses(transformer: unknown): readonly unknown[] {
  const use = (transformer as { use?: unknown } | null | undefined)?.use
  return Array.isArray(use) ? use : []
}

function transformerNames(transformer: unknown): readonly string[] {
  return uses(transformer)
    .map((entry): unknown => (Array.isArray(entry) ? entry[0] : entry))
    .filter((name) => typeof name === 'string')
    .map((name) => name.toLowerCase())
}

function usesBearer(transformer: unknown): boolean {
  return uses(transformer).some(
    (entry) =>
      Array.isArray(entry) && (entry[1] as { UseBearer?: unknown } | undefined)?.UseBearer === true,
  )
}
