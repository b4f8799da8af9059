import type { ReasoningState } from '../../messages/reasoning-signature.ts'
import type { MessagesRequest } from '../../messages/request.ts'
import { sealedBefore } from '../../messages/sealed.ts'
import type { Target } from '../protocol.ts'
import { familyOf, isGemini3 } from '../gemini/model.ts'
import type { Quirks, ToolCall, ToolCallDelta } from './wire.ts'

/**
 * Gemini's thought signatures as Chat Completions carry them, Google's own and any gateway's: in the
 * first call of an answer, under `extra_content.google`, or `.vertex`.
 * https://ai.google.dev/gemini-api/docs/thought-signatures
 */

/** Stands for the signature of a call that Gemini did not make; Gemini 3 refuses a call with none. */
const NO_SIGNATURE = 'skip_thought_signature_validator'

const HOLDERS = ['google', 'vertex'] as const
type Holder = (typeof HOLDERS)[number]

const HOLDER_OF_FIELD: ReadonlyMap<string | undefined, Holder> = new Map(
  HOLDERS.map((holder) => [fieldOf(holder), holder]),
)

function fieldOf(holder: Holder): string {
  return `extra_content.${holder}`
}

/** The signature that came with a call, as the state of a thinking block; undefined for none. */
export function signatureOf({ extra_content: extra }: ToolCallDelta): ReasoningState | undefined {
  for (const holder of HOLDERS) {
    const payload = extra?.[holder]?.thought_signature
    if (payload) return { payload, stateField: fieldOf(holder) }
  }
  return undefined
}

/** A call with the signature that it came with, where this is the state of one. */
export function withSignature(
  call: ToolCall,
  { payload, stateField }: ReasoningState = {},
): ToolCall {
  const holder = HOLDER_OF_FIELD.get(stateField)
  if (holder === undefined || payload === undefined) return call
  return { ...call, extra_content: { [holder]: { thought_signature: payload } } }
}

/**
 * Where a server wants the signatures of calls: as its row says, else where it has sent one itself.
 * Undefined for one that need not know them.
 */
export function signatureHolder(
  { messages }: MessagesRequest,
  target: Target,
  quirks: Quirks,
): Holder | undefined {
  if (!isGemini3(familyOf(target.model))) return undefined
  if (quirks.thoughtSignatures === true) return 'google'
  for (const { stateField } of sealedBefore(messages, target.provider)) {
    const holder = HOLDER_OF_FIELD.get(stateField)
    if (holder !== undefined) return holder
  }
  return undefined
}

/** The calls of one answer, the first of them signed where the model demands it. */
export function signed(
  calls: readonly ToolCall[],
  holder: Holder | undefined,
): readonly ToolCall[] {
  const [first, ...others] = calls
  if (first === undefined || first.extra_content) return calls
  const state = holder && { payload: NO_SIGNATURE, stateField: fieldOf(holder) }
  return [withSignature(first, state), ...others]
}
