import { isList, isObject, type Json } from './json.ts'

/**
 * Words that `strict: true` does not know.
 * https://platform.openai.com/docs/guides/structured-outputs#supported-schemas
 */
const NOT_STRICT: ReadonlySet<string> = new Set([
  'oneOf',
  'allOf',
  'not',
  'if',
  'then',
  'else',
  'dependentRequired',
  'dependentSchemas',
  'patternProperties',
  'propertyNames',
  'unevaluatedProperties',
  'minProperties',
  'maxProperties',
  'prefixItems',
  'unevaluatedItems',
  'contains',
  'minContains',
  'maxContains',
  'uniqueItems',
  'default',
])

/** Deeper objects are refused. */
const DEEPEST = 10

/**
 * Whether a schema can be asked for with `strict: true`, which demands of every schema that it names
 * its type, and of every object that it forbids other properties and requires all its own.
 */
export function isStrict(schema: unknown): boolean {
  return isObject(schema) && schema['type'] === 'object' && isStrictNode(schema, 0)
}

function isStrictNode(schema: unknown, depth: number): boolean {
  if (!isObject(schema) || depth > DEEPEST) return false
  const words = Object.keys(schema)
  if (words.some((word) => NOT_STRICT.has(word))) return false
  if (typeof schema['$ref'] === 'string') return words.every((w) => w === '$ref' || w === '$defs')
  if (!('type' in schema) && !isList(schema['anyOf']) && !isList(schema['enum'])) {
    return 'const' in schema
  }
  return isClosed(schema) && partsOf(schema).every((part) => isStrictNode(part, depth + 1))
}

/** The schemas directly inside a schema. */
function partsOf(schema: Json): readonly unknown[] {
  const named = ['properties', '$defs', 'definitions'].flatMap((word) => {
    const map = schema[word]
    return isObject(map) ? Object.values(map) : []
  })
  const choices = isList(schema['anyOf']) ? schema['anyOf'] : []
  return [...named, ...('items' in schema ? [schema['items']] : []), ...choices]
}

function isClosed(schema: Json): boolean {
  if (schema['type'] !== 'object' && !('properties' in schema)) return true
  const properties = isObject(schema['properties']) ? schema['properties'] : {}
  const required: readonly unknown[] = isList(schema['required']) ? schema['required'] : []
  return (
    schema['additionalProperties'] === false &&
    Object.keys(properties).every((name) => required.includes(name))
  )
}
