/** Finish reasons of Chat Completions as stop reasons of the Messages API. */

import type { StopReason } from '../../messages/events.ts'

/** `finish_reason` of Chat Completions and of the providers that speak it, in lower case. */
const STOP: Readonly<Record<string, StopReason>> = {
  stop: 'end_turn',
  end_turn: 'end_turn',
  eos: 'end_turn',
  complete: 'end_turn',
  tool_calls: 'tool_use',
  tool_call: 'tool_use',
  tool_use: 'tool_use',
  function_call: 'tool_use',
  length: 'max_tokens',
  max_tokens: 'max_tokens',
  max_output_tokens: 'max_tokens',
  model_length: 'max_tokens',
  model_context_window_exceeded: 'model_context_window_exceeded',
  context_length_exceeded: 'model_context_window_exceeded',
  content_filter: 'refusal',
  sensitive: 'refusal',
  refusal: 'refusal',
  // Gemini's, by way of gateways.
  safety: 'refusal',
  recitation: 'refusal',
  prohibited_content: 'refusal',
  blocklist: 'refusal',
  spii: 'refusal',
  stop_sequence: 'stop_sequence',
}

/** Finish reasons that mean that the provider failed in the middle of the answer. */
const FAILED: ReadonlySet<string> = new Set([
  'error',
  'server_error',
  'network_error',
  'insufficient_system_resource',
  'abort',
  'cancelled',
  'timeout',
  'malformed_function_call',
  'malformed_response',
  'unexpected_tool_call',
  'too_many_tool_calls',
  'function_call_filter',
])

/** The stop reason; undefined for one that means failure. An unknown one is a plain end. */
export function stopReason(finish: string): StopReason | undefined {
  const known = finish.toLowerCase()
  // Google's reason behind that of a filter: `function_call_filter: MALFORMED_FUNCTION_CALL`.
  if (known.split(/[:\s]/).some((word) => FAILED.has(word))) return undefined
  return Object.hasOwn(STOP, known) ? STOP[known] : 'end_turn'
}
