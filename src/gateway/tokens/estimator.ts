/** Estimates input tokens from the size of a request. */
import {
  type Block,
  blocksOf,
  type Content,
  isContent,
  type MessagesRequest,
} from '../../messages/request.ts'

/**
 * Input tokens by the size of the request: UTF-8 bytes over a ratio that the counts of each target
 * keep correcting. Images count by rule, never by their base64 text.
 */
export interface Estimator {
  /** Tokens of a request for this target. */
  estimate(target: string, size: Size): number
  /** What the provider counted for a request of this size. */
  learn(target: string, size: Size, tokens: number): void
}

/** The name under which estimates are learnt for requests without a target yet. */
export const ANY_TARGET = ''

/** The size of a request: bytes of text, and images apart. */
export interface Size {
  readonly bytes: number
  readonly images: number
}

/** Bytes of JSON a token before anything is known; English prose and code are near 4. */
const BYTES_PER_TOKEN = 4

/** What a screenshot costs on most providers, in tokens. */
const TOKENS_PER_IMAGE = 1_500

/** Requests smaller than this say too little about the ratio, in bytes. */
const LEAST_TO_LEARN = 2_000

/** Ratios outside are a provider's miscount rather than a property of text. */
const RATIO_RANGE = [1, 12] as const

export function createEstimator(): Estimator {
  const ratios = new Map<string, number>()
  return {
    estimate(target, { bytes, images }) {
      return estimateOf({ bytes, images }, ratios.get(target) ?? BYTES_PER_TOKEN)
    },
    learn(target, { bytes, images }, tokens) {
      const ofText = tokens - images * TOKENS_PER_IMAGE
      const ratio = bytes / ofText
      if (bytes < LEAST_TO_LEARN || ratio < RATIO_RANGE[0] || ratio > RATIO_RANGE[1]) return
      ratios.set(target, ratio)
    },
  }
}

/** The estimate for a target of which nothing is known. */
export function unlearntEstimate(size: Size): number {
  return estimateOf(size, BYTES_PER_TOKEN)
}

function estimateOf({ bytes, images }: Size, bytesPerToken: number): number {
  return Math.ceil(bytes / bytesPerToken) + images * TOKENS_PER_IMAGE
}

/** The size of a request whose JSON text has this many bytes. */
export function sizeOf(request: MessagesRequest, bytes: number): Size {
  let base64 = 0
  let images = 0
  const weigh = (content: Content | undefined): void => {
    for (const block of blocksOf(content)) {
      base64 += base64Length(block)
      if (block.type === 'image') images += 1
      const inner = block.type === 'tool_result' ? block['content'] : undefined
      if (isContent(inner)) weigh(inner)
    }
  }
  for (const message of request.messages) weigh(message.content)
  return { bytes: Math.max(0, bytes - base64), images }
}

function base64Length(block: Block): number {
  const { data } = (block['source'] ?? {}) as { data?: unknown }
  return typeof data === 'string' ? data.length : 0
}
