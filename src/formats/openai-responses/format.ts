import type { Format } from '../format.ts'
import { decoder } from './decode.ts'
import { encode } from './encode.ts'

/** OpenAI Responses; the providers that speak it do so alike. */
export const openaiResponses: Format = { encode, decoder }
