/** The Gemini `generateContent` protocol. */

import type { Protocol } from '../protocol.ts'
import { decoder } from './response.ts'
import { encode } from './request.ts'
import type { GeminiQuirks } from './types.ts'

/** Gemini's protocol as an endpoint with these quirks speaks it. */
export function gemini(quirks: GeminiQuirks): Protocol {
  return { encode: (request, target) => encode(request, target, quirks), decoder }
}
