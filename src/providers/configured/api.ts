/** How a provider is called: in its protocol, or with the client's request as it is. */
import type { Dialect } from '../../protocols/anthropic/types.ts'
import { bedrockConverse } from '../../protocols/bedrock-converse/index.ts'
import { gemini } from '../../protocols/gemini/index.ts'
import { guardedProtocol, type Protocol } from '../../protocols/protocol.ts'
import { openaiChat } from '../../protocols/openai-chat/index.ts'
import { openaiResponses } from '../../protocols/openai-responses/index.ts'
import {
  chatQuirks,
  geminiQuirks,
  type ProtocolName,
  type ProviderDefinition,
} from '../definition.ts'

/** Requests and answers are translated to and from a protocol, or forwarded to a Messages API. */
export type ProviderApi =
  | { readonly kind: 'translate'; readonly protocol: Protocol }
  /** @param dialect whose Messages API it is. */
  | { readonly kind: 'forward'; readonly dialect: Dialect }

/** Protocols that are translated: all but the client's own. */
export type TranslatedProtocol = Exclude<ProtocolName, 'anthropic'>

const PROTOCOLS: Readonly<
  Record<TranslatedProtocol, (definition: ProviderDefinition) => Protocol>
> = {
  'openai-chat': (definition) => openaiChat(chatQuirks(definition)),
  'openai-responses': (definition) => {
    const { kind, hosts } = definition
    // Servers that people run have all kinds of models, and so does what is behind an unknown address.
    const unknownThinks = kind === 'hosted' && hosts.length > 0
    return openaiResponses({ midSystem: chatQuirks(definition).midSystem, unknownThinks })
  },
  gemini: (definition) => gemini(geminiQuirks(definition)),
  'bedrock-converse': () => bedrockConverse,
}

/** A protocol, with the quirks of a provider. */
export function protocolFor(name: TranslatedProtocol, definition: ProviderDefinition): Protocol {
  return guardedProtocol(PROTOCOLS[name](definition))
}
