import { isWholeObject } from '../../messages/block.ts'
import type { ToolCallDelta } from './wire.ts'

/** What was said of the arguments of a call; undefined for one that did not begin. */
type ArgumentsOf = (key: string) => string | undefined

interface Known {
  readonly key: string
  id: string
}

/**
 * Tells an answer's tool calls apart. By specification `index` does; in the wild it is missing
 * (one call after the other, or an id for each), or 0 for every parallel call (then a new id with
 * a name begins a new one, or a second whole object behind a whole one).
 */
export class ToolCallKeys {
  readonly #argumentsOf: ArgumentsOf
  #count = 0
  #latest: string | undefined
  readonly #byIndex = new Map<number, Known>()
  readonly #byId = new Map<string, string>()

  constructor(argumentsOf: ArgumentsOf) {
    this.#argumentsOf = argumentsOf
  }

  key(call: ToolCallDelta): string {
    const key = typeof call.index === 'number' ? this.#indexed(call, call.index) : this.#bare(call)
    this.#latest = key
    return key
  }

  #indexed(call: ToolCallDelta, index: number): string {
    const id = call.id ?? ''
    const known = this.#byIndex.get(index)
    if (known && !this.#beginsAnother(call, known)) {
      if (known.id === '') known.id = id
      return known.key
    }
    const key = this.#fresh()
    this.#byIndex.set(index, { key, id })
    return key
  }

  #beginsAnother(call: ToolCallDelta, known: Known): boolean {
    if (!beginsCall(call)) return false
    const id = call.id ?? ''
    if (id !== '' && known.id !== '' && id !== known.id) return true
    return this.#isSecondWhole(known.key, call)
  }

  /** A whole object behind another one; some servers say the same one twice, or `{}` before it. */
  #isSecondWhole(key: string, call: ToolCallDelta): boolean {
    const said = this.#argumentsOf(key)?.trim() ?? ''
    const more = argumentsText(call.function?.arguments).trim()
    return said !== '{}' && more !== said && isWholeObject(said) && more.startsWith('{')
  }

  #bare(call: ToolCallDelta): string {
    const id = call.id ?? ''
    const known = id === '' ? undefined : this.#byId.get(id)
    if (known !== undefined) {
      const isAnother = beginsCall(call) && isWholeObject(this.#argumentsOf(known) ?? '')
      if (!isAnother) return known
    }
    if (id === '' && !beginsCall(call) && this.#latest !== undefined) return this.#latest
    const key = this.#fresh()
    if (id !== '') this.#byId.set(id, key)
    return key
  }

  #fresh(): string {
    this.#count += 1
    return String(this.#count)
  }
}

/** The first piece of a call has its name. */
export function beginsCall(call: ToolCallDelta): boolean {
  return Boolean(call.function?.name)
}

/** Whether a piece says anything; some servers send an empty call beside a text. */
export function saysSomething({ id, function: called }: ToolCallDelta): boolean {
  return Boolean(id) || Boolean(called?.name) || argumentsText(called?.arguments) !== ''
}

/** Arguments are a string by the specification; some servers send the object itself. */
export function argumentsText(args: unknown): string {
  if (typeof args === 'string') return args
  return args === undefined || args === null ? '' : JSON.stringify(args)
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
    const whole = name === said ? said : said + name
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
