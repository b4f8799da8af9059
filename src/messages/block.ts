import type { BlockDelta } from './events.ts'

/** One content block of an answer on its way through the writer. */

export type Kind = 'text' | 'thinking' | 'tool_use'

/** A piece of a block's content as its event. */
export const DELTA: Readonly<Record<Kind, (chunk: string) => BlockDelta>> = {
  text: (text) => ({ type: 'text_delta', text }),
  thinking: (thinking) => ({ type: 'thinking_delta', thinking }),
  tool_use: (partial_json) => ({ type: 'input_json_delta', partial_json }),
}

export interface OpenBlock {
  readonly kind: Kind
  /** What tells the upstream's tool calls apart; undefined for text and thinking. */
  readonly key: string | undefined
  id: string
  name: string
  started: boolean
  signature: string
  /** Content not yet emitted: of a block that waits, or of a tool whose name is not known yet. */
  held: string
  /** A tool's whole arguments, to see whether they are complete. */
  args: string
}

export function openBlock(kind: Kind, key: string | undefined): OpenBlock {
  return { kind, key, id: '', name: '', started: false, signature: '', held: '', args: '' }
}

/** A tool call can be shown once its name is known. */
export function canStart(block: OpenBlock): boolean {
  return block.started || block.kind !== 'tool_use' || block.name !== ''
}

export function isEmptyObject(args: string): boolean {
  return args.length < 20 && args.trim() === '{}'
}

/** Arguments that some upstream wrote as JSON text of a string begin so. */
export function isEncodedTwice(args: string): boolean {
  return args.trimStart().startsWith('"')
}

/** The object in arguments that were encoded twice; the arguments themselves where there is none. */
export function decodedOnce(args: string): string {
  if (!isEncodedTwice(args)) return args
  try {
    const inner = JSON.parse(args) as unknown
    return typeof inner === 'string' && isWholeObject(inner) ? inner : args
  } catch {
    return args
  }
}

/**
 * Whether nothing more can come for a block now that another began. Text and thinking end there; a
 * tool call ends when its arguments are a whole JSON object, since more would break it.
 */
export function isWhole(block: OpenBlock | undefined): boolean {
  if (block === undefined) return false
  return block.kind !== 'tool_use' || (block.name !== '' && isWholeObject(block.args))
}

export function isWholeObject(args: string): boolean {
  if (!args.trimEnd().endsWith('}')) return false
  try {
    JSON.parse(args)
    return true
  } catch {
    return false
  }
}
