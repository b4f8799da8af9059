import { isObject, type Json, mapped, mappedList, typesOf, without } from './json.ts'
import { References } from './references.ts'
import { wellFormed } from './shape.ts'

/** One way over a schema, from the root to the leaves, by the rules of whoever is to read it. */

/** Puts one node right; gives the very same node where nothing is wrong with it. */
export type Rule = (node: Json, pass: Pass) => Json

export interface Pass {
  /** Hears the keywords whose constraint is given up. */
  readonly lost: (keyword: string) => void
  readonly references: References
}

export interface Rules {
  /** In this order, at each node before its children. */
  readonly rules: readonly Rule[]
  /** At each node after its children. */
  readonly after?: readonly Rule[]
  /** Whether references point into `$defs` of the root and nowhere else. */
  readonly localRefs: boolean
  /**
   * How deep properties may stand in properties; deeper ones are left out. Undefined where a schema
   * of any size goes on as it is.
   */
  readonly depth?: number
}

/** Schemas within schemas that are visited at all. */
const DEEPEST = 200

/** Nodes that are visited in one schema. */
const MOST_NODES = 20_000

/** Keywords that hold schemas. */
const INNER: ReadonlyMap<string, 'map' | 'list' | 'one'> = new Map([
  ...(['properties', 'patternProperties', '$defs', 'definitions'] as const).map(
    (keyword) => [keyword, 'map'] as const,
  ),
  ...(['anyOf', 'oneOf', 'allOf', 'prefixItems'] as const).map(
    (keyword) => [keyword, 'list'] as const,
  ),
  ...(['items', 'additionalProperties', 'contains', 'not', 'if', 'then', 'else'] as const).map(
    (keyword) => [keyword, 'one'] as const,
  ),
])

interface Reading extends Pick<Pass, 'lost'> {
  readonly rules: Rules
  /** Where the references point into. */
  readonly document: Json
}

/**
 * The schema as the rules want it: the very same object where it already is. The schema itself is
 * never changed.
 */
export function ruled(root: Json, reading: Reading): Json {
  const walk = new Walk(root, reading)
  return reading.rules.localRefs ? walk.withDefs() : walk.node(root, 0, 0)
}

class Walk {
  readonly #root: Json
  readonly #rules: Rules
  readonly #pass: Pass
  #left = MOST_NODES

  constructor(root: Json, { rules, document, lost }: Reading) {
    this.#root = root
    this.#rules = rules
    this.#pass = { lost, references: new References(document) }
  }

  /** The root, with the definitions that it refers to and no others. */
  withDefs(): Json {
    const root = this.#root
    const bare = '$defs' in root || 'definitions' in root ? withoutDefs(root) : root
    const body = this.node(bare, 0, 0)
    const named = [...this.#definitions()]
    if (named.length === 0) return body
    const given = root['$defs']
    const isSame = isObject(given) && named.every(([name, def]) => given[name] === def)
    if (body === bare && isSame && Object.keys(given).length === named.length) return root
    return { ...body, $defs: Object.fromEntries(named) }
  }

  /** Definitions refer to others, which are then asked for too. */
  *#definitions(): Generator<[string, Json]> {
    for (const [ref, name] of this.#pass.references.named()) {
      const target = this.#pass.references.target(ref) ?? {}
      yield [name, this.node(withoutDefs(target), 0, 0)]
    }
  }

  node(schema: Json, depth: number, level: number): Json {
    const { rules, after = [], depth: deepest = Infinity } = this.#rules
    this.#left -= 1
    if (this.#left < 0 || level > DEEPEST) return this.#cut(schema)
    let node = wellFormed(schema, this.#pass.lost)
    for (const rule of rules) node = rule(node, this.#pass)
    if (depth >= deepest && 'properties' in node) node = this.#withoutProperties(node)
    node = this.#children(node, depth, level + 1)
    for (const rule of after) node = rule(node, this.#pass)
    return node
  }

  #children(node: Json, depth: number, level: number): Json {
    let changed: Record<string, unknown> | undefined
    for (const keyword of Object.keys(node)) {
      const kind = INNER.get(keyword)
      if (kind === undefined) continue
      const inner = keyword === 'properties' ? depth + 1 : depth
      const next = this.#inner(node[keyword], kind, (schema) =>
        isObject(schema) ? this.node(schema, inner, level) : schema,
      )
      if (next === node[keyword]) continue
      changed ??= { ...node }
      changed[keyword] = next
    }
    return changed ?? node
  }

  #inner(
    value: unknown,
    kind: 'map' | 'list' | 'one',
    visit: (schema: unknown) => unknown,
  ): unknown {
    if (Array.isArray(value)) return mappedList(value as readonly unknown[], visit)
    if (kind === 'map' && isObject(value)) return mapped(value, visit)
    return visit(value)
  }

  #withoutProperties(node: Json): Json {
    this.#pass.lost('properties')
    return without(node, 'properties', 'required', 'additionalProperties')
  }

  /** What is too much goes as its type alone, where the reader would refuse it. */
  #cut(schema: Json): Json {
    if (this.#rules.depth === undefined) return schema
    const { type, description } = schema
    const isBare = Object.keys(schema).every((word) => word === 'type' || word === 'description')
    if (isBare && typeof type === 'string') return schema
    this.#pass.lost('properties')
    const [first = 'object'] = typesOf(schema)
    return { type: first, ...(typeof description === 'string' ? { description } : {}) }
  }
}

function withoutDefs(node: Json): Json {
  return '$defs' in node || 'definitions' in node ? without(node, '$defs', 'definitions') : node
}
