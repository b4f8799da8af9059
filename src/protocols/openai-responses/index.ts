/** OpenAI Responses, and the providers that speak it. */

import type { Protocol } from '../protocol.ts'
import { encode } from './request.ts'
import { decoder } from './response.ts'
import type { ResponsesQuirks } from './types.ts'

/** The protocol as one provider speaks it; all of them answer alike. */
export function openaiResponses(quirks: ResponsesQuirks): Protocol {
  return { encode: (request, target) => encode(request, target, quirks), decoder }
}
