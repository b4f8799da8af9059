import type { Protocol } from '../protocol.ts'
import { decoder } from './decode.ts'
import { encode } from './encode.ts'
import type { GeminiQuirks } from './wire.ts'

/** Gemini `generateContent` as one endpoint speaks it. */
export function gemini(quirks: GeminiQuirks): Protocol {
  return { encode: (request, target) => encode(request, target, quirks), decoder }
}
