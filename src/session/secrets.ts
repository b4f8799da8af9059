/** Collects the secrets of a config, so that they can be masked. */
import type { Config } from '../config/config.ts'
import { awsSecrets } from '../providers/auth/aws.ts'
import { headerSecrets } from '../providers/configured/secrets.ts'
import type { Env } from '../lib/env.ts'
import { percentDecoded } from '../lib/percent-decoded.ts'
import { isSecretName } from '../lib/redact.ts'

/** Every secret that a config holds or refers to, and those of AWS and of proxies in the environment. */
export function secretsOf(config: Config, env: Env): string[] {
  const keys = config.providers.flatMap(({ apiKey, apiKeys = [] }) => [apiKey, ...apiKeys])
  const named = config.variables.filter((name) => isSecretName(name.toLowerCase()))
  const values = named.map((name) => env[name] ?? '')
  const proxies = [config.proxyUrl, ...PROXIES.map((name) => env[name] ?? '')]
  const { webSearch: search } = config.lend
  const service = typeof search === 'object' ? search : undefined
  const urls = [...proxies, ...config.providers.map(({ url }) => url), service?.url ?? '']
  const headers = config.providers.flatMap((provider) => headerSecrets(provider.headers ?? {}))
  const urlParts = urls.flatMap(passwordsOf)
  const searchKey = service?.apiKey ?? ''
  const all = [
    config.apiKey,
    searchKey,
    ...keys,
    ...headers,
    ...values,
    ...urlParts,
    ...awsSecrets(env),
  ]
  return all.filter(Boolean)
}

const PROXIES = ['https_proxy', 'http_proxy', 'all_proxy'].flatMap((name) => [
  name,
  name.toUpperCase(),
])

/** The password in a URL and the values of its query, as written and as they are meant. */
function passwordsOf(url: string): string[] {
  if (!URL.canParse(url)) return []
  const { password, search, searchParams } = new URL(url)
  const written = search
    .slice(1)
    .split('&')
    .map((part) => part.slice(part.indexOf('=') + 1))
  return [password, percentDecoded(password), ...searchParams.values(), ...written]
}
