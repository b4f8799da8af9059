import type { FormatName } from './row.ts'

/** Where requests for a model are posted. */
export type Endpoint = (model: string) => string

const PATH: Readonly<Record<FormatName, string>> = {
  'openai-chat': '/chat/completions',
  anthropic: '/messages',
}

/** `api_base_url` is the complete endpoint; one that ends in a bare version lacks its last part. */
export function endpointOf(url: URL, format: FormatName): Endpoint {
  const bare = /^(.*\/v\d+)?\/?$/.exec(url.pathname)
  const whole = new URL(url)
  if (bare) whole.pathname = `${bare[1] ?? '/v1'}${PATH[format]}`
  return () => whole.href
}
