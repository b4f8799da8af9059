import { isObject, targetOf } from '../schema/json-schema.ts'

/** A schema node in which references and compositions are replaced by what they stand for. */

export type Json = Record<string, unknown>

export interface Scope {
  readonly root: Json
  /** The references that the node stands inside: one of them again would never end. */
  readonly refs: readonly string[]
  /** Hears the keywords whose constraint is given up. */
  readonly lost: (keyword: string) => void
}

/** References within references that are followed. */
const DEEPEST = 8

/**
 * The node without `$ref`, `allOf` and `oneOf`: a reference is replaced by its target (what stands
 * beside it wins), all of several schemas are merged, one of several is any of them.
 */
export function resolved<S extends Scope>(schema: Json, scope: S): [node: Json, scope: S] {
  const [target, inside] = followed(schema, scope)
  const { allOf, oneOf, ...rest } = target
  const parts = Array.isArray(allOf) ? allOf.filter(isObject) : []
  const whole = parts.map((part) => resolved(part, inside)[0]).reduce(merged, rest)
  return [Array.isArray(oneOf) && !('anyOf' in whole) ? { ...whole, anyOf: oneOf } : whole, inside]
}

function followed<S extends Scope>(schema: Json, scope: S): [Json, S] {
  const { $ref: ref, ...beside } = schema
  if (typeof ref !== 'string') return [schema, scope]
  const again = scope.refs.includes(ref) || scope.refs.length === DEEPEST
  const target = again ? undefined : targetOf(ref, scope.root)
  if (target === undefined) {
    scope.lost('$ref')
    return [{ type: 'object', ...beside }, scope]
  }
  return followed({ ...target, ...beside }, { ...scope, refs: [...scope.refs, ref] })
}

function merged(a: Json, b: Json): Json {
  return {
    ...b,
    ...a,
    ...union(a, b, 'properties', (x, y) => ({ ...(y as Json), ...(x as Json) })),
    ...union(a, b, 'required', (x, y) => [...new Set([...(x as unknown[]), ...(y as unknown[])])]),
  }
}

function union(a: Json, b: Json, key: string, join: (x: unknown, y: unknown) => unknown): Json {
  if (!(key in a) || !(key in b)) return {}
  return { [key]: join(a[key], b[key]) }
}
