/** What every reader of JSON schemas needs. Schemas are foreign: any keyword may hold anything. */

export type Json = Readonly<Record<string, unknown>>

export function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

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

/** Keywords that say something of values of one type only. */
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

/** The types of which a keyword says something; undefined for all. */
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
