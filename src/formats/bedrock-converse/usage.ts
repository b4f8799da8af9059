import type { Usage } from '../../messages/events.ts'
import type { WireUsage } from './wire.ts'

/**
 * The provider's count. `inputTokens` excludes tokens read from or written to the cache
 * (https://docs.aws.amazon.com/bedrock/latest/userguide/prompt-caching.html), except where the
 * total shows that it includes them.
 */
export function usageOf(wire: WireUsage): Usage {
  const input = wire.inputTokens ?? 0
  const output = wire.outputTokens ?? 0
  const read = wire.cacheReadInputTokens ?? 0
  const written = wire.cacheWriteInputTokens ?? 0
  const included = wire.totalTokens === input + output
  return {
    input_tokens: included ? Math.max(0, input - read - written) : input,
    output_tokens: output,
    cache_creation_input_tokens: written,
    cache_read_input_tokens: read,
  }
}
