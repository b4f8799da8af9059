/** The providers of a config as written in its text. */
import JSON5 from 'json5'
import { normalizeConfig } from '../../../config/legacy-formats.ts'
import { providersKey } from '../../../config/provider-list.ts'
import { outline } from '../../../config/parse/json5-locations.ts'
import type { ValuePath } from '../../../config/parse/set-value.ts'
import { UserError } from '../../../lib/user-error.ts'
import { suggest } from '../../../lib/suggest.ts'
import { visible } from '../../terminal/untrusted-text.ts'

/** The key of the provider list: `Providers`, or `providers` if that is the only one. */
export function listOf(source: string): 'Providers' | 'providers' {
  return providersKey(JSON5.parse<Readonly<Record<string, unknown>> | null>(source) ?? {})
}

export interface Entry {
  readonly name: string
  /** Its path in the file. */
  readonly path: ValuePath
  /** `api_key` as written, with its variables; undefined if there is none. */
  readonly key: unknown
  /** The name of the key's field as written: `apiKey` is accepted for `api_key`. */
  readonly keyName: string
  readonly hasCredentials: boolean
}

/** All providers with a name, in the order of the file. */
export function entriesOf(source: string): Entry[] {
  const list = listOf(source)
  const written = JSON5.parse<Readonly<Record<string, unknown>>>(source)
  const { value } = normalizeConfig({ value: written, node: outline(source) })
  const found = (value as Readonly<Record<string, unknown>>)[list]
  if (!Array.isArray(found)) return []
  const raw = written[list]
  return (found as unknown[]).flatMap((item, index): Entry[] => {
    const { name, api_key: key, credentials } = (item ?? {}) as Readonly<Record<string, unknown>>
    if (typeof name !== 'string') return []
    const path = pathIn(raw, list, { name, index })
    const keyName = keyNameIn(valueAt(written, path))
    return [{ name, path, key, keyName, hasCredentials: credentials !== undefined }]
  })
}

/** What `ccr key` stores keys of: the providers, and the search service of `Lend` after them. */
export function keyedEntriesOf(source: string): Entry[] {
  return [...entriesOf(source), ...searchServiceIn(source)]
}

/** The search service of `Lend.webSearch`, by the name of the service. */
function searchServiceIn(source: string): Entry[] {
  const path = ['Lend', 'webSearch'] as const
  const found = valueAt(JSON5.parse<unknown>(source), path)
  if (typeof found !== 'object' || found === null) return []
  const { service, api_key: key } = found as Readonly<Record<string, unknown>>
  if (typeof service !== 'string') return []
  return [{ name: service, path, key, keyName: 'api_key', hasCredentials: false }]
}

/** The path of a provider in a list, in an object by name, or on its own. */
function pathIn(
  raw: unknown,
  list: string,
  { name, index }: { readonly name: string; readonly index: number },
): ValuePath {
  if (Array.isArray(raw)) return [list, index]
  const alone = typeof (raw as { readonly name?: unknown } | null)?.name === 'string'
  return alone ? [list] : [list, name]
}

function valueAt(root: unknown, path: ValuePath): unknown {
  let value = root
  for (const step of path) value = (value as Record<string | number, unknown> | null)?.[step]
  return value
}

function keyNameIn(raw: unknown): string {
  const keys = typeof raw === 'object' && raw !== null ? Object.keys(raw) : []
  return keys.includes('api_key')
    ? 'api_key'
    : (keys.find((key) => /^(api_?key|key|token|auth_token)$/i.test(key)) ?? 'api_key')
}

/** The provider of this name, ignoring case. Throws UserError with suggestions. */
export function entryNamed(name: string, entries: readonly Entry[]): Entry {
  const wanted = name.trim().toLowerCase()
  const found =
    entries.find((entry) => entry.name === name.trim()) ??
    entries.find((entry) => entry.name.trim().toLowerCase() === wanted)
  if (found !== undefined) return found
  const names = entries.map((entry) => entry.name)
  const near = suggest(name, names)
  throw new UserError(
    `there is no provider '${visible(name)}' in the config.`,
    near.length > 0
      ? `Did you mean ${near.map(visible).join(' or ')}?`
      : 'Existing providers: ccr provider list. To add one: ccr provider add NAME',
  )
}

/** The only variable of a key; undefined if the key is written in another way. */
export function variableIn(key: unknown): string | undefined {
  const text = typeof key === 'string' ? key.trim() : ''
  const found = /^\$(?:\{([^{}]{1,256})\}|([A-Z_][A-Z0-9_]{0,255}))$/.exec(text)
  const name = (found?.[1]?.split(':-', 1)[0] ?? found?.[2] ?? '').trim()
  return name === '' ? undefined : name
}
