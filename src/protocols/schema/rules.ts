/** One walk over a schema, from the root to the leaves, and the rules that most readers share. */

import { isObject } from '../../lib/json.ts'
import { wellFormed } from '../../messages/sanitize.ts'
import {
  isList,
  type Json,
  mapped,
  mappedList,
  targetOf,
  typesOf,
  wellShaped,
  without,
} from './json-schema.ts'

// --- The walk ---

/** Puts one node right; gives the very same node where nothing is wrong with it. */
export type Rule = (node: Json, pass: Pass) => Json

export interface Pass {
  /** Called with each keyword whose constraint is given up. */
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

  /** Definitions may refer to others, which are then included too. */
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
    let node = wellShaped(schema, this.#pass.lost)
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

// --- References ---

/** Nodes that copies of referenced schemas may add to one schema. */
const MOST_COPIED = 2000

/** Nodes that are searched for references within references. */
const MOST_SEARCHED = 100_000

interface Reach {
  /** The references inside the target, each once. */
  readonly refs: readonly string[]
  /** Objects and lists in the target. */
  readonly size: number
}

/** The references of one schema: what they point at, and under which name of `$defs` it may stand. */
class References {
  readonly #root: Json
  readonly #targets = new Map<string, Json | undefined>()
  readonly #reaches = new Map<string, Reach>()
  /** Names in `$defs`, by reference. */
  readonly #names = new Map<string, string>()
  readonly #taken: Set<string>
  #room = MOST_COPIED
  #searchable = MOST_SEARCHED

  constructor(root: Json) {
    this.#root = root
    const defs = root['$defs']
    this.#taken = new Set(isObject(defs) ? Object.keys(defs) : [])
  }

  target(ref: string): Json | undefined {
    if (!this.#targets.has(ref)) this.#targets.set(ref, targetOf(ref, this.#root))
    return this.#targets.get(ref)
  }

  /** The target where a copy of it may stand in place of the reference: it ends, and there is room. */
  copy(ref: string): Json | undefined {
    const target = this.target(ref)
    if (target === undefined || this.#isRecursive(ref)) return undefined
    this.#room -= this.#reach(ref).size
    return this.#room < 0 ? undefined : target
  }

  /** The reference to the same target in `$defs` of the root, or to the root; undefined for none. */
  local(ref: string): string | undefined {
    if (ref === '#') return ref
    if (this.target(ref) === undefined) return undefined
    const name = this.#names.get(ref) ?? this.#nameFor(ref)
    this.#names.set(ref, name)
    return `#/$defs/${name}`
  }

  /** The names in use, each with its reference; more may be added during the iteration. */
  named(): Iterable<[ref: string, name: string]> {
    return this.#names
  }

  #nameFor(ref: string): string {
    const plain = /^#\/\$defs\/([^/%~]+)$/.exec(ref)?.[1]
    if (plain !== undefined) return plain
    const base = (ref.split('/').at(-1) ?? '').replace(/[^\w.-]/g, '_') || 'schema'
    let name = base
    for (let at = 2; this.#taken.has(name); at += 1) name = `${base}_${String(at)}`
    this.#taken.add(name)
    return name
  }

  #isRecursive(ref: string): boolean {
    const seen = new Set<string>()
    const due = [...this.#reach(ref).refs]
    for (let next = due.pop(); next !== undefined; next = due.pop()) {
      if (next === ref || this.#searchable < 0) return true
      if (seen.has(next)) continue
      seen.add(next)
      due.push(...this.#reach(next).refs)
    }
    return this.#searchable < 0
  }

  #reach(ref: string): Reach {
    const known = this.#reaches.get(ref)
    if (known !== undefined) return known
    const refs = new Set<string>()
    let size = 0
    const due: unknown[] = [this.target(ref)]
    while (due.length > 0 && this.#searchable >= 0) {
      const node = due.pop()
      if (!isObject(node) && !isList(node)) continue
      size += 1
      this.#searchable -= 1
      if (isObject(node) && typeof node['$ref'] === 'string') refs.add(node['$ref'])
      for (const inner of Object.values(node)) due.push(inner)
    }
    const reach = { refs: [...refs], size }
    this.#reaches.set(ref, reach)
    return reach
  }
}

// --- Rules of OpenAI's check of tools, which many servers have taken over ---

/**
 * "array schema missing items": https://github.com/modelcontextprotocol/modelcontextprotocol/issues/410.
 * A tuple needs it too: https://github.com/PrefectHQ/fastmcp/issues/2464.
 */
export const itemsOfArrays: Rule = (node) => {
  if (node['type'] !== 'array' && !isList(node['type'])) return node
  return typesOf(node).includes('array') && !('items' in node) ? { ...node, items: {} } : node
}

/** Gemini refuses "enum[0]: cannot be empty", whoever passes it on: https://github.com/BerriAI/litellm/pull/14155. */
export const noEmptyValues: Rule = (node, { lost }) => {
  const { enum: values } = node
  if (!isList(values) || !values.includes('')) return node
  const kept = values.filter((value) => value !== '')
  if (kept.length === 0) return inWords(node, 'enum')
  lost('enum')
  return { ...node, enum: kept }
}

/** Longer ones are not worth a look. */
const LONGEST_PATTERN = 1000

/** Escapes that mean the same in all dialects: of signs, classes of letters, control characters. */
const KNOWN_ESCAPE = /^(?:[^a-zA-Z]|[bBdDsSwWnrtfv]|x[\da-fA-F]{2}|u[\da-fA-F]{4})/

/**
 * Whether a pattern means something to readers that are not JavaScript: Python's `re` compiles it for
 * OpenAI ("is not a 'regex'": https://github.com/BerriAI/litellm/pull/40485), whose newer models
 * refuse lookaround ("regex lookaround is not supported": https://github.com/cline/cline/pull/14019).
 * The client's own `Artifact` tool has one with both.
 */
function isPortable(pattern: string): boolean {
  if (pattern.length > LONGEST_PATTERN || /\(\?(?!:)|\[\^?\]/.test(pattern)) return false
  for (let at = pattern.indexOf('\\'); at !== -1; at = pattern.indexOf('\\', at + 2)) {
    if (!KNOWN_ESCAPE.test(pattern.slice(at + 1, at + 6))) return false
  }
  try {
    // bounded: compiled to see whether it is one, never matched
    return new RegExp(pattern) instanceof RegExp
  } catch {
    return false
  }
}

/** A pattern that not every reader understands becomes words, as do the names of properties in patterns. */
export const portablePatterns: Rule = (node, { lost }) => {
  const { pattern, patternProperties: named } = node
  const isFine = typeof pattern !== 'string' || isPortable(pattern)
  const next = isFine ? node : inWords(node, 'pattern')
  if (!isObject(named) || Object.keys(named).every(isPortable)) return next
  lost('patternProperties')
  const kept = Object.entries(named).filter(([name]) => isPortable(name))
  return { ...next, patternProperties: Object.fromEntries(kept) }
}

/**
 * llama.cpp, and what is built upon it, makes a grammar of the schema and refuses patterns that this
 * cannot hold ("Pattern must start with '^' and end with '$'"):
 * https://github.com/containers/kubernetes-mcp-server/issues/758
 */
export const patternsInWords: Rule = (node) =>
  typeof node['pattern'] === 'string' ? inWords(node, 'pattern') : node

/** Longer constraints say nothing to a reader of words. */
const LONGEST_WORDS = 300

/** The node with a constraint as a sentence of its description. */
export function inWords(node: Json, keyword: string): Json {
  const value = node[keyword]
  const words = `(${keyword}: ${typeof value === 'string' ? value : JSON.stringify(value)})`
  const described = typeof node['description'] === 'string' ? [node['description']] : []
  const description = [...described, wellFormed(words.slice(0, LONGEST_WORDS))].join(' ')
  return { ...without(node, keyword), description }
}
