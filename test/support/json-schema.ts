/** Whether a schema allows a value: the part of JSON Schema 2020-12 that the tests use. */

type Json = Readonly<Record<string, unknown>>

export function allows(schema: unknown, value: unknown): boolean {
  if (typeof schema === 'boolean') return schema
  if (!isObject(schema)) return true
  return Object.entries(schema).every(
    ([keyword, says]) => CHECKS[keyword]?.(says, value, schema) ?? true,
  )
}

type Check = (says: unknown, value: unknown, schema: Json) => boolean

const list = (says: unknown): readonly unknown[] => (Array.isArray(says) ? says : [])

const CHECKS: Readonly<Record<string, Check | undefined>> = Object.assign(
  Object.create(null) as Record<string, Check>,
  {
    type: (says, value) => [says].flat().some((type) => isOf(value, type)),
    enum: (says, value) => list(says).some((one) => JSON.stringify(one) === JSON.stringify(value)),
    const: (says, value) => JSON.stringify(says) === JSON.stringify(value),
    minLength: (says, value) => typeof value !== 'string' || value.length >= Number(says),
    minimum: (says, value) => typeof value !== 'number' || value >= Number(says),
    minItems: (says, value) => !Array.isArray(value) || value.length >= Number(says),
    maxItems: (says, value) => !Array.isArray(value) || value.length <= Number(says),
    items: (says, value) => !Array.isArray(value) || value.every((item) => allows(says, item)),
    anyOf: (says, value) => list(says).some((schema) => allows(schema, value)),
    allOf: (says, value) => list(says).every((schema) => allows(schema, value)),
    required: (says, value) =>
      !isObject(value) || list(says).every((name) => Object.hasOwn(value, String(name))),
    properties: (says, value) =>
      !isObject(value) ||
      Object.entries(says as Json).every(
        ([n, s]) => !Object.hasOwn(value, n) || allows(s, value[n]),
      ),
    additionalProperties: (says, value, { properties }) =>
      !isObject(value) ||
      Object.entries(value).every(
        ([name, inner]) =>
          (isObject(properties) && Object.hasOwn(properties, name)) || allows(says, inner),
      ),
  } satisfies Record<string, Check>,
)

function isOf(value: unknown, type: unknown): boolean {
  if (value === null) return type === 'null'
  if (Array.isArray(value)) return type === 'array'
  if (typeof value === 'number') return type === 'number' || (type === 'integer' && value % 1 === 0)
  return typeof value === type
}

function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
