import { sealedBy, stateOf } from '../../messages/opaque.ts'
import type { ThinkingBlock } from '../../messages/request.ts'
import type { Target } from '../format.ts'
import { familyOf, isThird } from '../gemini/model.ts'
import type { ToolCall, ToolCallDelta } from './wire.ts'

/**
 * Gemini's thought signatures as its Chat Completions carry them: in the first call of an answer,
 * under `extra_content`. https://ai.google.dev/gemini-api/docs/thought-signatures
 */

/** Stands for the signature of a call that Gemini did not make; Gemini 3 refuses a call with none. */
const NO_SIGNATURE = 'skip_thought_signature_validator'

/** The signature that came with a call, as a thinking block's; undefined for a call without. */
export function sealedSignature(call: ToolCallDelta, target: Target): string | undefined {
  const payload = call.extra_content?.google?.thought_signature
  if (!payload) return undefined
  return sealedBy(target, { payload })
}

/** The signature in a thinking block that this model made; undefined for any other block. */
export function signatureIn(block: ThinkingBlock, target: Target): string | undefined {
  return stateOf(block.signature, target)?.payload
}

/** The calls of one answer, the first of them signed where the model demands it. */
export function signed(calls: readonly ToolCall[], target: Target): readonly ToolCall[] {
  const [first, ...others] = calls
  if (first === undefined || first.extra_content || !isThird(familyOf(target.model))) return calls
  return [withSignature(first, NO_SIGNATURE), ...others]
}

export function withSignature(call: ToolCall, signature: string | undefined): ToolCall {
  if (signature === undefined) return call
  return { ...call, extra_content: { google: { thought_signature: signature } } }
}
