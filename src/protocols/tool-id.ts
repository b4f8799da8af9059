import { createHash } from 'node:crypto'

/** What a provider demands of the ids of tool calls. */
export interface IdShape {
  /** Ids that it takes as they are. */
  readonly fits: RegExp
  /** Length of the ids that stand for others, in letters and digits. */
  readonly length: number
}

/** Mistral: "must be a-z, A-Z, 0-9, with a length of 9". */
export const MISTRAL_ID: IdShape = { fits: /^[a-zA-Z0-9]{9}$/, length: 9 }

/** OpenAI: "string too long. Expected a string with maximum length 64". */
export const OPENAI_ID: IdShape = { fits: /^.{1,64}$/su, length: 24 }

/** Bedrock's `toolUseId`, and Anthropic's ids but for their length. */
export const BEDROCK_ID: IdShape = { fits: /^[a-zA-Z0-9_-]{1,64}$/, length: 24 }

/**
 * The id under which a call and its result go to a provider: the client's own if it fits, else one
 * made from it, always the same for the same id.
 */
export function shapedId(id: string, shape: IdShape | undefined): string {
  if (shape === undefined || shape.fits.test(id)) return id
  const digest = createHash('sha256').update(id).digest('base64')
  return digest.replace(/[^a-zA-Z0-9]/g, 'x').slice(0, shape.length)
}
