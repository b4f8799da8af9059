import type { Format } from '../format.ts'
import { decoder } from './decode.ts'
import { encode } from './encode.ts'

/** Bedrock's ConverseStream. */
export const bedrockConverse: Format = { encode, decoder }
