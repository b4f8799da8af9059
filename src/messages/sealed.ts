import { decodeSignature, type ReasoningSignature } from './reasoning-signature.ts'
import type { Message } from './request.ts'

/** The envelopes of a provider's earlier thinking, the newest message first. */
export function* sealedBefore(
  messages: readonly Message[],
  provider: string,
): Generator<ReasoningSignature> {
  for (const { role, content } of messages.toReversed()) {
    if (role !== 'assistant' || typeof content === 'string') continue
    for (const { type, signature } of content) {
      if (type !== 'thinking' || typeof signature !== 'string') continue
      const sealed = decodeSignature(signature)
      if (sealed?.provider === provider) yield sealed
    }
  }
}
