/**
 * Moonshot's subset of JSON schema, in which a tool must be described to Kimi wherever it is served:
 * one node outside of it refuses the whole request. https://github.com/MoonshotAI/walle/tree/main/docs
 * What a schema allows stays, as far as the subset can say it. These are its rules in their order.
 */

import { isObject } from '../../lib/json.ts'
import {
  isList,
  isWithin,
  type Json,
  type TypeName,
  typeOfValue,
  typesOf,
  typesOfKeyword,
  wellShaped,
  without,
} from './json-schema.ts'
import { both, ANNOTATIONS, fitting } from './merge.ts'
import { inWords, type Pass, type Rule } from './rules.ts'

/** Schemas of which each stands inside the one before at the same position: `allOf` of `$ref` of … */
const MOST_LAYERS = 32

/** More branches, or more values of an enum, are refused. */
const MOST_BRANCHES = 100
const MOST_VALUES = 500

/**
 * Without `allOf`, and nothing beside `$ref` ("conflicting keywords found after $ref expansion"):
 * what several schemas say is merged into one. A schema that refers to itself cannot be: it becomes
 * the only branch of a choice, which may have a description.
 */
export const flattened: Rule = (given, pass) => {
  let node = given
  for (let layer = 0; layer < MOST_LAYERS; layer += 1) {
    const next = isList(node['allOf']) ? withoutAllOf(node, pass) : withRefAlone(node, pass)
    if (next === node) return node
    node = wellShaped(next, pass.lost)
  }
  pass.lost('allOf')
  return without(node, 'allOf')
}

function withoutAllOf({ allOf, ...rest }: Json, pass: Pass): Json {
  return (allOf as readonly unknown[]).reduce<Json>((node, part) => {
    if (!isObject(part)) return node
    const inner = mergeable(part, pass)
    const merged = inner === undefined ? undefined : both(node, inner, pass)
    if (merged !== undefined) return merged
    if (isBare(node)) return { ...node, ...part }
    pass.lost(inner === undefined ? '$ref' : 'allOf')
    return node
  }, rest)
}

/** The schema itself, or what it refers to; undefined for what refers to itself. */
function mergeable(schema: Json, pass: Pass): Json | undefined {
  const whole = wellShaped(schema, pass.lost)
  const { $ref: ref, ...beside } = whole
  if (typeof ref !== 'string') return whole
  const target = pass.references.copy(ref)
  if (target === undefined) return undefined
  const inner = mergeable(target, pass)
  return inner && (both(beside, without(inner, '$defs', 'definitions'), pass) ?? inner)
}

function isBare(node: Json): boolean {
  return Object.keys(node).every((keyword) => ANNOTATIONS.has(keyword))
}

function withRefAlone(node: Json, pass: Pass): Json {
  const { $ref: ref, ...beside } = node
  if (typeof ref !== 'string') return node
  if (pass.references.target(ref) === undefined) {
    pass.lost('$ref')
    return beside
  }
  if (Object.keys(beside).length === 0) return node
  const whole = mergeable(node, pass)
  if (whole !== undefined) return whole
  const constraints = Object.keys(beside).filter((keyword) => !ANNOTATIONS.has(keyword))
  for (const keyword of constraints) pass.lost(keyword)
  return { ...without(beside, ...constraints), anyOf: [{ $ref: ref }] }
}

/** References point into `$defs` of the root ("references must start with #/$defs/"). */
export const localReferences: Rule = (node, { references }) => {
  const { $ref: ref } = node
  const local = typeof ref === 'string' ? references.local(ref) : undefined
  return local === ref ? node : { ...node, $ref: local }
}

/** `anyOf` for `oneOf`, which the subset has not. */
export const onlyAnyOf: Rule = (node, pass) => {
  const { oneOf, ...rest } = node
  if (!isList(oneOf)) return node
  return both({ anyOf: oneOf }, rest, pass) ?? giveUp('oneOf', rest, pass)
}

/** An enum of one for `const`. */
export const onlyEnums: Rule = (node, pass) => {
  if (!('const' in node)) return node
  const { const: value, ...rest } = node
  return both({ enum: [value] }, rest, pass) ?? giveUp('const', rest, pass)
}

function giveUp(keyword: string, rest: Json, { lost }: Pass): Json {
  lost(keyword)
  return rest
}

/** No `true` and `false` for schemas, but for `additionalProperties`, which is no `{}`. */
export const noBooleans: Rule = (node) => {
  const { properties, items, additionalProperties: more } = node
  let next = node
  if (isObject(properties) && Object.values(properties).some((s) => typeof s === 'boolean')) {
    next = withoutImpossible(next, properties)
  }
  if (items === false) next = { ...without(next, 'items'), maxItems: 0 }
  if (isAnything(items)) next = without(next, 'items')
  return isObject(more) && isAnything(more) ? { ...next, additionalProperties: true } : next
}

function withoutImpossible(node: Json, properties: Json): Json {
  const possible = Object.entries(properties).filter(([, schema]) => schema !== false)
  const names = new Set(possible.map(([name]) => name))
  const required = listOf(node['required']).filter(
    (name) => names.has(String(name)) || !Object.hasOwn(properties, String(name)),
  )
  return {
    ...node,
    properties: Object.fromEntries(possible.map(([n, s]) => [n, s === true ? {} : s])),
    ...('required' in node ? { required } : {}),
  }
}

function isAnything(schema: unknown): boolean {
  return schema === true || (isObject(schema) && Object.keys(schema).length === 0)
}

function listOf(value: unknown): readonly unknown[] {
  return isList(value) ? value : []
}

/** One schema for all items of a tuple: any of those of its positions. */
export const noTuples: Rule = (node, pass) => {
  const positions = listOf(node['prefixItems'])
  if (positions.length === 0) return node
  const { items: rest, maxItems } = node
  const most = typeof maxItems === 'number' ? maxItems : Infinity
  const others = {
    ...without(node, 'prefixItems', 'items'),
    ...(rest === false ? { maxItems: Math.min(most, positions.length) } : {}),
  }
  const isClosed = rest === false || most <= positions.length
  const all = isClosed ? positions : [...positions, rest ?? true]
  const each = [...new Map(all.map((schema) => [JSON.stringify(schema), schema])).values()]
  if (each.length > 1) pass.lost('prefixItems')
  if (each.some(isAnything)) return others
  return { ...others, items: each.length === 1 ? each[0] : { anyOf: each } }
}

/**
 * Beside `anyOf` only words ("type should be defined in anyOf items instead of the parent schema"):
 * the constraints go into each branch, and branches that cannot hold then are none.
 */
export const anyOfAlone: Rule = (node, pass) => {
  const { anyOf } = node
  if (!isList(anyOf)) return node
  const constraints = Object.keys(node).filter((k) => k !== 'anyOf' && !ANNOTATIONS.has(k))
  const isPlain = constraints.length === 0 && anyOf.length <= MOST_BRANCHES
  if (isPlain && anyOf.every(isObject)) return node
  const outer = Object.fromEntries(constraints.map((keyword) => [keyword, node[keyword]]))
  const branches = anyOf.flatMap<Json>((branch) => branchWith(outer, branch, pass) ?? [])
  const about = without(node, 'anyOf', ...constraints)
  if (branches.length === 0) {
    pass.lost('anyOf')
    return { ...about, ...outer }
  }
  if (branches.length > MOST_BRANCHES) pass.lost('anyOf')
  return { ...about, anyOf: branches.slice(0, MOST_BRANCHES) }
}

/**
 * Beside `anyOf` no word that a branch has too, but for these ("conflicting keywords found in anyOf
 * with parent").
 */
const MAY_STAND_IN_BOTH: ReadonlySet<string> = new Set(['title', 'description'])

export const noWordsTwice: Rule = (node) => {
  const { anyOf } = node
  if (!isList(anyOf)) return node
  const branches = anyOf.filter(isObject)
  const twice = Object.keys(node).filter(
    (word) => !MAY_STAND_IN_BOTH.has(word) && branches.some((branch) => word in branch),
  )
  const words = twice.filter((word) => word !== 'anyOf')
  return words.length === 0 ? node : without(node, ...words)
}

function branchWith(outer: Json, branch: unknown, pass: Pass): Json | undefined {
  if (!isObject(branch)) return branch === true ? outer : undefined
  const { $ref: ref } = branch
  if (typeof ref !== 'string') return both(outer, wellShaped(branch, pass.lost), pass)
  const target = pass.references.target(ref)
  if (Object.keys(outer).every((keyword) => isImplied(keyword, outer, target))) return branch
  const inner = mergeable(branch, pass)
  if (inner !== undefined) return both(outer, inner, pass)
  for (const keyword of Object.keys(outer)) pass.lost(keyword)
  return branch
}

/** Whether a schema already holds the keyword that stands beside the reference to it. */
function isImplied(keyword: string, outer: Json, target: Json | undefined): boolean {
  if (target === undefined) return false
  if (keyword !== 'type') return JSON.stringify(outer[keyword]) === JSON.stringify(target[keyword])
  const inner = typesOf(target)
  return inner.length > 0 && inner.every((type) => isWithin(type, typesOf(outer)))
}

const ALL_TYPES = ['string', 'number', 'boolean', 'object', 'array', 'null'] as const

/** "type is not defined": inferred from the other keywords of the node; any type where there are none. */
export const namedTypes: Rule = (node, pass) => {
  if ('type' in node || 'anyOf' in node || '$ref' in node) return node
  const values = node['enum']
  if (isList(values)) {
    const types = [...new Set(values.map(typeOfValue))]
    return { ...node, type: types.length === 1 ? types[0] : types }
  }
  const implied = Object.keys(node).flatMap((keyword) => typesOfKeyword(keyword)?.[0] ?? [])
  const type = TYPE_ORDER.find((name) => implied.includes(name))
  if (type !== undefined) return fitting({ type, ...node })
  return anyOfAlone({ ...node, anyOf: ALL_TYPES.map((name) => ({ type: name })) }, pass)
}

const TYPE_ORDER: readonly TypeName[] = ['object', 'array', 'string', 'number']

/** Words that may stand beside a list of types. */
const BESIDE_TYPES: ReadonlySet<string> = new Set(['type', ...ANNOTATIONS])

/** A choice for a list of types that comes with constraints; an enum may be of one type and null. */
export const singleTypes: Rule = (node, pass) => {
  const { type } = node
  if (!isList(type)) return node
  const types = typesOf(node)
  if (types.length === 1) return { ...node, type: types[0] }
  const keywords = Object.keys(node).filter((keyword) => !BESIDE_TYPES.has(keyword))
  if (keywords.length === 0 || isNullableEnum(node, types, keywords)) return node
  const about = without(node, 'type', ...keywords)
  const constraints = Object.fromEntries(keywords.map((keyword) => [keyword, node[keyword]]))
  const branches = types.flatMap((name) => {
    const values = listOf(node['enum']).filter((value) => isWithin(typeOfValue(value), [name]))
    if ('enum' in node && values.length === 0) return []
    return fitting({ type: name, ...constraints, ...('enum' in node ? { enum: values } : {}) })
  })
  if (branches.length > 0) return anyOfAlone({ ...about, anyOf: branches }, pass)
  pass.lost('enum')
  return singleTypes(without(node, 'enum'), pass)
}

function isNullableEnum(
  { enum: values }: Json,
  types: readonly TypeName[],
  keywords: readonly string[],
): boolean {
  const isPair = types.length === 2 && types.includes('null')
  const isScalar = !types.includes('object') && !types.includes('array')
  if (!isPair || !isScalar || keywords.length > 1 || !isList(values)) return false
  return values.every((value) => isWithin(typeOfValue(value), types))
}

/** Values of an enum are of its type, and neither lists nor objects, which only words can say. */
export const typedEnums: Rule = (node, pass) => {
  const { enum: values } = node
  const types = typesOf(node)
  if (!isList(values) || types.length === 0) return node
  if (types.includes('object') || types.includes('array')) return inWords(node, 'enum')
  if (values.length > MOST_VALUES) {
    pass.lost('enum')
    return without(node, 'enum')
  }
  const fit = values.filter((value) => isWithin(typeOfValue(value), types))
  if (fit.length === values.length) return node
  if (fit.length > 0) return { ...node, enum: fit }
  pass.lost('enum')
  return without(node, 'enum')
}

/** What is required is among the properties: as one that may be anything, where others are allowed. */
export const requiredAmongProperties: Rule = (node, pass) => {
  const { type, required, properties: given, additionalProperties: more } = node
  if (type !== 'object' || !isList(required)) return node
  const properties = isObject(given) ? given : {}
  const missing = required.filter((name) => !Object.hasOwn(properties, String(name)))
  if (missing.length === 0) return node
  if (more === false) {
    pass.lost('required')
    return { ...node, required: required.filter((name) => !missing.includes(name)) }
  }
  const added = missing.map((name) => [String(name), isObject(more) ? more : {}] as const)
  return { ...node, properties: { ...properties, ...Object.fromEntries(added) } }
}

/** `$defs` stand at the root, where the references point. */
export const noInnerDefs: Rule = (node) =>
  '$defs' in node || 'definitions' in node ? without(node, '$defs', 'definitions') : node
