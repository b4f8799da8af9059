import { isList, isObject, isType, type Json } from './json.ts'

/**
 * Keywords whose value has not the shape that JSON Schema 2020-12 gives it. Providers check tools
 * against its metaschema, and one such keyword refuses the whole request ("[...] is not of type
 * 'object', 'boolean'", "'any' is not valid under any of the given schemas"). Older drafts' forms
 * become today's; what is none is left out.
 */

/** The value in its right shape: the same if it has it, undefined if it cannot be given one. */
type Shape = (value: unknown) => unknown

const isSchema = (value: unknown): boolean => isObject(value) || typeof value === 'boolean'

const text: Shape = (value) => (typeof value === 'string' ? value : undefined)
const flag: Shape = (value) => (typeof value === 'boolean' ? value : undefined)
const number: Shape = (value) => (typeof value === 'number' ? value : undefined)
const count: Shape = (value) => (Number.isInteger(value) && Number(value) >= 0 ? value : undefined)
const bound: Shape = (value) => (typeof value === 'boolean' ? value : number(value))
const schema: Shape = (value) => (isSchema(value) ? value : undefined)
const items: Shape = (value) => (isList(value) ? schemas(value) : schema(value))
const values: Shape = (value) => (isList(value) && value.length > 0 ? value : undefined)

const schemas: Shape = (value) => {
  if (!isList(value) || value.length === 0) return undefined
  return value.every(isSchema) ? value : value.map((inner) => (isSchema(inner) ? inner : {}))
}

const schemaMap: Shape = (value) => {
  if (!isObject(value)) return undefined
  if (Object.values(value).every(isSchema)) return value
  return Object.fromEntries(
    Object.entries(value).map(([name, inner]) => [name, isSchema(inner) ? inner : {}]),
  )
}

const names: Shape = (value) => {
  if (!isList(value)) return undefined
  const strings = [...new Set(value.filter((name) => typeof name === 'string'))]
  return strings.length === value.length ? value : strings
}

const type: Shape = (value) => {
  if (isType(value)) return value
  const given = isList(value) ? value : [value]
  const plain = given.map((name) => (typeof name === 'string' ? name.toLowerCase() : name))
  const known = [...new Set(plain.filter(isType))]
  if (known.length === 0) return undefined
  if (isList(value) && known.length === value.length && known.every((t, at) => t === value[at])) {
    return value
  }
  return known.length === 1 ? known[0] : known
}

function all(shape: Shape, ...keywords: readonly string[]): [string, Shape][] {
  return keywords.map((keyword) => [keyword, shape])
}

const SHAPES: ReadonlyMap<string, Shape> = new Map([
  ['type', type],
  ['items', items],
  ['required', names],
  ['enum', values],
  ...all(text, 'description', 'title', '$ref', '$id', '$schema', '$comment', 'format', 'pattern'),
  ...all(schemas, 'anyOf', 'oneOf', 'allOf', 'prefixItems'),
  ...all(schemaMap, 'properties', 'patternProperties', 'dependentSchemas'),
  ...all(schemaMap, '$defs', 'definitions'),
  ...all(schema, 'additionalProperties', 'additionalItems', 'propertyNames', 'contains'),
  ...all(schema, 'unevaluatedProperties', 'unevaluatedItems', 'not', 'if', 'then', 'else'),
  ...all(number, 'minimum', 'maximum', 'multipleOf'),
  ...all(bound, 'exclusiveMinimum', 'exclusiveMaximum'),
  ...all(count, 'minLength', 'maxLength', 'minItems', 'maxItems'),
  ...all(count, 'minProperties', 'maxProperties', 'minContains', 'maxContains'),
  ...all(flag, 'uniqueItems', 'deprecated', 'readOnly', 'writeOnly'),
])

/**
 * The node with every keyword in its shape; the very same node where it is.
 * @param lost hears the keywords that are left out.
 */
export function wellFormed(node: Json, lost: (keyword: string) => void): Json {
  let fixed: Record<string, unknown> | undefined
  for (const keyword of Object.keys(node)) {
    const value = node[keyword]
    const shaped = SHAPES.get(keyword)?.(value)
    if (shaped === value || !SHAPES.has(keyword)) continue
    fixed ??= Object.assign(Object.create(null) as Record<string, unknown>, node)
    if (shaped === undefined) Reflect.deleteProperty(fixed, keyword)
    else fixed[keyword] = shaped
    if (shaped === undefined && value !== null) lost(keyword)
  }
  return inclusive(tuple(fixed === undefined ? node : Object.fromEntries(Object.entries(fixed))))
}

/** `items` as a list, as drafts before 2020-12 wrote tuples. */
function tuple(node: Json): Json {
  if (!isList(node['items'])) return node
  const { items: prefixItems, additionalItems: rest, ...others } = node
  return { ...others, prefixItems, ...(rest === undefined ? {} : { items: rest }) }
}

/** `exclusiveMinimum: true` beside `minimum`, as draft 4 wrote it. */
function inclusive(node: Json): Json {
  const low = typeof node['exclusiveMinimum'] === 'boolean'
  const high = typeof node['exclusiveMaximum'] === 'boolean'
  if (!low && !high) return node
  const { minimum, exclusiveMinimum, maximum, exclusiveMaximum, ...others } = node
  return {
    ...others,
    ...edge('minimum', 'exclusiveMinimum', minimum, exclusiveMinimum),
    ...edge('maximum', 'exclusiveMaximum', maximum, exclusiveMaximum),
  }
}

function edge(name: string, exclusive: string, limit: unknown, mark: unknown): Json {
  if (mark === true) return limit === undefined ? {} : { [exclusive]: limit }
  return {
    ...(limit === undefined ? {} : { [name]: limit }),
    ...(typeof mark === 'number' ? { [exclusive]: mark } : {}),
  }
}
