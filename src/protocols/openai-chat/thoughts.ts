import { signatureFrom } from '../../messages/reasoning-signature.ts'
import type { Writer } from '../../messages/writer.ts'
import type { Target } from '../protocol.ts'
import { DetailList, detailText } from './details.ts'
import { GrowingText } from './growing-text.ts'
import { signatureOf } from './signature.ts'
import {
  type Delta,
  type ListField,
  type ReasoningDetail,
  type TextField,
  THOUGHT_FIELDS,
  type ToolCallDelta,
} from './wire.ts'

interface Growing {
  readonly field: TextField | undefined
  readonly text: GrowingText
}

const LISTED = 'listed'

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
  /** What was said in each field, and in each place of a list. */
  readonly #texts = new Map<string, Growing>()
  #opaque = ''
  /** The field of the thinking block that is being told; undefined behind its end. */
  #textField: TextField | undefined

  constructor(writer: Writer, target: Target) {
    this.#writer = writer
    this.#target = target
  }

  /** @param isRepeated whether it may all have been told already, in pieces. */
  read(delta: Delta, isRepeated = false): void {
    const { reasoning_details: details, thinking_blocks: blocks } = delta
    const list = details ?? blocks
    const field = THOUGHT_FIELDS.find((name) => delta[name])
    if (field !== undefined) this.#grow(field, delta[field] ?? '', { field, isRepeated })
    else if (list) this.#readList(list)
    if (details) this.#lists.reasoning_details.add(details)
    if (blocks) this.#lists.thinking_blocks.add(blocks)
    if (delta.reasoning_opaque) this.#opaque = delta.reasoning_opaque
  }

  #readList(details: readonly ReasoningDetail[]): void {
    for (const detail of details) {
      this.#grow(`${LISTED} ${JSON.stringify(detail.index)}`, detailText(detail))
    }
  }

  #grow(
    key: string,
    text: string,
    { field, isRepeated }: { readonly field?: TextField; readonly isRepeated?: boolean } = {},
  ): void {
    const growing = this.#texts.get(key) ?? { field, text: new GrowingText() }
    this.#texts.set(key, growing)
    this.text(isRepeated ? growing.text.rest(text) : growing.text.read(text), field)
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
    this.#release()
    this.#sealState()
    this.#textField = undefined
  }

  #release(): void {
    for (const { field, text } of this.#texts.values()) this.text(text.release(), field)
  }

  /** A call begins: what belongs to it stands in a thinking block before it. */
  closeForCall(call: ToolCallDelta): void {
    this.#release()
    const signature = signatureOf(call)
    if (signature !== undefined) this.#seal(signature)
    this.close()
  }

  #isGrowing(): boolean {
    return [...this.#texts].some(([key, { text }]) => key.startsWith(LISTED) && text.isGrowing)
  }

  /** State goes into the thinking block before it, or into an empty one. */
  #sealState(): void {
    for (const stateField of ['thinking_blocks', 'reasoning_details'] as const) {
      const list = this.#lists[stateField].take(this.#isGrowing())
      if (list.length > 0) this.#seal({ payload: JSON.stringify(list), stateField })
    }
    if (this.#opaque === '') return
    this.#seal({ payload: this.#opaque, stateField: 'reasoning_opaque' })
    this.#opaque = ''
  }

  #seal(state: { readonly payload?: string; readonly stateField?: string }): void {
    const textField = this.#textField
    const came = textField === undefined ? {} : { textField }
    this.#writer.signature(signatureFrom(this.#target, { ...came, ...state }))
  }
}
