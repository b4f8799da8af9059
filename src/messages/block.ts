import { CallArguments } from './call-arguments.ts'
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
  id: string
  name: string
  started: boolean
  closed: boolean
  signature: string
  /** Content not yet emitted: of a block that waits, or of a tool whose name is not known yet. */
  held: string
  readonly args: CallArguments
  /** The call of which this may be a repetition, until that is known. */
  before: OpenBlock | undefined
}

export function openBlock(kind: Kind, before?: OpenBlock): OpenBlock {
  return {
    kind,
    id: '',
    name: before?.name ?? '',
    started: false,
    closed: false,
    signature: '',
    held: '',
    args: new CallArguments(),
    before,
  }
}

/**
 * Whether nothing more can come for a block now that another began. Text and thinking end there; a
 * tool call ends when its arguments are a whole JSON object, since more would break it. An empty one
 * may be followed by the real arguments while calls come.
 */
export function isWhole(block: OpenBlock, next: Kind): boolean {
  if (block.kind !== 'tool_use') return true
  return block.name !== '' && block.args.isWhole && !(next === 'tool_use' && block.args.isEmpty)
}
