import type { Protocol } from '../../protocols/protocol.ts'
import { bedrockConverse } from '../../protocols/bedrock-converse/format.ts'
import { guardedProtocol } from '../../protocols/guarded-decoder.ts'
import { gemini } from '../../protocols/gemini/format.ts'
import { openaiChat } from '../../protocols/openai-chat/format.ts'
import { openaiResponses } from '../../protocols/openai-responses/format.ts'
import { type ProtocolName, GEMINI_COMPATIBLE, type ProviderDefinition } from '../definition.ts'

/** How requests and answers of a provider are translated; undefined where they pass through. */
export type Wire = Protocol | undefined

const WIRES: Readonly<Record<ProtocolName, (row: ProviderDefinition) => Wire>> = {
  'openai-chat': (row) => openaiChat(row.chat),
  'openai-responses': (row) => openaiResponses({ midSystem: row.chat.midSystem }),
  anthropic: () => undefined,
  gemini: (row) => gemini(row.gemini ?? GEMINI_COMPATIBLE),
  'bedrock-converse': () => bedrockConverse,
}

export function protocolOf(format: ProtocolName, row: ProviderDefinition): Wire {
  const wire = WIRES[format](row)
  return wire && guardedProtocol(wire)
}
