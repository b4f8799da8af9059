import type { Format } from '../formats/format.ts'
import { bedrockConverse } from '../formats/bedrock-converse/format.ts'
import { guarded } from '../formats/guarded.ts'
import { gemini } from '../formats/gemini/format.ts'
import { openaiChat } from '../formats/openai-chat/format.ts'
import { openaiResponses } from '../formats/openai-responses/format.ts'
import { type FormatName, GEMINI_COMPATIBLE, type Row } from './row.ts'

/** How requests and answers of a provider are translated; undefined where they pass through. */
export type Wire = Format | undefined

const WIRES: Readonly<Record<FormatName, (row: Row) => Wire>> = {
  'openai-chat': (row) => openaiChat(row.chat),
  'openai-responses': (row) => openaiResponses({ midSystem: row.chat.midSystem }),
  anthropic: () => undefined,
  gemini: (row) => gemini(row.gemini ?? GEMINI_COMPATIBLE),
  'bedrock-converse': () => bedrockConverse,
}

export function wireOf(format: FormatName, row: Row): Wire {
  const wire = WIRES[format](row)
  return wire && guarded(wire)
}
