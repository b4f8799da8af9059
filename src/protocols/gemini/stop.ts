import type { StopReason } from '../../messages/events.ts'

/** `finishReason` of a candidate. https://ai.google.dev/api/generate-content#FinishReason */
const STOP: Readonly<Record<string, StopReason>> = {
  STOP: 'end_turn',
  MAX_TOKENS: 'max_tokens',
  SAFETY: 'refusal',
  RECITATION: 'refusal',
  LANGUAGE: 'refusal',
  BLOCKLIST: 'refusal',
  PROHIBITED_CONTENT: 'refusal',
  SPII: 'refusal',
  MODEL_ARMOR: 'refusal',
  IMAGE_SAFETY: 'refusal',
  IMAGE_PROHIBITED_CONTENT: 'refusal',
  IMAGE_RECITATION: 'refusal',
}

/** Finish reasons that mean that the answer is broken; asking again may help. */
const FAILED: ReadonlySet<string> = new Set([
  'OTHER',
  'MALFORMED_FUNCTION_CALL',
  'UNEXPECTED_TOOL_CALL',
  'TOO_MANY_TOOL_CALLS',
  'MALFORMED_RESPONSE',
  'MISSING_THOUGHT_SIGNATURE',
  'NO_IMAGE',
  'IMAGE_OTHER',
])

/** Some servers send it with every chunk: not finished yet. */
const UNFINISHED = 'FINISH_REASON_UNSPECIFIED'

/** Whether a word is a finish reason at all. */
export function isFinish(reason: string | undefined): reason is string {
  return reason !== undefined && reason !== '' && reason !== UNFINISHED
}

/** The stop reason; undefined for one that means failure. An unknown one is a plain end. */
export function stopReason(finish: string): StopReason | undefined {
  if (FAILED.has(finish)) return undefined
  return Object.hasOwn(STOP, finish) ? STOP[finish] : 'end_turn'
}
