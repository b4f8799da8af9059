import type { Format } from '../protocol.ts'
import { decoder } from './decode.ts'
import { encode } from './encode.ts'
import type { ResponsesQuirks } from './wire.ts'

/** OpenAI Responses; the providers that speak it answer alike. */
export function openaiResponses(quirks: ResponsesQuirks): Format {
  return { encode: (request, target) => encode(request, target, quirks), decoder }
}
