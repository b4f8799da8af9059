import { stateFrom } from '../../messages/reasoning-signature.ts'
import { reasoningOf } from '../../messages/reasoning.ts'
import type { MessagesRequest, ThinkingBlock } from '../../messages/request.ts'
import { effortOf, reportReasoning, openaiEfforts } from '../reasoning.ts'
import type { Target } from '../protocol.ts'

/** OpenAI's models that do not think refuse every word about reasoning. */
const WITHOUT_REASONING = /(^|\/)(gpt-3|gpt-4|chatgpt-|gpt-5-chat)/

/** Whether the model thinks; one of which nothing is known is taken for today's kind, which does. */
export function thinks({ can, model }: Target): boolean {
  return can?.reasoning ?? !WITHOUT_REASONING.test(model)
}

/** `reasoning`: how much to think. */
export function reasoningFields(
  request: MessagesRequest,
  target: Target,
  dropped: Set<string>,
): object {
  const reasoning = reasoningOf(request)
  if (!thinks(target)) {
    reportReasoning(reasoning, dropped)
    return {}
  }
  const effort = effortOf(reasoning)
  const isAsked = effort !== undefined || reasoning.mode !== undefined
  return {
    ...(isAsked
      ? { reasoning: { effort: effort && openaiEfforts(target.model)[effort], summary: 'auto' } }
      : {}),
  }
}

/** The state that this model sealed into a thinking block, undefined where there is none. */
export function ownState(block: ThinkingBlock, target: Target): string | undefined {
  return stateFrom(block.signature, target)?.payload
}
