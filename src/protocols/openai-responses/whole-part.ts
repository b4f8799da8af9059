import type { OutputPart, WireEvent } from './wire.ts'

/** A part of an item, told whole. */
export interface WholePart {
  readonly kind: 'message' | 'reasoning'
  /** Its number; of raw reasoning none, since only a summary has paragraphs. */
  readonly at?: number | null | undefined
  readonly text: string | null | undefined
}

/** The part that an event tells whole; undefined for every other event. */
export function wholePartIn(event: WireEvent): WholePart | undefined {
  const { type, content_index: at, summary_index: paragraph, part } = event
  switch (type) {
    case 'response.output_text.done':
      return { kind: 'message', at, text: event.text }
    case 'response.refusal.done':
      return { kind: 'message', at, text: event.refusal }
    case 'response.reasoning_summary_text.done':
      return { kind: 'reasoning', at: paragraph, text: event.text }
    case 'response.reasoning_summary_part.done':
      return { kind: 'reasoning', at: paragraph, text: part?.text }
    case 'response.reasoning_text.done':
      return { kind: 'reasoning', text: event.text }
    case 'response.content_part.done':
      return part ? contentPart(part, at) : undefined
    default:
      return undefined
  }
}

function contentPart({ type, text, refusal }: OutputPart, at: WholePart['at']): WholePart {
  if (type === 'reasoning_text') return { kind: 'reasoning', text }
  return { kind: 'message', at, text: text ?? refusal }
}
