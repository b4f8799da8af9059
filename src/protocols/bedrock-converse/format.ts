import type { Format } from '../protocol.ts'
import { decoder } from './decode.ts'
import { encode } from './encode.ts'

/** Bedrock's ConverseStream. */
export const bedrockConverse: Format = { encode, decoder }
