/** The session's log while its config may change: what is written, and what is masked. */
import type { Config } from '../config/config.ts'
import type { Logger } from '../lib/log.ts'
import { silent } from '../lib/log.ts'
import type { Env } from '../session/identity.ts'
import type { Sink } from './log.ts'
import { createLog } from './log.ts'
import type { Mask } from './mask.ts'
import { createMask, isSecretName } from './mask.ts'

export interface LiveLog extends Logger {
  /** With `LOG: false`. */
  readonly isSilent: boolean
  /** The text without any secret, for what is written elsewhere. */
  masked(text: string): string
  /** Goes by another config from now on. The secrets of those before stay masked: their requests may still run. */
  follow(config: Config): void
}

interface LogParts {
  readonly token: string
  readonly env: Env
  readonly sink: Sink
}

export function createLiveLog(first: Config, { token, env, sink }: LogParts): LiveLog {
  const secrets = new Set([token])
  let mask: Mask = (text) => text
  const open = (config: Config): Logger => {
    for (const secret of secretsOf(config, env)) secrets.add(secret)
    mask = createMask([...secrets])
    return config.log ? createLog(sink, { level: config.logLevel, mask }) : silent
  }
  let current = open(first)
  return {
    debug: (fields, message) => current.debug(fields, message),
    info: (fields, message) => current.info(fields, message),
    warn: (fields, message) => current.warn(fields, message),
    error: (fields, message) => current.error(fields, message),
    get isSilent() {
      return current === silent
    },
    masked: (text) => mask(text),
    follow(config) {
      current = open(config)
    },
  }
}

/** Every secret that a config holds or refers to, and those of the environment's proxies. */
function secretsOf(config: Config, env: Env): string[] {
  const keys = config.providers.flatMap(({ apiKey, apiKeys = [] }) => [apiKey, ...apiKeys])
  const named = config.variables.filter((name) => isSecretName(name.toLowerCase()))
  const values = named.map((name) => env[name] ?? '')
  const proxies = [config.proxyUrl, ...PROXIES.map((name) => env[name] ?? '')]
  const urls = [...proxies, ...config.providers.map(({ url }) => url)]
  return [config.apiKey, ...keys, ...values, ...urls.flatMap(passwordsOf)].filter(Boolean)
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
  return [password, decoded(password), ...searchParams.values(), ...written]
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}
