import { thinkingTokens } from '../../messages/sanitize.ts'
import type { Usage } from '../../messages/events.ts'
import { promptUsage } from '../usage.ts'
import type { WireUsage } from './wire.ts'

/**
 * The provider's count with every token counted once: `prompt_tokens` includes cached ones, the
 * Messages API's `input_tokens` does not. `completion_tokens` includes reasoning, except where the
 * total shows that it does not (xAI: 12 prompt + 2 completion + 340 reasoning = 354 total).
 */
export function usageOf(wire: WireUsage): Usage {
  const prompt = wire.prompt_tokens ?? 0
  return {
    ...promptUsage(wire.prompt_tokens, cachedTokens(wire), writtenTokens(wire)),
    output_tokens: outputTokens(wire, prompt),
    ...thinkingTokens(wire.completion_tokens_details?.reasoning_tokens),
  }
}

function cachedTokens(wire: WireUsage): number {
  return (
    wire.prompt_tokens_details?.cached_tokens ??
    wire.prompt_cache_hit_tokens ??
    wire.cached_tokens ??
    wire.cache_read_input_tokens ??
    0
  )
}

function writtenTokens({ prompt_tokens_details: details, ...wire }: WireUsage): number {
  return (
    details?.cache_write_tokens ??
    details?.cache_creation_input_tokens ??
    wire.cache_creation_input_tokens ??
    0
  )
}

function outputTokens(wire: WireUsage, prompt: number): number {
  const completion = wire.completion_tokens ?? 0
  const reasoning = wire.completion_tokens_details?.reasoning_tokens ?? 0
  const apart = wire.total_tokens === prompt + completion + reasoning
  return apart ? completion + reasoning : completion
}
