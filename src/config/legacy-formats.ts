/** Converts forms of other versions and tools, where their meaning is beyond doubt, to the form that ccr reads. */
import { isObject } from '../lib/json.ts'
import { formatModelRef } from '../lib/model-ref.ts'
import type { Diagnostic } from './check.ts'
import { isProviderList, otherProviderKey, pathText, sameScenario } from './schema/keys.ts'
import { inItems, inMembers, listOf, objectOf, type LocatedValue } from './parse/located-value.ts'
import type { Path } from './parse/json5-locations.ts'
import { routerEntries } from './schema/schema.ts'

export interface NormalizedConfig extends LocatedValue {
  /** A warning for each conversion; paths are those of the converted config. */
  readonly diagnostics: readonly Diagnostic[]
}

/** The whole config in the form that ccr reads. Its outline is converted as well, so that diagnostics point at the text. */
export function normalizeConfig(config: LocatedValue): NormalizedConfig {
  const diagnostics: Diagnostic[] = []
  const named = renamed(config, [], (key) => (key === 'router' ? 'Router' : undefined), diagnostics)
  const part = inMembers(named, (key, inner) => {
    if (isProviderList(key)) return [key, providers(inner, [key], diagnostics)]
    return [key, key === 'Router' ? router(inner, [key], diagnostics) : inner]
  })
  return { ...part, diagnostics }
}

/** Renames keys as `nameFor` says, unless the new name is already there. */
function renamed(
  part: LocatedValue,
  path: Path,
  nameFor: (key: string) => string | undefined,
  diagnostics: Diagnostic[],
): LocatedValue {
  const taken = new Set(Object.keys(isObject(part.value) ? part.value : {}))
  return inMembers(part, (key, inner) => {
    const name = nameFor(key)
    if (name === undefined || taken.has(name)) return [key, inner]
    taken.add(name)
    const text = `${pathText([...path, key])} is read as ${name}`
    diagnostics.push({ path: [...path, name], atKey: true, text })
    return [name, inner]
  })
}

function providers(part: LocatedValue, path: Path, diagnostics: Diagnostic[]): LocatedValue {
  return inItems(asList(part, path, diagnostics), (item, index) => {
    const at = [...path, index]
    const named = renamed(item, at, otherProviderKey, diagnostics)
    return inMembers(named, (key, inner) =>
      key === 'transformer' ? [key, transformer(inner, [...at, key], diagnostics)] : [key, inner],
    )
  })
}

/** Makes a list of one provider, or of an object of them by name. An object whose keys and names differ is left as it is: which of them counts is unclear. */
function asList(part: LocatedValue, path: Path, diagnostics: Diagnostic[]): LocatedValue {
  const { value, node } = part
  if (!isObject(value)) return part
  const report = (text: string): void => {
    diagnostics.push({ path, atKey: true, text: `${pathText(path)} is ${text}` })
  }
  if (typeof value['name'] === 'string') {
    report('a provider; it is read as a list of one')
    return listOf(node, [part])
  }
  const entries = Object.entries(value)
  if (!entries.every(([key, item]) => isObject(item) && (item['name'] ?? key) === key)) return part
  if (entries.length > 0) {
    report('an object; it is read as a list, each with its key as its name')
  }
  const items = entries.map(([key, item]): LocatedValue => {
    const inner = node.members?.get(key)?.value ?? node
    return { value: { name: key, ...(item as object) }, node: inner }
  })
  return listOf(node, items)
}

/** Converts the `transformer` of a provider: for all its models, and under the id of a model for that one. */
function transformer(part: LocatedValue, path: Path, diagnostics: Diagnostic[]): LocatedValue {
  return inMembers(withUse(part, path, diagnostics), (key, inner) => [
    key,
    key === 'use' ? inner : withUse(inner, [...path, key], diagnostics),
  ])
}

/** `"name"`, `["name"]` and `{ "use": "name" }` for `{ "use": ["name"] }`. */
function withUse(part: LocatedValue, path: Path, diagnostics: Diagnostic[]): LocatedValue {
  const isName = typeof part.value === 'string' && part.value.trim() !== ''
  if (isName || Array.isArray(part.value)) {
    diagnostics.push({ path, atKey: true, text: `${pathText(path)} is read as { "use": […] }` })
    const list = isName ? listOf(part.node, [part]) : part
    return objectOf('use', used(list, [...path, 'use'], diagnostics))
  }
  return inMembers(part, (key, inner) => [
    key,
    key === 'use' ? used(inner, [...path, key], diagnostics) : inner,
  ])
}

function used(part: LocatedValue, path: Path, diagnostics: Diagnostic[]): LocatedValue {
  const { value, node } = part
  if (typeof value === 'string' && value.trim() !== '') {
    const text = `use is read as a list: [${JSON.stringify(value)}]`
    diagnostics.push({ path, atKey: true, text })
    return listOf(node, [part])
  }
  return inItems(part, (item, index) => {
    if (!isObject(item.value) || typeof item.value['name'] !== 'string') return item
    const { name, options = {} } = item.value
    const text = 'this is an object; it is read as ["name", { … }]'
    diagnostics.push({ path: [...path, index], text })
    return { value: [name, options], node: item.node }
  })
}

/** `{ "provider": …, "model": … }` for `"provider,model"`. */
function router(part: LocatedValue, path: Path, diagnostics: Diagnostic[]): LocatedValue {
  return inMembers(renamed(part, path, sameScenario, diagnostics), (key, inner) => {
    const named = Object.hasOwn(routerEntries, key) ? modelIn(inner.value) : undefined
    if (named === undefined) return [key, inner]
    const at = [...path, key]
    const text = `${pathText(at)} is an object; it is read as "provider,model"`
    diagnostics.push({ path: at, atKey: true, text })
    const { start, end } = inner.node
    return [key, { value: named, node: { start, end } }]
  })
}

function modelIn(value: unknown): string | undefined {
  if (!isObject(value) || Object.keys(value).length !== 2) return undefined
  const { provider, model } = value
  return typeof provider === 'string' && typeof model === 'string'
    ? formatModelRef({ provider, model })
    : undefined
}
