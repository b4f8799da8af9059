/** The keys of a config file: which are known, which are read, and what a wrong one may mean. */
import { suggest } from '../../lib/suggest.ts'
import type { Path } from '../parse/json5-locations.ts'
import { configEntries, providerEntries, routerEntries, settingEntries } from './schema.ts'

export const PROVIDER_LISTS = ['Providers', 'providers'] as const

/** Names that other tools, and the old router's documentation, use for a provider's keys. */
const OTHER_NAMES: Readonly<Record<string, readonly string[]>> = {
  name: ['id', 'provider'],
  api_base_url: ['baseurl', 'base_url', 'apibaseurl', 'apiurl', 'url', 'host', 'endpoint'],
  api_key: ['apikey', 'key', 'token', 'auth_token'],
  models: ['model'],
  transformer: ['transformers'],
}

const LEFT_AS_WRITTEN: ReadonlySet<string> = new Set(['transformer', 'tokenizer'])

/** Keys whose values ccr reads at any depth. */
const WHOLE: ReadonlySet<string | number> = new Set(['Prices', 'Usage', 'Budgets', 'Lend'])

/** As one would write it in a program: `Providers[0].api_key`. */
export function pathText(path: Path): string {
  return path
    .map((step) => {
      if (typeof step === 'number') return `[${step}]`
      return /^[\w$]+$/.test(step) ? `.${step}` : `[${JSON.stringify(step)}]`
    })
    .join('')
    .replace(/^\./, '')
}

/** Whether ccr itself reads the value at `path`, rather than leaving it as written. */
export function isRead([first, , third]: Path): boolean {
  if (first === undefined) return true
  if (first === 'Router' || first === 'Preferences') return third === undefined
  if (WHOLE.has(first)) return true
  if (!isProviderList(first)) return Object.hasOwn(settingEntries, first)
  if (typeof third !== 'string') return true
  return Object.hasOwn(providerEntries, third) && !LEFT_AS_WRITTEN.has(third)
}

export function isProviderList(key: string | number | undefined): boolean {
  return key === 'Providers' || key === 'providers'
}

/** `_comment`, `//` and the like: JSON has no other place for them. */
export function isComment(key: string): boolean {
  return /^(_|\/\/|#|\$comment)/.test(key)
}

export function isKnownKey(key: string): boolean {
  return Object.hasOwn(configEntries, key)
}

export function isKnownProviderKey(key: string): boolean {
  return Object.hasOwn(providerEntries, key)
}

/** The known top-level key that `key` may mean. */
export function meantKey(key: string): string | undefined {
  return suggest(key, Object.keys(configEntries), 1)[0]
}

/** The key of a provider that others call `key`: `baseUrl` for `api_base_url`. */
export function otherProviderKey(key: string): string | undefined {
  if (isKnownProviderKey(key)) return undefined
  const lower = key.toLowerCase().replaceAll('-', '_')
  const found = Object.entries(OTHER_NAMES).find(
    ([known, others]) => lower === known || others.includes(lower),
  )
  return found?.[0]
}

/** The known key of a provider that `key` may mean, also by a slip. */
export function meantProviderKey(key: string): string | undefined {
  return otherProviderKey(key) ?? suggest(key, Object.keys(providerEntries), 1)[0]
}

/** The key of Router that `key` is in other letters: `longcontext` is `longContext`. */
export function sameScenario(key: string): string | undefined {
  if (Object.hasOwn(routerEntries, key)) return undefined
  const lower = key.toLowerCase()
  return Object.keys(routerEntries).find((known) => known.toLowerCase() === lower)
}

/** The scenario that `key` of Router is a slip of; own routers may use others, which are fine. */
export function meantScenario(key: string): string | undefined {
  if (Object.hasOwn(routerEntries, key)) return undefined
  return OTHER_SCENARIOS[key.toLowerCase()] ?? suggest(key, Object.keys(routerEntries), 1)[0]
}

/** What people take for the names of scenarios; other routers and tools call them so. */
const OTHER_SCENARIOS: Readonly<Partial<Record<string, string>>> = {
  thinking: 'think',
  reasoning: 'think',
  reason: 'think',
  plan: 'think',
  vision: 'image',
  images: 'image',
  multimodal: 'image',
  search: 'webSearch',
  web: 'webSearch',
  long: 'longContext',
  small: 'background',
  fast: 'background',
  haiku: 'background',
  main: 'default',
}
