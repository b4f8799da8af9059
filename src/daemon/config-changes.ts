/** What a new config changes for a running session. */
import { settingAdvice } from '../config/key-advice.ts'
import { commandLineIn } from '../lib/command-line.ts'
import type { Config } from '../config/config.ts'
import type { Env } from '../lib/env.ts'
import { addressOf } from './bind.ts'

/** The settings and providers that differ, by name: values may be secrets. */
export function changedNames(before: Config, after: Config): string[] {
  const keys = Object.keys(NAMES) as (keyof typeof NAMES)[]
  const changed = keys.filter((key) => JSON.stringify(before[key]) !== JSON.stringify(after[key]))
  return [...changed.map((key) => NAMES[key]), ...changedProviders(before, after)]
}

/** What each part of the config is called in its file; all parts, so that no edit is overlooked. */
const NAMES = {
  router: 'Router',
  fallback: 'fallback',
  preferences: 'Preferences',
  prices: 'Prices',
  usage: 'Usage',
  budgets: 'Budgets',
  lend: 'Lend',
  retry: 'Retry',
  extensions: 'extensions',
  port: 'PORT',
  host: 'HOST',
  apiKey: 'APIKEY',
  requireToken: 'REQUIRE_TOKEN',
  log: 'LOG',
  logLevel: 'LOG_LEVEL',
  apiTimeoutMs: 'API_TIMEOUT_MS',
  pingAfterMs: 'PING_AFTER_MS',
  requestCache: 'REQUEST_CACHE',
  proxyUrl: 'PROXY_URL',
  caFile: 'CA_FILE',
  claudePath: 'CLAUDE_PATH',
  nonInteractive: 'NON_INTERACTIVE_MODE',
} as const satisfies Readonly<
  Record<
    Exclude<
      keyof Config,
      | 'file'
      | 'providers'
      | 'variables'
      | 'keyVariables'
      | 'warnings'
      | 'mistakes'
      | 'providerWarnings'
    >,
    string
  >
>

function changedProviders(before: Config, after: Config): string[] {
  const texts = ({ providers }: Config): Map<string, string> =>
    new Map(providers.map((provider) => [provider.name, JSON.stringify(provider)]))
  const [old, young] = [texts(before), texts(after)]
  const added = [...young.keys()].filter((name) => !old.has(name)).map((name) => `+${name}`)
  const removed = [...old.keys()].filter((name) => !young.has(name)).map((name) => `-${name}`)
  const changed = [...young].filter(([name, text]) => (old.get(name) ?? text) !== text)
  return [...added, ...removed, ...changed.map(([name]) => name)]
}

/** What of a config does not hold before the session is started anew, in sentences. */
export function waitsForRestart(started: Config, now: Config, env: Env): string[] {
  const restart = commandLineIn(env, 'restart')
  const waits = (what: string): string => `${what} takes effect with: ${restart}`
  const unset = now.variables.filter((name) => !started.variables.includes(name) && !env[name])
  return [
    ...(now.port === started.port ? [] : [waits(`PORT ${String(now.port)} of the config`)]),
    ...(addressOf(now).bind === addressOf(started).bind
      ? []
      : [waits(`the address (HOST ${now.host}, APIKEY) of the config`)]),
    ...unset.map((name) => {
      const provider = now.providers.find(({ keyVariable }) => keyVariable === name)
      const how = settingAdvice(provider ?? { name }, [name], env)
      return `${name}, which the config now refers to, is not set in this session: set it (${how}), then: ${restart}`
    }),
  ]
}
