import { thinkingTokens } from '../../messages/sanitize.ts'
import type { Usage } from '../../messages/events.ts'
import { promptUsage } from '../usage.ts'
import type { WireUsage } from './wire.ts'

/**
 * The provider's count with every token counted once: `input_tokens` includes cached ones, the
 * Messages API's does not; `output_tokens` includes reasoning in both.
 */
export function usageOf(wire: WireUsage): Usage {
  const { cached_tokens: cached, cache_write_tokens: written } = wire.input_tokens_details ?? {}
  return {
    ...promptUsage(wire.input_tokens, cached, written),
    output_tokens: wire.output_tokens ?? 0,
    ...thinkingTokens(wire.output_tokens_details?.reasoning_tokens),
  }
}
