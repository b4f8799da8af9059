import { isList, isObject, type Json, targetOf } from './json.ts'

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
export class References {
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

  /** The names that were asked for, each with its reference; more may come while it is walked. */
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
