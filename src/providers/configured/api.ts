/** How a provider is asked: in a protocol of its own, or with the client's own request. */
import type { Dialect } from '../../protocols/anthropic/forward.ts'
import { bedrockConverse } from '../../protocols/bedrock-converse/format.ts'
import { gemini } from '../../protocols/gemini/format.ts'
import { guardedProtocol } from '../../protocols/guarded-decoder.ts'
import { openaiChat } from '../../protocols/openai-chat/format.ts'
import { openaiResponses } from '../../protocols/openai-responses/format.ts'
import type { Protocol } from '../../protocols/protocol.ts'
import { type ProtocolName, GEMINI_COMPATIBLE, type ProviderDefinition } from '../definition.ts'

/** Requests and answers are translated to and from a protocol, or forwarded to a Messages API. */
export type ProviderApi =
  | { readonly kind: 'translate'; readonly protocol: Protocol }
  /** @param dialect whose Messages API it is. */
  | { readonly kind: 'forward'; readonly dialect: Dialect }

/** Protocols that are translated: all but the client's own. */
export type TranslatedProtocol = Exclude<ProtocolName, 'anthropic'>

const PROTOCOLS: Readonly<Record<TranslatedProtocol, (row: ProviderDefinition) => Protocol>> = {
  'openai-chat': (row) => openaiChat(row.chat),
  'openai-responses': (row) => openaiResponses({ midSystem: row.chat.midSystem }),
  gemini: (row) => gemini(row.gemini ?? GEMINI_COMPATIBLE),
  'bedrock-converse': () => bedrockConverse,
}

/** A protocol, with the quirks of a provider. */
export function protocolFor(format: TranslatedProtocol, row: ProviderDefinition): Protocol {
  return guardedProtocol(PROTOCOLS[format](row))
}
