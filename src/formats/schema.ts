/** JSON schemas as OpenAI wants them: https://platform.openai.com/docs/guides/structured-outputs */

type Schema = Readonly<Record<string, unknown>>

/** Refused at the top of a function's parameters, which must be a plain object. */
const NOT_AT_TOP = ['anyOf', 'oneOf', 'allOf', 'enum', 'not'] as const

/**
 * A tool's parameters: an object with `properties`, without the words that are refused at the top.
 * Those are named in `dropped`.
 */
export function functionSchema(schema: object | undefined, dropped: Set<string>): object {
  if (schema === undefined) return { type: 'object', properties: {} }
  const given = schema as Schema
  const refused = NOT_AT_TOP.filter((word) => Object.hasOwn(given, word))
  for (const word of refused) dropped.add(`tools.input_schema.${word}`)
  if (refused.length === 0 && given['type'] === 'object' && isSchema(given['properties'])) {
    return schema
  }
  const kept = Object.entries(given).filter(([word]) => !refused.some((r) => r === word))
  return {
    ...Object.fromEntries(kept),
    type: 'object',
    properties: isSchema(given['properties']) ? given['properties'] : {},
  }
}

/** Words that `strict: true` does not know. */
const NOT_STRICT = ['oneOf', 'allOf', 'not', 'if', 'patternProperties', 'dependentSchemas'] as const

/**
 * Whether a schema can be asked for with `strict: true`, which demands of every object that it
 * forbids other properties and requires all its own.
 */
export function isStrict(schema: unknown): boolean {
  if (!isSchema(schema)) return true
  if (NOT_STRICT.some((word) => Object.hasOwn(schema, word))) return false
  const properties = isSchema(schema['properties']) ? schema['properties'] : {}
  const isObject = schema['type'] === 'object' || Object.hasOwn(schema, 'properties')
  if (isObject && !isClosed(schema, properties)) return false
  return partsOf(schema).every(isStrict)
}

/** The schemas directly inside a schema. */
function partsOf(schema: Schema): readonly unknown[] {
  const named = ['properties', '$defs', 'definitions'].flatMap((word) => {
    const map = schema[word]
    return isSchema(map) ? Object.values(map) : []
  })
  const choices: unknown = schema['anyOf']
  return [...named, schema['items'], ...(Array.isArray(choices) ? (choices as unknown[]) : [])]
}

function isClosed(schema: Schema, properties: Schema): boolean {
  const required: readonly unknown[] = Array.isArray(schema['required']) ? schema['required'] : []
  return (
    schema['additionalProperties'] === false &&
    Object.keys(properties).every((name) => required.includes(name))
  )
}

function isSchema(value: unknown): value is Schema {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
