import { thinkingTokens } from '../../messages/checked.ts'
import type { Usage } from '../../messages/events.ts'
import type { WireUsage } from './wire.ts'

/**
 * The provider's count with every token counted once: `input_tokens` includes cached ones, the
 * Messages API's does not; `output_tokens` includes reasoning in both.
 */
export function usageOf(wire: WireUsage): Usage {
  const cached = wire.input_tokens_details?.cached_tokens ?? 0
  const written = wire.input_tokens_details?.cache_write_tokens ?? 0
  return {
    input_tokens: Math.max(0, (wire.input_tokens ?? 0) - cached - written),
    output_tokens: wire.output_tokens ?? 0,
    cache_creation_input_tokens: written,
    cache_read_input_tokens: cached,
    ...thinkingTokens(wire.output_tokens_details?.reasoning_tokens),
  }
}
