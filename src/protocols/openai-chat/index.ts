/** OpenAI Chat Completions, and the many providers that speak it. */

import type { Protocol } from '../protocol.ts'
import { encode } from './request.ts'
import { decoder } from './response.ts'
import type { Quirks } from './types.ts'

/** The protocol as one provider speaks it. */
export function openaiChat(quirks: Quirks): Protocol {
  return { encode: (request, target) => encode(request, target, quirks), decoder }
}
