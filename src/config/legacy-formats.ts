/** Forms of other versions and tools whose meaning is beyond doubt, in the form that ccr reads. */
import type { Diagnostic } from './check.ts'
import { isProviderList, otherProviderKey, pathText, sameScenario } from './schema/keys.ts'
import { inItems, inMembers, listOf, objectOf, type Part } from './parse/located-value.ts'
import type { Path } from './parse/json5-locations.ts'
import { routerEntries } from './schema/schema.ts'
import { isObject } from './schema/transformer.ts'

export interface Usual extends Part {
  /** What was read in another way than it is written; the paths are those of the usual form. */
  readonly remarks: readonly Diagnostic[]
}

/** The whole config in the usual form, with its outline, so that places are those of the text. */
export function usualForm(config: Part): Usual {
  const remarks: Diagnostic[] = []
  const named = renamed(config, [], (key) => (key === 'router' ? 'Router' : undefined), remarks)
  const part = inMembers(named, (key, inner) => {
    if (isProviderList(key)) return [key, providers(inner, [key], remarks)]
    return [key, key === 'Router' ? router(inner, [key], remarks) : inner]
  })
  return { ...part, remarks }
}

/** With other names of keys, as `nameFor` has them, unless there is one of that name already. */
function renamed(
  part: Part,
  path: Path,
  nameFor: (key: string) => string | undefined,
  remarks: Diagnostic[],
): Part {
  const taken = new Set(Object.keys(isObject(part.value) ? part.value : {}))
  return inMembers(part, (key, inner) => {
    const name = nameFor(key)
    if (name === undefined || taken.has(name)) return [key, inner]
    taken.add(name)
    const text = `${pathText([...path, key])} is read as ${name}`
    remarks.push({ path: [...path, name], atKey: true, text })
    return [name, inner]
  })
}

function providers(part: Part, path: Path, remarks: Diagnostic[]): Part {
  return inItems(asList(part, path, remarks), (item, index) => {
    const at = [...path, index]
    const named = renamed(item, at, otherProviderKey, remarks)
    return inMembers(named, (key, inner) =>
      key === 'transformer' ? [key, transformer(inner, [...at, key], remarks)] : [key, inner],
    )
  })
}

/** One provider, or an object of them by name; where one has another name, nobody can say which counts. */
function asList(part: Part, path: Path, remarks: Diagnostic[]): Part {
  const { value, node } = part
  if (!isObject(value)) return part
  const told = (text: string): void => {
    remarks.push({ path, atKey: true, text: `${pathText(path)} is ${text}` })
  }
  if (typeof value['name'] === 'string') {
    told('a provider; it is read as a list of one')
    return listOf(node, [part])
  }
  const entries = Object.entries(value)
  if (!entries.every(([key, item]) => isObject(item) && (item['name'] ?? key) === key)) return part
  if (entries.length > 0) {
    told('an object; it is read as a list, each with its key as its name')
  }
  const items = entries.map(([key, item]): Part => {
    const inner = node.members?.get(key)?.value ?? node
    return { value: { name: key, ...(item as object) }, node: inner }
  })
  return listOf(node, items)
}

/** What a provider does for all its models, and under the name of a model for that one. */
function transformer(part: Part, path: Path, remarks: Diagnostic[]): Part {
  return inMembers(withUse(part, path, remarks), (key, inner) => [
    key,
    key === 'use' ? inner : withUse(inner, [...path, key], remarks),
  ])
}

/** `"name"`, `["name"]` and `{ "use": "name" }` for `{ "use": ["name"] }`. */
function withUse(part: Part, path: Path, remarks: Diagnostic[]): Part {
  const isName = typeof part.value === 'string' && part.value.trim() !== ''
  if (isName || Array.isArray(part.value)) {
    remarks.push({ path, atKey: true, text: `${pathText(path)} is read as { "use": […] }` })
    const list = isName ? listOf(part.node, [part]) : part
    return objectOf('use', used(list, [...path, 'use'], remarks))
  }
  return inMembers(part, (key, inner) => [
    key,
    key === 'use' ? used(inner, [...path, key], remarks) : inner,
  ])
}

function used(part: Part, path: Path, remarks: Diagnostic[]): Part {
  const { value, node } = part
  if (typeof value === 'string' && value.trim() !== '') {
    const text = `use is read as a list: [${JSON.stringify(value)}]`
    remarks.push({ path, atKey: true, text })
    return listOf(node, [part])
  }
  return inItems(part, (item, index) => {
    if (!isObject(item.value) || typeof item.value['name'] !== 'string') return item
    const { name, options = {} } = item.value
    const text = 'this is an object; it is read as ["name", { … }]'
    remarks.push({ path: [...path, index], text })
    return { value: [name, options], node: item.node }
  })
}

/** `{ "provider": …, "model": … }` for `"provider,model"`. */
function router(part: Part, path: Path, remarks: Diagnostic[]): Part {
  return inMembers(renamed(part, path, sameScenario, remarks), (key, inner) => {
    const named = Object.hasOwn(routerEntries, key) ? modelIn(inner.value) : undefined
    if (named === undefined) return [key, inner]
    const at = [...path, key]
    const text = `${pathText(at)} is an object; it is read as "provider,model"`
    remarks.push({ path: at, atKey: true, text })
    const { start, end } = inner.node
    return [key, { value: named, node: { start, end } }]
  })
}

function modelIn(value: unknown): string | undefined {
  if (!isObject(value) || Object.keys(value).length !== 2) return undefined
  const { provider, model } = value
  return typeof provider === 'string' && typeof model === 'string'
    ? `${provider},${model}`
    : undefined
}
