/** Reading JSON Schema: types, keywords, references. Schemas are foreign: any keyword may hold anything. */
import { isObject } from '../../lib/json.ts'

/** A node of a schema, or the whole schema. */
export type Json = Readonly<Record<string, unknown>>

export function isList(value: unknown): value is readonly unknown[] {
  return Array.isArray(value)
}

export type TypeName = 'string' | 'number' | 'integer' | 'boolean' | 'array' | 'object' | 'null'

const TYPES: ReadonlySet<unknown> = new Set<TypeName>([
  'string',
  'number',
  'integer',
  'boolean',
  'array',
  'object',
  'null',
])

export function isType(value: unknown): value is TypeName {
  return TYPES.has(value)
}

/** The types that a node names, none where it names none. */
export function typesOf({ type }: Json): readonly TypeName[] {
  return isList(type) ? type.filter(isType) : isType(type) ? [type] : []
}

export function typeOfValue(value: unknown): TypeName {
  if (value === null) return 'null'
  if (Array.isArray(value)) return 'array'
  if (typeof value === 'number') return Number.isInteger(value) ? 'integer' : 'number'
  return typeof value === 'object' ? 'object' : (typeof value as 'string' | 'boolean')
}

/** Whether values of one type may be of another: every integer is a number. */
export function isWithin(type: TypeName, types: readonly TypeName[]): boolean {
  return types.includes(type) || (type === 'integer' && types.includes('number'))
}

/** Keywords that apply to values of one type only. */
const OF_TYPE: Readonly<Record<string, readonly TypeName[] | undefined>> = {
  minLength: ['string'],
  maxLength: ['string'],
  pattern: ['string'],
  format: ['string', 'number', 'integer'],
  contentEncoding: ['string'],
  contentMediaType: ['string'],
  contentSchema: ['string'],
  minimum: ['number', 'integer'],
  maximum: ['number', 'integer'],
  exclusiveMinimum: ['number', 'integer'],
  exclusiveMaximum: ['number', 'integer'],
  multipleOf: ['number', 'integer'],
  items: ['array'],
  prefixItems: ['array'],
  additionalItems: ['array'],
  unevaluatedItems: ['array'],
  contains: ['array'],
  minContains: ['array'],
  maxContains: ['array'],
  minItems: ['array'],
  maxItems: ['array'],
  uniqueItems: ['array'],
  properties: ['object'],
  required: ['object'],
  additionalProperties: ['object'],
  unevaluatedProperties: ['object'],
  patternProperties: ['object'],
  propertyNames: ['object'],
  dependentRequired: ['object'],
  dependentSchemas: ['object'],
  minProperties: ['object'],
  maxProperties: ['object'],
}

/** The types that a keyword applies to; undefined for all. */
export function typesOfKeyword(keyword: string): readonly TypeName[] | undefined {
  return Object.hasOwn(OF_TYPE, keyword) ? OF_TYPE[keyword] : undefined
}

/** The node without some of its keywords. */
export function without(node: Json, ...keywords: readonly string[]): Json {
  return Object.fromEntries(Object.entries(node).filter(([keyword]) => !keywords.includes(keyword)))
}

/** An object as `Object.fromEntries` makes it, `__proto__` included; undefined where nothing changed. */
export function mapped(map: Json, change: (value: unknown, key: string) => unknown): Json {
  const entries = Object.entries(map).map(([key, value]) => [key, change(value, key)] as const)
  return entries.every(([key, next]) => next === map[key]) ? map : Object.fromEntries(entries)
}

/** The list itself where no item changed. */
export function mappedList(
  list: readonly unknown[],
  change: (value: unknown) => unknown,
): readonly unknown[] {
  const next = list.map(change)
  return next.every((value, at) => value === list[at]) ? list : next
}

/** The target of a JSON pointer into the schema itself, such as `#/$defs/Node`; undefined for none. */
export function targetOf(ref: string, root: Json): Json | undefined {
  if (!ref.startsWith('#')) return undefined
  let at: unknown = root
  for (const step of ref.slice(1).split('/').filter(Boolean)) {
    const name = stepName(step)
    const inner: unknown = isList(at) ? at[Number(name)] : undefined
    if (inner === undefined && !(isObject(at) && Object.hasOwn(at, name))) return undefined
    at = inner ?? (at as Json)[name]
  }
  return isObject(at) ? at : undefined
}

function stepName(step: string): string {
  const plain = step.replaceAll('~1', '/').replaceAll('~0', '~')
  try {
    return decodeURIComponent(plain)
  } catch {
    return plain
  }
}

// --- Shapes of keywords ---

// Providers check tools against the metaschema of JSON Schema 2020-12, and a single keyword of another
// shape makes them refuse the whole request ("[...] is not of type 'object', 'boolean'", "'any' is not
// valid under any of the given schemas"). Forms of older drafts become today's; others are left out.

/** The value in its right shape: the same if it has it, undefined if it cannot be given one. */
type Shape = (value: unknown) => unknown

const isSchema = (value: unknown): boolean => isObject(value) || typeof value === 'boolean'

const asText: Shape = (value) => (typeof value === 'string' ? value : undefined)
const asFlag: Shape = (value) => (typeof value === 'boolean' ? value : undefined)
const asNumber: Shape = (value) => (typeof value === 'number' ? value : undefined)
const asCount: Shape = (value) =>
  Number.isInteger(value) && Number(value) >= 0 ? value : undefined
const asBound: Shape = (value) => (typeof value === 'boolean' ? value : asNumber(value))
const asSchema: Shape = (value) => (isSchema(value) ? value : undefined)
const asItems: Shape = (value) => (isList(value) ? asSchemas(value) : asSchema(value))
const asValues: Shape = (value) => (isList(value) && value.length > 0 ? value : undefined)

const asSchemas: Shape = (value) => {
  if (!isList(value) || value.length === 0) return undefined
  return value.every(isSchema) ? value : value.map((inner) => (isSchema(inner) ? inner : {}))
}

const asSchemaMap: Shape = (value) => {
  if (!isObject(value)) return undefined
  if (Object.values(value).every(isSchema)) return value
  return Object.fromEntries(
    Object.entries(value).map(([name, inner]) => [name, isSchema(inner) ? inner : {}]),
  )
}

const asNames: Shape = (value) => {
  if (!isList(value)) return undefined
  const strings = [...new Set(value.filter((name) => typeof name === 'string'))]
  return strings.length === value.length ? value : strings
}

const asType: Shape = (value) => {
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
  ['type', asType],
  ['items', asItems],
  ['required', asNames],
  ['enum', asValues],
  ...all(asText, 'description', 'title', '$ref', '$id', '$schema', '$comment', 'format', 'pattern'),
  ...all(asSchemas, 'anyOf', 'oneOf', 'allOf', 'prefixItems'),
  ...all(asSchemaMap, 'properties', 'patternProperties', 'dependentSchemas'),
  ...all(asSchemaMap, '$defs', 'definitions'),
  ...all(asSchema, 'additionalProperties', 'additionalItems', 'propertyNames', 'contains'),
  ...all(asSchema, 'unevaluatedProperties', 'unevaluatedItems', 'not', 'if', 'then', 'else'),
  ...all(asNumber, 'minimum', 'maximum', 'multipleOf'),
  ...all(asBound, 'exclusiveMinimum', 'exclusiveMaximum'),
  ...all(asCount, 'minLength', 'maxLength', 'minItems', 'maxItems'),
  ...all(asCount, 'minProperties', 'maxProperties', 'minContains', 'maxContains'),
  ...all(asFlag, 'uniqueItems', 'deprecated', 'readOnly', 'writeOnly'),
])

/**
 * The node with every keyword in its shape; the very same node where it is.
 * @param lost hears the keywords that are left out.
 */
export function wellShaped(node: Json, lost: (keyword: string) => void): Json {
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
