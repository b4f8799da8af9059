import type { Protocol } from '../protocol.ts'
import { decoder } from './decode.ts'
import { encode } from './encode.ts'

/** Bedrock's ConverseStream. */
export const bedrockConverse: Protocol = { encode, decoder }
