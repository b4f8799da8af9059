/** The Bedrock Converse protocol. */

import type { Protocol } from '../protocol.ts'
import { decoder } from './response.ts'
import { encode } from './request.ts'

export const bedrockConverse: Protocol = { encode, decoder }
