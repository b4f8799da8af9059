import { argumentsPiece } from '../../messages/call-arguments.ts'
import { textOr } from '../../messages/sanitize.ts'
import { joinedName, ToolNames } from '../../messages/tool-names.ts'
import type { ToolCallDelta } from './wire.ts'

/** Whether all arguments of a call came; false for a call that did not begin. */
type IsWhole = (key: string) => boolean

interface Known {
  readonly key: string
  id: string
  name: string
}

/**
 * Tells an answer's tool calls apart. By specification `index` does; in the wild it is missing
 * (one call after the other, or an id for each), or 0 for every parallel call (then a new id with
 * a name begins a new one, or another name behind whole arguments), or another for each piece of a call.
 * Calls of one name and one id, or none, get one key: the writer tells them apart by their arguments.
 */
export class ToolCallKeys {
  readonly #isWhole: IsWhole
  #count = 0
  #latest: Known | undefined
  readonly #byIndex = new Map<number, Known>()
  readonly #byId = new Map<ToolCallDelta['id'], Known>()

  constructor(isWhole: IsWhole) {
    this.#isWhole = isWhole
  }

  /** @param call one that says something. */
  key(call: ToolCallDelta): string {
    const known = this.#known(call) ?? this.#fresh()
    const { index, id, function: called } = call
    if (known.id === '') known.id = id ?? ''
    known.name = joinedName(known.name, textOr(called?.name), NONE)
    if (typeof index === 'number') this.#byIndex.set(index, known)
    else if (id) this.#byId.set(id, known)
    this.#latest = known
    return known.key
  }

  /** The call that a piece belongs to; undefined for a new one. */
  #known(call: ToolCallDelta): Known | undefined {
    const { index, id } = call
    const isIndexed = typeof index === 'number'
    const known = isIndexed ? this.#byIndex.get(index) : this.#byId.get(id)
    if (known !== undefined) return this.#beginsAnother(call, known) ? undefined : known
    if (beginsCall(call)) return undefined
    // A piece without a name, under an index or an id of its own.
    const isPiece = argumentsPiece(call.function?.arguments) !== '' && !(isIndexed && id)
    return isPiece ? this.#latest : undefined
  }

  #beginsAnother(call: ToolCallDelta, known: Known): boolean {
    const name = call.function?.name
    if (!name) return false
    const id = call.id ?? ''
    if (id !== '' && known.id !== '' && id !== known.id) return true
    return this.#isWhole(known.key) && name !== known.name
  }

  #fresh(): Known {
    this.#count += 1
    return { key: String(this.#count), id: '', name: '' }
  }
}

const NONE = new ToolNames([])

/** The first piece of a call has its name. */
export function beginsCall(call: ToolCallDelta): boolean {
  return Boolean(call.function?.name)
}

/** Whether a piece says anything; some servers send an empty call beside a text. */
export function saysSomething({ id, function: called }: ToolCallDelta): boolean {
  return Boolean(id) || Boolean(called?.name) || argumentsPiece(called?.arguments) !== ''
}

/**
 * Names that come in pieces: what was said of a name goes on once arguments come. Some servers
 * say the whole name with every piece.
 */
export class CallNames {
  readonly #open = new Map<string, string>()
  readonly #told = new Set<string>()

  /** The name to be told with this piece; undefined for none. */
  read(key: string, name: string, hasArguments: boolean): string | undefined {
    if (this.#told.has(key)) return undefined
    const said = this.#open.get(key) ?? ''
    const whole = joinedName(said, name, NONE)
    this.#open.set(key, whole)
    return hasArguments && whole !== '' ? this.#tell(key, whole) : undefined
  }

  /** The names of calls that had no arguments. */
  rest(): readonly (readonly [key: string, name: string])[] {
    const rest = [...this.#open].filter(([, name]) => name !== '')
    for (const [key, name] of rest) this.#tell(key, name)
    return rest
  }

  #tell(key: string, name: string): string {
    this.#open.delete(key)
    this.#told.add(key)
    return name
  }
}
