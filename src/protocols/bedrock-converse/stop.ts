import type { StopReason } from '../../messages/events.ts'

/** `stopReason` of `messageStop`. */
const STOP: Readonly<Record<string, StopReason>> = {
  end_turn: 'end_turn',
  tool_use: 'tool_use',
  max_tokens: 'max_tokens',
  stop_sequence: 'stop_sequence',
  content_filtered: 'refusal',
  guardrail_intervened: 'refusal',
  model_context_window_exceeded: 'model_context_window_exceeded',
}

/** Stop reasons that mean that the model failed in the middle of the answer. */
const FAILED: ReadonlySet<string> = new Set(['malformed_model_output', 'malformed_tool_use'])

/** The stop reason; undefined for one that means failure. An unknown one is a plain end. */
export function stopReason(reason: string): StopReason | undefined {
  if (FAILED.has(reason)) return undefined
  return Object.hasOwn(STOP, reason) ? STOP[reason] : 'end_turn'
}
