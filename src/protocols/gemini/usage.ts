import { thinkingTokens } from '../../messages/sanitize.ts'
import type { Usage } from '../../messages/events.ts'
import { promptUsage } from '../usage.ts'
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
  const toolUse = wire.toolUsePromptTokenCount ?? 0
  const candidates = wire.candidatesTokenCount ?? 0
  const thoughts = wire.thoughtsTokenCount ?? 0
  const included = wire.totalTokenCount === prompt + toolUse + candidates
  const counted = promptUsage(wire.promptTokenCount, wire.cachedContentTokenCount, 0)
  return {
    ...counted,
    input_tokens: counted.input_tokens + toolUse,
    output_tokens: included ? candidates : candidates + thoughts,
    ...thinkingTokens(wire.thoughtsTokenCount),
  }
}
