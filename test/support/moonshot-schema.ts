/** What Moonshot refuses in a tool's schema, by the rules of its old, stricter servers. */

type Json = Readonly<Record<string, unknown>>

const TYPES = ['string', 'number', 'integer', 'boolean', 'array', 'object', 'null']
const WORDS = ['title', 'description', 'default', 'examples', 'deprecated', 'nullable', '$comment']

export function refusals(root: unknown): readonly string[] {
  return isObject(root) ? at(root, root, 'root') : ['root: no object']
}

function at(schema: unknown, root: Json, where: string): readonly string[] {
  if (!isObject(schema)) return [`${where}: no object`]
  const { anyOf, type, properties, items, required, additionalProperties: more } = schema
  const found = [...schemaFaults(schema, root)].map((what) => `${where}: ${what}`)
  const inner: [string, unknown][] = [
    ...(isObject(properties) ? Object.entries(properties) : []),
    ...(items === undefined ? [] : [['[]', items] as [string, unknown]]),
    ...(Array.isArray(anyOf) ? anyOf.map((s): [string, unknown] => ['|', s]) : []),
    ...(typeof more === 'object' ? [['*', more] as [string, unknown]] : []),
    ...(isObject(schema['$defs']) ? Object.entries(schema['$defs']) : []),
  ]
  if (type === 'object' && Array.isArray(required)) {
    for (const name of required as unknown[]) {
      if (!isObject(properties) || !Object.hasOwn(properties, String(name))) {
        found.push(`${where}: required '${String(name)}' is not among the properties`)
      }
    }
  }
  return [...found, ...inner.flatMap(([name, s]) => at(s, root, `${where}.${name}`))]
}

function* schemaFaults(schema: Json, root: Json): Generator<string> {
  const { $ref: ref, anyOf, type, enum: values, items } = schema
  const words = Object.keys(schema)
  if (ref !== undefined && words.some((word) => word !== '$ref')) yield 'keywords beside $ref'
  if (typeof ref === 'string' && ref !== '#' && !isLocal(ref, root)) yield `$ref ${ref}`
  if (ref === undefined && anyOf === undefined && type === undefined) yield 'type is not defined'
  if (anyOf !== undefined) {
    const beside = words.filter((w) => w !== 'anyOf' && !WORDS.includes(w) && w !== '$defs')
    if (beside.length > 0) yield `${beside.join()} beside anyOf`
    if (!Array.isArray(anyOf) || anyOf.length === 0 || anyOf.length > 100) yield 'anyOf'
  }
  for (const word of ['oneOf', 'allOf', 'const', 'prefixItems', 'definitions']) {
    if (word in schema) yield word
  }
  if (items !== undefined && (!isObject(items) || Object.keys(items).length === 0)) yield 'items'
  const types: unknown[] = [type].flat()
  if (type !== undefined && !types.every((t) => TYPES.includes(String(t)))) yield 'type'
  if (Array.isArray(values) && !values.every((v) => types.some((t) => isOf(v, t)))) yield 'enum'
}

function isLocal(ref: string, root: Json): boolean {
  const name = /^#\/\$defs\/([^/]+)$/.exec(ref)?.[1]
  return name !== undefined && isObject(root['$defs']) && Object.hasOwn(root['$defs'], name)
}

function isOf(value: unknown, type: unknown): boolean {
  if (value === null) return type === 'null'
  if (typeof value === 'number')
    return type === 'number' || (type === 'integer' && Number.isInteger(value))
  return typeof value === type
}

function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
