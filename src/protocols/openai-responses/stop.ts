import type { StopReason } from '../../messages/events.ts'
import type { WireResponse } from './wire.ts'

/** `incomplete_details.reason` of an answer whose status is `incomplete`. */
const INCOMPLETE: ReadonlyMap<unknown, StopReason> = new Map([
  ['max_output_tokens', 'max_tokens'],
  ['content_filter', 'refusal'],
  ['max_tool_calls', 'end_turn'],
])

/**
 * Why a whole answer ended; undefined for a status that means failure. An incomplete one whose
 * reason is unknown was cut, so the client should ask on.
 */
export function stopReason({ status, incomplete_details }: WireResponse): StopReason | undefined {
  if (status === 'failed' || status === 'cancelled') return undefined
  if (status !== 'incomplete') return 'end_turn'
  return INCOMPLETE.get(incomplete_details?.reason) ?? 'max_tokens'
}
