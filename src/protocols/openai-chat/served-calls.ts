import { textOr } from '../../messages/sanitize.ts'
import { beginsCall } from './tool-calls.ts'
import type { ToolCallDelta } from './wire.ts'

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
