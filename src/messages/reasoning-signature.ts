/**
 * Reasoning that must return to the vendor that made it and to no other travels in
 * `thinking.signature`, which the client sends back byte for byte. Only this module writes and
 * reads that envelope.
 */
import type { Message } from './request.ts'

/** Who made a thinking block, and the state that only this vendor can read. */
export interface ReasoningSignature {
  readonly provider: string
  readonly model: string
  /** Distinguishes accounts of one vendor whose state is bound to the account. */
  readonly account?: string
  /** The tool call that the state belongs to, where the vendor wants it there. */
  readonly tool?: string
  /** The vendor's opaque state; absent if there is only text. */
  readonly payload?: string
  /** The field of the answer that the text came in, where a format has several. */
  readonly textField?: string
  /** The field of the answer that the state came in, where a format has several. */
  readonly stateField?: string
}

/** The part of an envelope that does not name its maker. */
export type ReasoningState = Pick<
  ReasoningSignature,
  'payload' | 'tool' | 'textField' | 'stateField'
>

/** No vendor's signature begins like this. The digit is the envelope's version. */
export const SIGNATURE_PREFIX = 'ccr1.'

export function encodeSignature(sealed: ReasoningSignature): string {
  return SIGNATURE_PREFIX + Buffer.from(JSON.stringify(sealed)).toString('base64url')
}

/** What `encodeSignature` was given; undefined for a foreign, damaged or missing signature. */
export function decodeSignature(signature: string | undefined): ReasoningSignature | undefined {
  if (!signature?.startsWith(SIGNATURE_PREFIX)) return undefined
  try {
    const text = Buffer.from(signature.slice(SIGNATURE_PREFIX.length), 'base64url').toString()
    const sealed = JSON.parse(text) as Partial<ReasoningSignature>
    if (typeof sealed.provider !== 'string' || typeof sealed.model !== 'string') return undefined
    return sealed as ReasoningSignature
  } catch {
    return undefined
  }
}

/** Who produces reasoning: a target. */
interface Maker {
  readonly provider: string
  readonly model: string
  readonly account?: string | undefined
}

/** The signature of a target's reasoning; it names the account only with state, since texts may go to any. */
export function signatureFrom(
  { provider, model, account }: Maker,
  state: ReasoningState = {},
): string {
  const bound = state.payload !== undefined && account !== undefined ? { account } : {}
  return encodeSignature({ provider, model, ...bound, ...state })
}

/**
 * The state in a signature that this target made; undefined for another model or account, and for
 * thoughts without state.
 */
export function stateFrom(
  signature: string | undefined,
  maker: Maker,
): ReasoningSignature | undefined {
  const sealed = decodeSignature(signature)
  if (sealed?.payload === undefined) return undefined
  const isSameModel = sealed.provider === maker.provider && sealed.model === maker.model
  const otherAccount = sealed.account !== undefined && sealed.account !== maker.account
  return isSameModel && !otherAccount ? sealed : undefined
}

/** The envelopes of a provider's earlier thinking, the newest message first. */
export function* earlierSignatures(
  messages: readonly Message[],
  provider: string,
): Generator<ReasoningSignature> {
  for (const { role, content } of messages.toReversed()) {
    if (role !== 'assistant' || typeof content === 'string') continue
    for (const { type, signature } of content) {
      if (type !== 'thinking' || typeof signature !== 'string') continue
      const state = decodeSignature(signature)
      if (state?.provider === provider) yield state
    }
  }
}
