/** From the value of the file to a valid input, or to the list of everything wrong with it. */
import { isObject } from '../lib/json.ts'
import * as v from 'valibot'
import { isDemoName } from './demo.ts'
import { maskSecrets } from './parse/excerpt.ts'
import type { VariableUse } from './parse/interpolate.ts'
import { isRead, meantProviderKey, pathText, PROVIDER_LISTS } from './schema/keys.ts'
import type { Path } from './parse/json5-locations.ts'
import { nameProblems } from './preferences.ts'
import { type ConfigInput, configSchema, ENDPOINT } from './schema/schema.ts'

/** Something wrong, or worth telling, at a place of the file. */
export interface Diagnostic {
  readonly path: Path
  readonly text: string
  /** It is about the key rather than the value. */
  readonly atKey?: boolean
  /** A session starts with it, but not as its author meant: `ccr config check` fails. */
  readonly isMistake?: boolean
}

export interface CheckResult {
  /** Undefined when a value is not as the schema wants it. */
  readonly input: ConfigInput | undefined
  readonly problems: readonly Diagnostic[]
  /** Half-filled providers, which are left out. */
  readonly leftOut: readonly Diagnostic[]
}

type Unset = ReadonlyMap<string, VariableUse>
type Members = Readonly<Record<string, unknown>>
type Inner = Readonly<Record<string | number, unknown>> | null | undefined

/** `written` is the value of the file, `value` the same with its variables replaced. */
export function check(written: unknown, value: unknown, uses: readonly VariableUse[]): CheckResult {
  const unset = new Map(uses.filter((use) => !use.set).map((use) => [pathText(use.path), use]))
  const settled = settle(value, [], unset)
  const result = v.safeParse(configSchema, settled)
  const incomplete = incompleteProviders(settled, unset)
  const problems = [
    ...(result.issues ?? []).map((issue) => fromIssue(issue, written)),
    ...(incomplete.isAll ? incomplete.diagnostics : []),
    ...nameProblems(settled),
    ...exported(settled),
    ...unsetKey(unset),
  ]
  return {
    input: result.success ? result.output : undefined,
    problems: onePerPath(problems),
    leftOut: incomplete.isAll ? [] : onePerPath(incomplete.diagnostics).map(leftOut),
  }
}

/**
 * The value without what counts as unset: null, blank text (the old router's UI writes every key,
 * empty when unused) and text whose variables are unset. Only in what ccr reads itself.
 */
function settle(value: unknown, path: Path, unset: Unset): unknown {
  if (value === null) return undefined
  if (typeof value === 'string') {
    return value.trim() === '' || unset.has(pathText(path)) ? undefined : value
  }
  if (typeof value !== 'object') return value
  const inner = (item: unknown, step: string | number) =>
    isRead([...path, step]) ? settle(item, [...path, step], unset) : item
  if (Array.isArray(value)) return value.map((item: unknown, index) => inner(item, index) ?? '')
  const members = Object.entries(value).map(([key, item]) => [key, inner(item, key)] as const)
  return Object.fromEntries(members.filter(([, item]) => item !== undefined))
}

function fromIssue(issue: v.BaseIssue<unknown>, written: unknown): Diagnostic {
  const path = (issue.path ?? []).map((item) => item.key as string | number)
  const name = nameOf(path)
  const parent = nameOf(path.slice(0, -1))
  const value = valueAt(written, path)
  // Only a strict object expects that a key is not there.
  if (issue.expected === 'never') {
    const text = `${name} is not a key of ${parent}; expected ${issue.message}`
    return { path, text, atKey: true }
  }
  const found =
    value === undefined
      ? `${parent} has no ${String(path.at(-1))}`
      : `${name} is ${shown(value, path)}`
  return { path, text: `${found}; expected ${issue.message}` }
}

function nameOf(path: Path): string {
  return path.length === 0 ? 'the config' : pathText(path)
}

/** What is written at `path`; undefined where nothing is. */
function valueAt(written: unknown, path: Path): unknown {
  return path.reduce((value, step) => (value as Inner)?.[step], written)
}

/** A value of the file as written (never a variable's value), with secrets starred out. */
function shown(value: unknown, path: Path): string {
  if (Array.isArray(value)) return 'a list'
  if (value === null) return 'null'
  if (typeof value === 'object') return 'an object'
  if (path.some((step) => /key$/i.test(String(step)))) return `a ${typeof value}`
  const text = maskSecrets(
    typeof value === 'number' ? String(value) : JSON.stringify(value).slice(0, 8192),
  )
  return text.length > 70 ? `${text.slice(0, 70)}…` : text
}

/**
 * Providers without a name, or without an endpoint although they are not built in: the old router's
 * page leaves one behind when it is not filled in to the end. Without any other nothing works.
 */
function incompleteProviders(settled: unknown, unset: Unset) {
  const each = PROVIDER_LISTS.flatMap((list) => {
    const providers = (settled as Members | null)?.[list]
    if (!Array.isArray(providers)) return []
    return providers.flatMap((provider: unknown, index) => {
      return isObject(provider) ? [incomplete(provider, [list, index], unset)] : []
    })
  })
  return { diagnostics: each.flat(), isAll: each.every((diagnostics) => diagnostics.length > 0) }
}

function leftOut(diagnostic: Diagnostic): Diagnostic {
  return { ...diagnostic, text: `${diagnostic.text}; this provider is left out` }
}

function incomplete(provider: Members, path: Path, unset: Unset): Diagnostic[] {
  const diagnostics: Diagnostic[] = []
  if (provider['name'] === undefined) {
    diagnostics.push(absent(provider, [...path, 'name'], 'a name', unset))
  }
  const url = [...path, 'api_base_url']
  const waits = unset.has(pathText(url)) || isDemoName(provider['name'])
  if (provider['api_base_url'] === undefined && !waits) {
    diagnostics.push(absent(provider, url, ENDPOINT, unset))
  }
  return diagnostics
}

function absent(provider: Members, path: Path, expected: string, unset: Unset): Diagnostic {
  const use = unset.get(pathText(path))
  if (use !== undefined) return { path, text: `${refers(use)}; expected ${expected}` }
  const key = path.at(-1)
  const other = Object.keys(provider).find((written) => meantProviderKey(written) === key)
  const instead = other === undefined ? '' : ` (it has ${other}, which is not read)`
  return {
    path,
    text: `${pathText(path.slice(0, -1))} has no ${String(key)}${instead}; expected ${expected}`,
  }
}

/** A backup of version 3 holds its config under `config`, among copies of its databases. */
function exported(settled: unknown): Diagnostic[] {
  const { Providers, providers, config } = (settled ?? {}) as Members
  const inner = (config ?? {}) as Members
  if ((Providers ?? providers) !== undefined) return []
  if (!Array.isArray(inner['Providers'] ?? inner['providers'])) return []
  const text = 'this is a backup of version 3; expected what it has under config as the whole file'
  return [{ path: ['config'], atKey: true, text }]
}

/** A lock that was asked for must not be left open because its key is not set. */
function unsetKey(unset: Unset): Diagnostic[] {
  const use = unset.get('APIKEY')
  if (use === undefined) return []
  return [{ path: use.path, text: `${refers(use)}; expected it to hold the clients' key` }]
}

/** `Providers[0].api_key refers to OPENROUTER_API_KEY, which is not set`. */
export function refers({ path, variable }: VariableUse): string {
  return `${pathText(path)} refers to ${variable}, which is not set`
}

/** Several rules may fail on one value; the first says enough. */
function onePerPath(diagnostics: readonly Diagnostic[]): Diagnostic[] {
  const first = new Map<string, Diagnostic>()
  for (const diagnostic of diagnostics) {
    const path = pathText(diagnostic.path)
    if (!first.has(path)) first.set(path, diagnostic)
  }
  return [...first.values()]
}
