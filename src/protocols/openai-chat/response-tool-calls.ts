/** Tool calls in Chat Completions answers: which call a piece belongs to, and which ones are for the client. */

import { argumentsPiece } from '../../messages/call-arguments.ts'
import { textOr } from '../../messages/sanitize.ts'
import { joinedName, ToolNames } from '../../messages/tool-names.ts'
import type { ToolCallDelta } from './types.ts'

const NONE = new ToolNames([])

/** Whether all arguments of a call came; false for a call that did not begin. */
type IsWhole = (key: string) => boolean

interface CallState {
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
  #latest: CallState | undefined
  readonly #byIndex = new Map<number, CallState>()
  readonly #byId = new Map<ToolCallDelta['id'], CallState>()

  constructor(isWhole: IsWhole) {
    this.#isWhole = isWhole
  }

  /** @param call one that has content; see `saysSomething`. */
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
  #known(call: ToolCallDelta): CallState | undefined {
    const { index, id } = call
    const isIndexed = typeof index === 'number'
    const known = isIndexed ? this.#byIndex.get(index) : this.#byId.get(id)
    if (known !== undefined) return this.#beginsAnother(call, known) ? undefined : known
    if (beginsCall(call)) return undefined
    // A piece without a name, under an index or an id of its own.
    const isPiece = argumentsPiece(call.function?.arguments) !== '' && !(isIndexed && id)
    return isPiece ? this.#latest : undefined
  }

  #beginsAnother(call: ToolCallDelta, known: CallState): boolean {
    const name = call.function?.name
    if (!name) return false
    const id = call.id ?? ''
    if (id !== '' && known.id !== '' && id !== known.id) return true
    return this.#isWhole(known.key) && name !== known.name
  }

  #fresh(): CallState {
    this.#count += 1
    return { key: String(this.#count), id: '', name: '' }
  }
}

/** The first piece of a call has its name. */
export function beginsCall(call: ToolCallDelta): boolean {
  return Boolean(call.function?.name)
}

/** Whether a piece has any content; some servers send an empty call beside a text. */
export function saysSomething({ id, function: called }: ToolCallDelta): boolean {
  return Boolean(id) || Boolean(called?.name) || argumentsPiece(called?.arguments) !== ''
}

// --- Names ---

/**
 * Names that come in pieces: a name is passed on once arguments come. Some servers repeat the whole
 * name with every piece.
 */
export class CallNames {
  readonly #open = new Map<string, string>()
  readonly #named = new Set<string>()

  /** The name to pass on with this piece; undefined for none. */
  read(key: string, name: string, hasArguments: boolean): string | undefined {
    if (this.#named.has(key)) return undefined
    const before = this.#open.get(key) ?? ''
    const whole = joinedName(before, name, NONE)
    this.#open.set(key, whole)
    return hasArguments && whole !== '' ? this.#close(key, whole) : undefined
  }

  /** The names of calls that had no arguments. */
  rest(): readonly (readonly [key: string, name: string])[] {
    const rest = [...this.#open].filter(([, name]) => name !== '')
    for (const [key, name] of rest) this.#close(key, name)
    return rest
  }

  #close(key: string, name: string): string {
    this.#open.delete(key)
    this.#named.add(key)
    return name
  }
}

// --- Calls that the server ran ---

/**
 * Types of calls that the server itself ran and answered, as xAI and Zhipu list them among the calls
 * of an answer; a call for the client is a `function`, in whatever spelling.
 * https://docs.x.ai/docs/guides/tools/advanced-usage#identifying-tool-call-types
 */
const SERVED =
  /^(?:(?:web|x|file|collections|attachment)_search|code_(?:interpreter|execution)|mcp|view_image|view_x_video)(?:_call)?$|^tool_call_type_(?!client_side|invalid)\w+$/i

/** Tells the client's calls from those that the server ran. */
export class ServedCalls {
  readonly #indexes = new Set<ToolCallDelta['index']>()
  readonly #ids = new Set<ToolCallDelta['id']>()

  /** The pieces that are for the client. */
  without(calls: readonly ToolCallDelta[]): readonly ToolCallDelta[] {
    return calls.filter((call) => !this.#isServed(call))
  }

  #isServed(call: ToolCallDelta): boolean {
    const { type, index, id } = call
    if (SERVED.test(textOr(type))) {
      if (typeof index === 'number') this.#indexes.add(index)
      if (id) this.#ids.add(id)
      return true
    }
    if (this.#ids.has(id)) return true
    if (!this.#indexes.has(index)) return false
    // Another call under the same index, or a further piece.
    if (!beginsCall(call)) return true
    this.#indexes.delete(index)
    return false
  }
}
