import type { Protocol } from '../protocol.ts'
import { decoder } from './decode.ts'
import { encode } from './encode.ts'
import type { ResponsesQuirks } from './wire.ts'

/** OpenAI Responses; the providers that speak it answer alike. */
export function openaiResponses(quirks: ResponsesQuirks): Protocol {
  return { encode: (request, target) => encode(request, target, quirks), decoder }
}
