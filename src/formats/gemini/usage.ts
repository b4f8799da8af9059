import { thinkingTokens } from '../../messages/checked.ts'
import type { Usage } from '../../messages/events.ts'
import type { WireUsage } from './wire.ts'

/**
 * The provider's count with every token counted once; undefined where it counts nothing (Vertex's
 * early chunks hold only the traffic type, fixture google-stream-tool-call-arguments).
 * `promptTokenCount` includes cached tokens, not those of tool use. Thoughts are output; they stand
 * beside the candidates' tokens, except where the total shows that these include them.
 * https://ai.google.dev/api/generate-content#UsageMetadata
 */
export function usageOf(wire: WireUsage): Usage | undefined {
  if (wire.promptTokenCount === undefined && wire.candidatesTokenCount === undefined) {
    return undefined
  }
  const prompt = wire.promptTokenCount ?? 0
  const cached = wire.cachedContentTokenCount ?? 0
  const toolUse = wire.toolUsePromptTokenCount ?? 0
  const candidates = wire.candidatesTokenCount ?? 0
  const thoughts = wire.thoughtsTokenCount ?? 0
  const included = wire.totalTokenCount === prompt + toolUse + candidates
  return {
    input_tokens: Math.max(0, prompt - cached) + toolUse,
    output_tokens: included ? candidates : candidates + thoughts,
    cache_creation_input_tokens: 0,
    cache_read_input_tokens: cached,
    ...thinkingTokens(wire.thoughtsTokenCount),
  }
}
