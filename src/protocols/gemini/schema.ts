/**
 * Converts a JSON schema to what Gemini accepts. One unknown keyword makes it refuse the whole request,
 * so only documented keywords pass; the other constraints become words of the description.
 */

import { isObject } from '../../lib/json.ts'
import { isType, type Json, targetOf, typeOfValue } from '../schema/json-schema.ts'

/**
 * `json`: `parametersJsonSchema` and `responseJsonSchema`, https://ai.google.dev/api/generate-content
 * #FIELDS.response_json_schema. `openapi`: `parameters` and `responseSchema`, a subset of OpenAPI
 * 3.0, https://ai.google.dev/api/caching#Schema.
 */
export type SchemaVariant = 'json' | 'openapi'

/** Keywords with a plain value that pass unchanged. */
const KEYWORDS: Readonly<Record<SchemaVariant, ReadonlySet<string>>> = {
  json: new Set(['title', 'minItems', 'maxItems', 'minimum', 'maximum']),
  openapi: new Set([
    'title',
    'minItems',
    'maxItems',
    'minimum',
    'maximum',
    'minLength',
    'maxLength',
    'pattern',
  ]),
}

/** Constraints that go into the description where the dialect has no keyword for them. */
const DESCRIBED: readonly string[] = [
  'minLength',
  'maxLength',
  'pattern',
  'multipleOf',
  'uniqueItems',
  'minProperties',
  'maxProperties',
  'default',
]

/** Constraints that are dropped. */
const DROPPED: readonly string[] = [
  'not',
  'if',
  'patternProperties',
  'propertyNames',
  'dependentRequired',
  'dependentSchemas',
  'contains',
]

const FORMATS: Readonly<Record<SchemaVariant, ReadonlySet<unknown>>> = {
  json: new Set(['date-time', 'date', 'time', 'int32', 'int64', 'float', 'double']),
  // "only 'enum' and 'date-time' are supported for STRING type"
  openapi: new Set(['date-time', 'int32', 'int64', 'float', 'double']),
}

/** Deeper schemas are refused ("exceeds the maximum allowed nesting depth"). */
const MAX_DEPTH = 16

/** Nodes of one schema: copies of what its references name may multiply without end. */
const MAX_NODES = 5000

interface Context extends Scope {
  readonly variant: SchemaVariant
  readonly depth: number
  /** How many more nodes may follow, counted over the whole schema. */
  readonly remaining: { nodes: number }
}

/**
 * The schema in a dialect, undefined for one without properties (a tool that takes nothing).
 * @param onDropped receives each keyword whose constraint is dropped.
 */
export function geminiSchema(
  schema: unknown,
  variant: SchemaVariant,
  onDropped: (keyword: string) => void,
): object | undefined {
  const root = isObject(schema) ? schema : {}
  const context: Context = {
    root,
    refs: [],
    onDropped,
    variant,
    depth: 0,
    remaining: { nodes: MAX_NODES },
  }
  const whole = convert(asObject(root, context), context)
  const free = 'additionalProperties' in whole && whole['additionalProperties'] !== false
  return 'properties' in whole || free ? whole : undefined
}

/** The root must be an object: a choice of several gets the properties of all. */
function asObject(root: Json, context: Context): Json {
  const [{ anyOf, ...node }] = resolveReferences(root, context)
  if (!Array.isArray(anyOf) || 'properties' in node) return { ...root, type: 'object' }
  context.onDropped('anyOf')
  const branches = anyOf.filter(isObject).map((branch) => resolveReferences(branch, context)[0])
  const properties: Record<string, unknown> = {}
  for (const branch of branches) Object.assign(properties, branch['properties'])
  return { ...node, type: 'object', properties }
}

function convert(schema: unknown, outer: Context): Json {
  if (!isObject(schema) || outer.depth > MAX_DEPTH) return anyValue(outer)
  outer.remaining.nodes -= 1
  if (outer.remaining.nodes < 0) {
    outer.onDropped('properties')
    return anyValue(outer)
  }
  const [node, scope] = resolveReferences(schema, outer)
  const context = { ...outer, ...scope, depth: outer.depth + 1 }
  for (const keyword of DROPPED) if (keyword in node) context.onDropped(keyword)
  const branches = node['anyOf']
  if (Array.isArray(branches) && branches.length > 0) {
    if (!('type' in node) && !('properties' in node)) return union(node, branches, context)
    context.onDropped('anyOf')
  }
  const types = declaredTypes(node)
  const shown = types.filter((type) => type !== 'null')
  if (context.variant === 'json' || shown.length < 2) return typedSchema(node, types, context)
  const each = shown.map((type) => typedSchema(node, [type], context))
  return { anyOf: nullable(each, types.includes('null')) }
}

/** Any value: Vertex requires a type. */
function anyValue({ variant }: Context): Json {
  return variant === 'json' ? {} : { type: 'string', description: 'Any JSON value.' }
}

/** A choice of several. No other keyword is allowed beside `anyOf`. */
function union(node: Json, branches: readonly unknown[], context: Context): Json {
  const { variant } = context
  const isNull = (branch: unknown): boolean => isObject(branch) && branch['type'] === 'null'
  const others = branches.filter((branch) => !isNull(branch))
  const hasNull = others.length < branches.length
  const description = descriptionField(node)
  const [only] = others
  if (others.length === 1 && isObject(only) && (variant === 'openapi' || !hasNull)) {
    const one = convert({ ...description, ...only }, context)
    return hasNull ? { ...one, nullable: true } : one
  }
  const each = others.map((branch) =>
    convert(isObject(branch) ? { ...description, ...branch } : branch, context),
  )
  if (variant === 'json') return { anyOf: hasNull ? [...each, { type: 'null' }] : each }
  return { anyOf: nullable(each, hasNull) }
}

function nullable(branches: readonly Json[], yes: boolean): readonly Json[] {
  return yes ? branches.map((branch) => ({ ...branch, nullable: true })) : branches
}

/** The node's types, inferred from its other keywords where it names none. */
function declaredTypes(node: Json): readonly string[] {
  const { type } = node
  const known = (Array.isArray(type) ? (type as unknown[]) : [type])
    .map((name) => (typeof name === 'string' ? name.toLowerCase() : name))
    .filter(isType)
  if (known.length > 0) return known
  if ('properties' in node || 'additionalProperties' in node) return ['object']
  if ('items' in node || 'prefixItems' in node) return ['array']
  const values = enumValues(node)
  return values === undefined ? [] : [...new Set(values.map(typeOfValue))]
}

/** `enum`, or `const` as an enum of one. */
function enumValues(node: Json): readonly unknown[] | undefined {
  if (Array.isArray(node['enum'])) return node['enum'] as unknown[]
  return 'const' in node ? [node['const']] : undefined
}

/** A node with one type, or with several where the dialect has lists of types. */
function typedSchema(node: Json, types: readonly string[], context: Context): Json {
  const { variant } = context
  const notes: string[] = []
  const shown = types.filter((type) => type !== 'null')
  if (shown.length === 0 && !types.includes('null'))
    return { ...anyValue(context), ...descriptionField(node) }
  const plain = Object.keys(node).filter((keyword) => KEYWORDS[variant].has(keyword))
  const rest: Json = {
    ...Object.fromEntries(plain.map((keyword) => [keyword, node[keyword]])),
    ...bounds(node, types, notes),
    ...formatField(node, variant, notes),
    ...enumField(node, shown, variant, notes),
    ...(shown.includes('object') ? objectFields(node, context) : {}),
    ...(shown.includes('array') ? arrayFields(node, context) : {}),
  }
  for (const keyword of DESCRIBED) {
    if (keyword in node && !(keyword in rest)) notes.push(`${keyword}: ${text(node[keyword])}`)
  }
  return { ...typeField(types, shown, variant), ...descriptionField(node, notes), ...rest }
}

function typeField(
  types: readonly string[],
  shown: readonly string[],
  variant: SchemaVariant,
): Json {
  if (variant === 'json') return { type: types.length === 1 ? types[0] : types }
  return { type: shown[0] ?? 'string', ...(types.length > shown.length ? { nullable: true } : {}) }
}

function descriptionField(node: Json, notes: readonly string[] = []): Json {
  const original = typeof node['description'] === 'string' ? [node['description']] : []
  const whole = [...original, ...(notes.length === 0 ? [] : [`(${notes.join('; ')})`])].join(' ')
  return whole === '' ? {} : { description: whole }
}

/** Exclusive bounds as inclusive ones; for fractions with a note. Draft 4 has a flag beside the bound. */
function bounds(node: Json, types: readonly string[], notes: string[]): Json {
  const out: Record<string, unknown> = {}
  for (const [exclusive, inclusive, step] of [
    ['exclusiveMinimum', 'minimum', 1],
    ['exclusiveMaximum', 'maximum', -1],
  ] as const) {
    const value = node[exclusive]
    const bound = value === true ? node[inclusive] : value
    if (typeof bound !== 'number') continue
    if (types.includes('integer')) out[inclusive] = bound + step
    else {
      out[inclusive] = bound
      notes.push(`${exclusive}: ${String(bound)}`)
    }
  }
  return out
}

function formatField(node: Json, variant: SchemaVariant, notes: string[]): Json {
  const format = node['format']
  if (typeof format !== 'string') return {}
  if (FORMATS[variant].has(format)) return { format }
  notes.push(`format: ${format}`)
  return {}
}

/**
 * Enums hold strings, in the JSON dialect also numbers; other values go into the description.
 * `parameters` with an empty string are refused ("enum[3]: cannot be empty",
 * https://github.com/sbroenne/mcp-server-excel/issues/607).
 */
function enumField(
  node: Json,
  types: readonly string[],
  variant: SchemaVariant,
  notes: string[],
): Json {
  const all = enumValues(node)?.filter((value) => value !== null) ?? []
  const values = variant === 'json' ? all : all.filter((value) => value !== '')
  if (values.length < all.length) notes.push('or an empty string')
  if (values.length === 0) return {}
  const strings = values.every((value) => typeof value === 'string') && types.includes('string')
  const numbers = values.every((value) => typeof value === 'number')
  if (strings || (numbers && variant === 'json')) return { enum: values }
  notes.push(`one of: ${values.map(text).join(', ')}`)
  return {}
}

function objectFields(node: Json, context: Context): Json {
  const properties = isObject(node['properties']) ? node['properties'] : {}
  const converted = Object.entries(properties).map(
    ([name, s]) => [name, convert(s, context)] as const,
  )
  const required = Array.isArray(node['required']) ? (node['required'] as unknown[]) : []
  const known = required.filter(
    (name) => typeof name === 'string' && Object.hasOwn(properties, name),
  )
  const others = node['additionalProperties']
  return {
    ...(converted.length === 0 ? {} : { properties: Object.fromEntries(converted) }),
    ...(known.length === 0 ? {} : { required: known }),
    ...(context.variant === 'json' && others !== undefined
      ? { additionalProperties: isObject(others) ? convert(others, context) : others !== false }
      : {}),
  }
}

function arrayFields(node: Json, context: Context): Json {
  const items = node['items']
  const tuple = Array.isArray(items) ? (items as unknown[]) : node['prefixItems']
  if (!Array.isArray(tuple)) {
    if (items === undefined && context.variant === 'json') return {}
    return { items: convert(items, context) }
  }
  const each = tuple.map((item) => convert(item, context))
  if (context.variant === 'json') return { prefixItems: each }
  return { items: each.length === 1 ? each[0] : { anyOf: each } }
}

function text(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value)
}

// --- References and compositions: a node with them replaced by what they stand for ---

interface Scope {
  readonly root: Json
  /** The references around the node: to follow one of them again would never end. */
  readonly refs: readonly string[]
  /** Receives each keyword whose constraint is dropped. */
  readonly onDropped: (keyword: string) => void
}

/** How many references within references are followed. */
const MAX_REFERENCES = 8

/**
 * The node without `$ref`, `allOf` and `oneOf`: a reference is replaced by its target (keywords beside
 * the reference win), `allOf` is merged, `oneOf` becomes `anyOf`.
 */
function resolveReferences<S extends Scope>(schema: Json, scope: S): [node: Json, scope: S] {
  const [target, inside] = followReference(schema, scope)
  const { allOf, oneOf, ...rest } = target
  const parts = Array.isArray(allOf) ? allOf.filter(isObject) : []
  const whole = parts.map((part) => resolveReferences(part, inside)[0]).reduce(mergeSchemas, rest)
  return [Array.isArray(oneOf) && !('anyOf' in whole) ? { ...whole, anyOf: oneOf } : whole, inside]
}

function followReference<S extends Scope>(schema: Json, scope: S): [Json, S] {
  const { $ref: ref, ...beside } = schema
  if (typeof ref !== 'string') return [schema, scope]
  const again = scope.refs.includes(ref) || scope.refs.length === MAX_REFERENCES
  const target = again ? undefined : targetOf(ref, scope.root)
  if (target === undefined) {
    scope.onDropped('$ref')
    return [{ type: 'object', ...beside }, scope]
  }
  return followReference({ ...target, ...beside }, { ...scope, refs: [...scope.refs, ref] })
}

function mergeSchemas(a: Json, b: Json): Json {
  return {
    ...b,
    ...a,
    ...mergeField(a, b, 'properties', (x, y) => ({ ...(y as Json), ...(x as Json) })),
    ...mergeField(a, b, 'required', (x, y) => [
      ...new Set([...(x as unknown[]), ...(y as unknown[])]),
    ]),
  }
}

function mergeField(
  a: Json,
  b: Json,
  key: string,
  join: (x: unknown, y: unknown) => unknown,
): Json {
  if (!(key in a) || !(key in b)) return {}
  return { [key]: join(a[key], b[key]) }
}
