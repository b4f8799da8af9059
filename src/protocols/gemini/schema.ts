import { isType, typeOfValue } from '../schema/json-schema.ts'
import { type Json, resolved, type Scope } from './schema-ref.ts'

/**
 * A JSON schema as Gemini takes it. One keyword it does not know refuses the whole request, so
 * only what the documentation lists goes on; the other constraints become words of the description.
 */

/**
 * `json`: `parametersJsonSchema` and `responseJsonSchema`, https://ai.google.dev/api/generate-content
 * #FIELDS.response_json_schema. `openapi`: `parameters` and `responseSchema`, a subset of OpenAPI
 * 3.0, https://ai.google.dev/api/caching#Schema.
 */
export type Dialect = 'json' | 'openapi'

/** Keywords with a plain value that go on as they are. */
const KEPT: Readonly<Record<Dialect, ReadonlySet<string>>> = {
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

/** Constraints that a sentence can carry where the dialect has no keyword. */
const TOLD: readonly string[] = [
  'minLength',
  'maxLength',
  'pattern',
  'multipleOf',
  'uniqueItems',
  'minProperties',
  'maxProperties',
  'default',
]

/** Constraints that are given up. */
const LOST: readonly string[] = [
  'not',
  'if',
  'patternProperties',
  'propertyNames',
  'dependentRequired',
  'dependentSchemas',
  'contains',
]

const FORMATS: Readonly<Record<Dialect, ReadonlySet<unknown>>> = {
  json: new Set(['date-time', 'date', 'time', 'int32', 'int64', 'float', 'double']),
  // "only 'enum' and 'date-time' are supported for STRING type"
  openapi: new Set(['date-time', 'int32', 'int64', 'float', 'double']),
}

/** Deeper schemas are refused ("exceeds the maximum allowed nesting depth"). */
const DEEPEST = 16

/** Nodes of one schema: copies of what it refers to may multiply without end. */
const MOST_NODES = 5000

interface Context extends Scope {
  readonly dialect: Dialect
  readonly depth: number
  /** Nodes that may still come, counted over the whole schema. */
  readonly room: { left: number }
}

/**
 * The schema in a dialect, undefined for one without properties (a tool that takes nothing).
 * @param lost hears the keywords whose constraint is given up.
 */
export function geminiSchema(
  schema: unknown,
  dialect: Dialect,
  lost: (keyword: string) => void,
): object | undefined {
  const root = isObject(schema) ? schema : {}
  const context: Context = { root, refs: [], lost, dialect, depth: 0, room: { left: MOST_NODES } }
  const whole = clean(asObject(root, context), context)
  const free = 'additionalProperties' in whole && whole['additionalProperties'] !== false
  return 'properties' in whole || free ? whole : undefined
}

/** The root must be an object: of a choice of several it has the properties of all. */
function asObject(root: Json, context: Context): Json {
  const [{ anyOf, ...node }] = resolved(root, context)
  if (!Array.isArray(anyOf) || 'properties' in node) return { ...root, type: 'object' }
  context.lost('anyOf')
  const branches = anyOf.filter(isObject).map((branch) => resolved(branch, context)[0])
  const properties: Json = {}
  for (const branch of branches) Object.assign(properties, branch['properties'])
  return { ...node, type: 'object', properties }
}

function clean(schema: unknown, outer: Context): Json {
  if (!isObject(schema) || outer.depth > DEEPEST) return anything(outer)
  outer.room.left -= 1
  if (outer.room.left < 0) {
    outer.lost('properties')
    return anything(outer)
  }
  const [node, scope] = resolved(schema, outer)
  const context = { ...outer, ...scope, depth: outer.depth + 1 }
  for (const keyword of LOST) if (keyword in node) context.lost(keyword)
  const branches = node['anyOf']
  if (Array.isArray(branches) && branches.length > 0) {
    if (!('type' in node) && !('properties' in node)) return union(node, branches, context)
    context.lost('anyOf')
  }
  const types = typesOf(node)
  const shown = types.filter((type) => type !== 'null')
  if (context.dialect === 'json' || shown.length < 2) return typed(node, types, context)
  const each = shown.map((type) => typed(node, [type], context))
  return { anyOf: nullable(each, types.includes('null')) }
}

/** Any value: Vertex demands a type. */
function anything({ dialect }: Context): Json {
  return dialect === 'json' ? {} : { type: 'string', description: 'Any JSON value.' }
}

/** Where `anyOf` stands, nothing else may. */
function union(node: Json, branches: readonly unknown[], context: Context): Json {
  const { dialect } = context
  const isNull = (branch: unknown): boolean => isObject(branch) && branch['type'] === 'null'
  const others = branches.filter((branch) => !isNull(branch))
  const hasNull = others.length < branches.length
  const about = typeof node['description'] === 'string' ? { description: node['description'] } : {}
  const [only] = others
  if (others.length === 1 && isObject(only) && (dialect === 'openapi' || !hasNull)) {
    const one = clean({ ...about, ...only }, context)
    return hasNull ? { ...one, nullable: true } : one
  }
  const each = others.map((branch) =>
    clean(isObject(branch) ? { ...about, ...branch } : branch, context),
  )
  if (dialect === 'json') return { anyOf: hasNull ? [...each, { type: 'null' }] : each }
  return { anyOf: nullable(each, hasNull) }
}

function nullable(branches: readonly Json[], yes: boolean): readonly Json[] {
  return yes ? branches.map((branch) => ({ ...branch, nullable: true })) : branches
}

/** The node's types, read from what it says where it names none. */
function typesOf(node: Json): readonly string[] {
  const said = Array.isArray(node['type']) ? (node['type'] as unknown[]) : [node['type']]
  const known = said
    .map((type) => (typeof type === 'string' ? type.toLowerCase() : type))
    .filter(isType)
  if (known.length > 0) return known
  if ('properties' in node || 'additionalProperties' in node) return ['object']
  if ('items' in node || 'prefixItems' in node) return ['array']
  const values = valuesOf(node)
  return values === undefined ? [] : [...new Set(values.map(typeOfValue))]
}

/** `enum`, or `const` as an enum of one. */
function valuesOf(node: Json): readonly unknown[] | undefined {
  if (Array.isArray(node['enum'])) return node['enum'] as unknown[]
  return 'const' in node ? [node['const']] : undefined
}

/** A node with one type, or with several where the dialect has lists of types. */
function typed(node: Json, types: readonly string[], context: Context): Json {
  const { dialect } = context
  const notes: string[] = []
  const shown = types.filter((type) => type !== 'null')
  if (shown.length === 0 && !types.includes('null')) return { ...anything(context), ...about(node) }
  const plain = Object.keys(node).filter((keyword) => KEPT[dialect].has(keyword))
  const rest: Json = {
    ...Object.fromEntries(plain.map((keyword) => [keyword, node[keyword]])),
    ...bounds(node, types, notes),
    ...formatOf(node, dialect, notes),
    ...enumOf(node, shown, dialect, notes),
    ...(shown.includes('object') ? objectOf(node, context) : {}),
    ...(shown.includes('array') ? arrayOf(node, context) : {}),
  }
  for (const keyword of TOLD) {
    if (keyword in node && !(keyword in rest)) notes.push(`${keyword}: ${text(node[keyword])}`)
  }
  return { ...typeField(types, shown, dialect), ...about(node, notes), ...rest }
}

function typeField(types: readonly string[], shown: readonly string[], dialect: Dialect): Json {
  if (dialect === 'json') return { type: types.length === 1 ? types[0] : types }
  return { type: shown[0] ?? 'string', ...(types.length > shown.length ? { nullable: true } : {}) }
}

function about(node: Json, notes: readonly string[] = []): Json {
  const said = typeof node['description'] === 'string' ? [node['description']] : []
  const whole = [...said, ...(notes.length === 0 ? [] : [`(${notes.join('; ')})`])].join(' ')
  return whole === '' ? {} : { description: whole }
}

/** Exclusive bounds as inclusive ones; of fractions, in words. Draft 4 has a flag beside the bound. */
function bounds(node: Json, types: readonly string[], notes: string[]): Json {
  const out: Json = {}
  for (const [exclusive, inclusive, step] of [
    ['exclusiveMinimum', 'minimum', 1],
    ['exclusiveMaximum', 'maximum', -1],
  ] as const) {
    const said = node[exclusive]
    const bound = said === true ? node[inclusive] : said
    if (typeof bound !== 'number') continue
    if (types.includes('integer')) out[inclusive] = bound + step
    else {
      out[inclusive] = bound
      notes.push(`${exclusive}: ${String(bound)}`)
    }
  }
  return out
}

function formatOf(node: Json, dialect: Dialect, notes: string[]): Json {
  const format = node['format']
  if (typeof format !== 'string') return {}
  if (FORMATS[dialect].has(format)) return { format }
  notes.push(`format: ${format}`)
  return {}
}

/**
 * Enums hold strings, in the JSON dialect also numbers; other values are told in words. `parameters`
 * with an empty string are refused ("enum[3]: cannot be empty",
 * https://github.com/sbroenne/mcp-server-excel/issues/607).
 */
function enumOf(node: Json, types: readonly string[], dialect: Dialect, notes: string[]): Json {
  const said = valuesOf(node)?.filter((value) => value !== null) ?? []
  const values = dialect === 'json' ? said : said.filter((value) => value !== '')
  if (values.length < said.length) notes.push('or an empty string')
  if (values.length === 0) return {}
  const strings = values.every((value) => typeof value === 'string') && types.includes('string')
  const numbers = values.every((value) => typeof value === 'number')
  if (strings || (numbers && dialect === 'json')) return { enum: values }
  notes.push(`one of: ${values.map(text).join(', ')}`)
  return {}
}

function objectOf(node: Json, context: Context): Json {
  const properties = isObject(node['properties']) ? node['properties'] : {}
  const cleaned = Object.entries(properties).map(([name, s]) => [name, clean(s, context)] as const)
  const required = Array.isArray(node['required']) ? (node['required'] as unknown[]) : []
  const known = required.filter(
    (name) => typeof name === 'string' && Object.hasOwn(properties, name),
  )
  const more = node['additionalProperties']
  return {
    ...(cleaned.length === 0 ? {} : { properties: Object.fromEntries(cleaned) }),
    ...(known.length === 0 ? {} : { required: known }),
    ...(context.dialect === 'json' && more !== undefined
      ? { additionalProperties: isObject(more) ? clean(more, context) : more !== false }
      : {}),
  }
}

function arrayOf(node: Json, context: Context): Json {
  const items = node['items']
  const tuple = Array.isArray(items) ? (items as unknown[]) : node['prefixItems']
  if (!Array.isArray(tuple)) {
    if (items === undefined && context.dialect === 'json') return {}
    return { items: clean(items, context) }
  }
  const each = tuple.map((item) => clean(item, context))
  if (context.dialect === 'json') return { prefixItems: each }
  return { items: each.length === 1 ? each[0] : { anyOf: each } }
}

function text(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value)
}

function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
