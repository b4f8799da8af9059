import { sealedBy } from '../../messages/opaque.ts'
import type { Writer } from '../../messages/writer.ts'
import type { Target } from '../format.ts'
import { DetailList } from './details.ts'
import { signatureOf } from './signature.ts'
import { THOUGHT_FIELDS } from './wire.ts'
import type { Delta, ListField, TextField, ToolCallDelta } from './wire.ts'

/**
 * What an answer says of its reasoning. Each thinking block is sealed together with the fields that
 * its text and its state came in: there, and nowhere else, they go back to the server.
 */
export class Thoughts {
  readonly #writer: Writer
  readonly #target: Target
  readonly #lists: Readonly<Record<ListField, DetailList>> = {
    reasoning_details: new DetailList(),
    thinking_blocks: new DetailList(),
  }
  #opaque = ''
  /** The field of the thinking block that is being told; undefined behind its end. */
  #textField: TextField | undefined

  constructor(writer: Writer, target: Target) {
    this.#writer = writer
    this.#target = target
  }

  read(delta: Delta): void {
    const { reasoning_details: details, thinking_blocks: blocks } = delta
    const field = THOUGHT_FIELDS.find((name) => delta[name])
    if (field !== undefined) this.text(delta[field] ?? '', field)
    else if (details) this.text(DetailList.text(details))
    else if (blocks) this.text(DetailList.text(blocks))
    if (details) this.#lists.reasoning_details.add(details)
    if (blocks) this.#lists.thinking_blocks.add(blocks)
    if (delta.reasoning_opaque) this.#opaque = delta.reasoning_opaque
  }

  /** @param field where it came; undefined where it goes back as state alone. */
  text(text: string, field?: TextField): void {
    if (text === '') return
    this.#textField = field
    this.#writer.thinking(text)
    this.#seal({})
  }

  /** Text of the answer comes, or its end. */
  close(): void {
    this.#sealState()
    this.#textField = undefined
  }

  /** A call begins: what belongs to it stands in a thinking block before it. */
  closeForCall(call: ToolCallDelta): void {
    const signature = signatureOf(call)
    if (signature !== undefined) this.#seal(signature)
    this.close()
  }

  /** State goes into the thinking block before it, or into an empty one. */
  #sealState(): void {
    for (const stateField of ['thinking_blocks', 'reasoning_details'] as const) {
      const list = this.#lists[stateField].take()
      if (list.length > 0) this.#seal({ payload: JSON.stringify(list), stateField })
    }
    if (this.#opaque === '') return
    this.#seal({ payload: this.#opaque, stateField: 'reasoning_opaque' })
    this.#opaque = ''
  }

  #seal(state: { readonly payload?: string; readonly stateField?: string }): void {
    const textField = this.#textField
    const came = textField === undefined ? {} : { textField }
    this.#writer.signature(sealedBy(this.#target, { ...came, ...state }))
  }
}
