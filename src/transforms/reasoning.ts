import { reasoningOf } from '../messages/reasoning.ts'
import { onBody, type Options, type Transform, unchanged } from './transform.ts'

/** Switches that servers of open models know; -1 is no budget at all. */
const OFF = { thinking: { type: 'disabled', budget_tokens: -1 }, enable_thinking: false }

/**
 * Thinking switched by `thinking` and `enable_thinking`: on where the client asks for it, off for
 * good with `enable: false`.
 */
export function reasoning(options: Options, wire: string): Transform {
  if (wire !== 'openai-chat') return unchanged
  if (options['enable'] === false) return onBody((body) => ({ ...body, ...OFF }))
  return onBody((body, request) => {
    const { mode, budget } = reasoningOf(request)
    if (mode !== 'on' && mode !== 'budget') return body
    const thinking = { type: 'enabled', ...(budget === undefined ? {} : { budget_tokens: budget }) }
    return { ...body, thinking, enable_thinking: true }
  })
}
