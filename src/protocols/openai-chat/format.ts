import type { Protocol } from '../protocol.ts'
import { decoder } from './decode.ts'
import { encode } from './encode.ts'
import type { Quirks } from './wire.ts'

/** OpenAI Chat Completions as one provider speaks it. */
export function openaiChat(quirks: Quirks): Protocol {
  return { encode: (request, target) => encode(request, target, quirks), decoder }
}
