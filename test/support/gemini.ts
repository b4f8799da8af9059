/** Encodes requests for Gemini and decodes its answers, for tests. */
import type { Target } from '../../src/protocols/protocol.ts'
import { decoder } from '../../src/protocols/gemini/response.ts'
import { encode } from '../../src/protocols/gemini/request.ts'
import type { Content, GeminiQuirks } from '../../src/protocols/gemini/types.ts'
import { sseFrames } from '../../src/framing/sse.ts'
import type { StreamEvent } from '../../src/messages/events.ts'
import type { MessagesRequest } from '../../src/messages/request.ts'
import type { WriterParts } from '../../src/messages/writer.ts'
import { decodedEvents } from './stream.ts'

export const GOOGLE: GeminiQuirks = { jsonSchema: true, ids: true }
/** A model with thinking budgets, and one with levels and signatures. */
export const OLDER = 'gemini-2.5-flash'
export const NEWER = 'gemini-3-pro-preview'

export interface GeminiBody {
  readonly contents: readonly Content[]
  readonly generationConfig: Readonly<Record<string, unknown>>
  readonly dropped: readonly string[]
  readonly [field: string]: unknown
}

/** The body as it goes out, and what was dropped on the way. */
export function geminiBody(
  request: Partial<MessagesRequest>,
  model = OLDER,
  more: Partial<GeminiQuirks> & { can?: NonNullable<Target['can']> } = {},
): GeminiBody {
  const { can, ...quirks } = more
  const whole = { model: 'x', messages: [{ role: 'user', content: 'hi' }], ...request }
  const target: Target = { provider: 'p', model, ...(can === undefined ? {} : { can }) }
  const { body, dropped } = encode(whole, target, { ...GOOGLE, ...quirks })
  return { ...(JSON.parse(JSON.stringify(body)) as GeminiBody), dropped }
}

/** What ccr makes of a body of server-sent chunks. */
export function geminiEvents(
  body: AsyncIterable<Uint8Array>,
  parts: Partial<WriterParts> = {},
): Promise<readonly StreamEvent[]> {
  return decodedEvents(decoder, sseFrames(body), parts)
}
