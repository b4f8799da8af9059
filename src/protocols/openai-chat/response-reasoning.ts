/** Reasoning in Chat Completions answers: text fields, lists with state, and the signatures of calls. */

import { type ReasoningState, signatureFrom } from '../../messages/reasoning-signature.ts'
import type { Writer } from '../../messages/writer.ts'
import type { Target } from '../protocol.ts'
import { GrowingText } from './response-text.ts'
import {
  type Delta,
  type ListField,
  type ReasoningDetail,
  type TextField,
  SIGNATURE_HOLDERS,
  signatureField,
  THOUGHT_FIELDS,
  type ToolCallDelta,
} from './types.ts'

interface Growing {
  readonly field: TextField | undefined
  readonly text: GrowingText
}

const LISTED = 'listed'

/**
 * The reasoning of an answer. Each thinking block is sealed together with the fields that
 * its text and its state came in: there, and nowhere else, they go back to the server.
 */
export class Thoughts {
  readonly #writer: Writer
  readonly #target: Target
  readonly #lists: Readonly<Record<ListField, DetailList>> = {
    reasoning_details: new DetailList(),
    thinking_blocks: new DetailList(),
  }
  /** The text of each field, and of each index of a list. */
  readonly #texts = new Map<string, Growing>()
  #opaque = ''
  /** The field of the open thinking block's text; undefined once the block has ended. */
  #textField: TextField | undefined

  constructor(writer: Writer, target: Target) {
    this.#writer = writer
    this.#target = target
  }

  /** @param isRepeated whether the delta may repeat what came in pieces. */
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

// --- Lists ---

/**
 * Reasoning as a list of texts, summaries and encrypted pieces, with the signatures of whoever made
 * them, which must go back as it came: OpenRouter's `reasoning_details`
 * (https://openrouter.ai/docs/use-cases/reasoning-tokens#preserving-reasoning) and LiteLLM's
 * `thinking_blocks` (https://docs.litellm.ai/docs/reasoning_content).
 */
export class DetailList {
  #list: ReasoningDetail[] = []
  /** The newest piece of each. */
  #newest: ReasoningDetail[] = []

  /** Pieces of one text come one by one, each under the index of the whole. */
  add(details: readonly ReasoningDetail[]): void {
    for (const detail of details) {
      const last = this.#list.at(-1)
      if (last !== undefined && continues(last, detail)) {
        this.#list[this.#list.length - 1] = joined(last, detail)
        this.#newest[this.#newest.length - 1] = { ...this.#newest.at(-1), ...definedFields(detail) }
      } else {
        this.#list.push(detail)
        this.#newest.push(detail)
      }
    }
  }

  /**
   * What came so far; the list is empty then.
   * @param isGrowing whether each piece held all the text before it.
   */
  take(isGrowing: boolean): readonly ReasoningDetail[] {
    const [list, newest] = [this.#list.splice(0), this.#newest.splice(0)]
    return isGrowing ? newest : list
  }
}

/** The text of a piece. */
export function detailText({ text, summary, thinking }: ReasoningDetail): string {
  return text ?? summary ?? thinking ?? ''
}

const PIECED: ReadonlySet<string | undefined> = new Set([
  'reasoning.text',
  'reasoning.summary',
  'thinking',
])

/** Blocks of Claude have no index: their signature ends them. */
function continues(before: ReasoningDetail, detail: ReasoningDetail): boolean {
  if (!PIECED.has(detail.type) || before.type !== detail.type) return false
  return before.index === detail.index && !(before.type === 'thinking' && before['signature'])
}

function joined(before: ReasoningDetail, more: ReasoningDetail): ReasoningDetail {
  return {
    ...before,
    ...definedFields(more),
    ...pieced('text', before, more),
    ...pieced('summary', before, more),
    ...pieced('thinking', before, more),
  }
}

function definedFields(detail: ReasoningDetail): ReasoningDetail {
  const fields = Object.entries(detail).filter(([, value]) => value !== null && value !== undefined)
  return Object.fromEntries(fields)
}

function pieced(
  field: 'text' | 'summary' | 'thinking',
  before: ReasoningDetail,
  more: ReasoningDetail,
): Partial<ReasoningDetail> {
  const text = `${before[field] ?? ''}${more[field] ?? ''}`
  return text === '' ? {} : { [field]: text }
}

// --- Thought signatures of Gemini ---

/** The signature that came with a call, as the state of a thinking block; undefined for none. */
export function signatureOf({ extra_content: extra }: ToolCallDelta): ReasoningState | undefined {
  for (const holder of SIGNATURE_HOLDERS) {
    const payload = extra?.[holder]?.thought_signature
    if (payload) return { payload, stateField: signatureField(holder) }
  }
  return undefined
}
