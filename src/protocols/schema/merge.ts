/** Merging: two schemas that both hold, as one. */

import { isObject } from '../../lib/json.ts'
import {
  isList,
  isWithin,
  type Json,
  type TypeName,
  typeOfValue,
  typesOf,
  typesOfKeyword,
  without,
} from './json-schema.ts'

/** The branches that a choice within a choice may come to. */
const MOST_BRANCHES = 64

/** Keywords of which the stricter one holds. */
const HIGHER: ReadonlySet<string> = new Set([
  'minLength',
  'minItems',
  'minimum',
  'exclusiveMinimum',
  'minProperties',
])
const LOWER: ReadonlySet<string> = new Set([
  'maxLength',
  'maxItems',
  'maximum',
  'exclusiveMaximum',
  'maxProperties',
])

/** Words about a value that constrain nothing: those of the outer schema win, which is nearer. */
export const ANNOTATIONS: ReadonlySet<string> = new Set([
  'title',
  'description',
  'default',
  'examples',
  'example',
  'deprecated',
  'readOnly',
  'writeOnly',
  'nullable',
  '$comment',
  '$schema',
  '$id',
  '$anchor',
  '$defs',
  'definitions',
])

export interface Merging {
  /** Called with each keyword of which only one of two different values can be kept. */
  readonly lost: (keyword: string) => void
}

/**
 * What both schemas allow; undefined where that is nothing. Their properties are merged where they
 * are visited, by `allOf`. Neither may be a reference.
 */
export function both(outer: Json, inner: Json, merging: Merging): Json | undefined {
  if (allowsMore(outer, inner) || allowsMore(inner, outer)) merging.lost('additionalProperties')
  const merged = new Map(Object.entries(inner))
  for (const [keyword, value] of Object.entries(outer)) {
    const other = merged.get(keyword)
    if (other === undefined || other === value) merged.set(keyword, value)
    else merged.set(keyword, joined(keyword, value, other, merging))
  }
  const node = Object.fromEntries(merged)
  return isImpossible(node) ? undefined : fitting(node)
}

/** Whether the one has properties that the other, which does not name them, restricts: merged, they are free. */
function allowsMore(one: Json, other: Json): boolean {
  const { properties, additionalProperties: more } = other
  if (!isObject(one['properties']) || (more !== false && !isRestriction(more))) return false
  const known = isObject(properties) ? properties : {}
  return Object.keys(one['properties']).some((name) => !Object.hasOwn(known, name))
}

function isRestriction(schema: unknown): boolean {
  return isObject(schema) && Object.keys(schema).length > 0
}

function joined(keyword: string, outer: unknown, inner: unknown, merging: Merging): unknown {
  if (HIGHER.has(keyword)) return Math.max(Number(outer), Number(inner))
  if (LOWER.has(keyword)) return Math.min(Number(outer), Number(inner))
  if (ANNOTATIONS.has(keyword)) return outer
  const join = JOINS[keyword]
  if (join !== undefined) return join(outer, inner, merging)
  if (JSON.stringify(outer) !== JSON.stringify(inner)) merging.lost(keyword)
  return inner
}

type Join = (outer: unknown, inner: unknown, merging: Merging) => unknown

const bothSchemas: Join = (outer, inner) => {
  if (outer === false || inner === false) return false
  if (outer === true || inner === true) return outer === true ? inner : outer
  return { allOf: [outer, inner] }
}

const bothMaps: Join = (outer, inner, merging) => {
  const maps = [outer, inner].filter(isObject)
  const names = [...new Set(maps.flatMap((map) => Object.keys(map)))]
  return Object.fromEntries(
    names.map((name) => {
      const values = maps.flatMap((map) => (Object.hasOwn(map, name) ? [map[name]] : []))
      return [name, values.reduce((a, b) => (isSame(a, b) ? b : bothSchemas(a, b, merging)))]
    }),
  )
}

const shared: Join = (outer, inner) => {
  const others = new Set(listOf(outer).map((value) => JSON.stringify(value)))
  return listOf(inner).filter((value) => others.has(JSON.stringify(value)))
}

/** Every branch of the one with every branch of the other. */
const bothChoices: Join = (outer, inner, { lost }) => {
  const pairs = listOf(outer).flatMap((a) => listOf(inner).map((b) => ({ allOf: [a, b] })))
  if (pairs.length <= MOST_BRANCHES) return pairs
  lost('anyOf')
  return inner
}

const JOINS: Readonly<Record<string, Join | undefined>> = {
  type: (outer, inner) => {
    const types = sharedTypes(typesOf({ type: outer }), typesOf({ type: inner }))
    return types.length === 1 ? types[0] : types
  },
  enum: shared,
  required: (outer, inner) => [...new Set([...listOf(outer), ...listOf(inner)])],
  properties: bothMaps,
  patternProperties: bothMaps,
  items: bothSchemas,
  additionalProperties: bothSchemas,
  anyOf: bothChoices,
  allOf: (outer, inner) => [...listOf(outer), ...listOf(inner)],
}

function sharedTypes(a: readonly TypeName[], b: readonly TypeName[]): readonly TypeName[] {
  return [
    ...a.filter((type) => isWithin(type, b)),
    ...b.filter((type) => isWithin(type, a)),
  ].filter((type, at, all) => all.indexOf(type) === at)
}

function isSame(a: unknown, b: unknown): boolean {
  return a === b || JSON.stringify(a) === JSON.stringify(b)
}

function listOf(value: unknown): readonly unknown[] {
  return isList(value) ? value : []
}

function isImpossible(node: Json): boolean {
  const { type, enum: values } = node
  if (isList(type) && type.length === 0) return true
  if (!isList(values)) return false
  const types = typesOf(node)
  if (types.length === 0) return values.length === 0
  return !values.some((value) => isWithin(typeOfValue(value), types))
}

/** The node without keywords that do not apply to its types. */
export function fitting(node: Json): Json {
  const types = typesOf(node)
  if (types.length === 0) return node
  const idle = Object.keys(node).filter((keyword) => {
    const of = typesOfKeyword(keyword)
    return of !== undefined && !of.some((type) => types.includes(type))
  })
  return idle.length === 0 ? node : without(node, ...idle)
}
