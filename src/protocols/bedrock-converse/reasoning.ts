import { signatureFrom, stateFrom } from '../../messages/reasoning-signature.ts'
import type { ThinkingBlock } from '../../messages/request.ts'
import type { Target } from '../protocol.ts'
import type { Reasoning } from './wire.ts'

/**
 * Reasoning blocks on their way through the client. Blocks that follow each other become one
 * thinking block; its envelope says which part of the text each signature covers, so that they go
 * back exactly as they came. Signatures mean something to their own model only.
 */
export type Piece =
  /** UTF-16 units of the thinking block's text, and the signature over them. */
  | { readonly text: number; readonly signature: string }
  /** What the model thought and does not show, base64. */
  | { readonly redacted: string }

export function sealed(pieces: readonly Piece[], target: Target): string {
  const signed = pieces.some((piece) => 'redacted' in piece || piece.signature !== '')
  return signatureFrom(target, signed ? { payload: JSON.stringify(pieces) } : {})
}

/** The pieces of a thinking block of this provider and model; none where nothing was signed. */
export function piecesOf(block: ThinkingBlock, target: Target): readonly Piece[] {
  const payload = stateFrom(block.signature, target)?.payload
  return payload === undefined ? [] : (JSON.parse(payload) as Piece[])
}

/** A thinking block as the reasoning blocks that it came from. */
export function reasoningContent(block: ThinkingBlock, target: Target): readonly Reasoning[] {
  let at = 0
  return piecesOf(block, target).flatMap((piece): readonly Reasoning[] => {
    if ('redacted' in piece) return [{ reasoningContent: { redactedContent: piece.redacted } }]
    const text = block.thinking.slice(at, at + piece.text)
    at += piece.text
    if (piece.signature === '') return []
    return [{ reasoningContent: { reasoningText: { text, signature: piece.signature } } }]
  })
}
