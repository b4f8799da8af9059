import type { Usage } from '../../messages/events.ts'
import { promptUsage } from '../usage.ts'
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
  const prompt = promptUsage(included ? input : input + read + written, read, written)
  const isWhole = prompt.cache_creation_input_tokens === written
  return {
    ...prompt,
    output_tokens: output,
    ...split(isWhole ? (wire.cacheDetails ?? []) : []),
  }
}

/** What was written for an hour costs more. */
function split(details: NonNullable<WireUsage['cacheDetails']>): Pick<Usage, 'cache_creation'> {
  if (details.length === 0) return {}
  const written = (life: string): number =>
    details.find(({ ttl }) => ttl === life)?.inputTokens ?? 0
  return {
    cache_creation: {
      ephemeral_5m_input_tokens: written('5m'),
      ephemeral_1h_input_tokens: written('1h'),
    },
  }
}
