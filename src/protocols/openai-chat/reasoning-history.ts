import {
  decodeSignature,
  type ReasoningSignature,
  stateFrom,
} from '../../messages/reasoning-signature.ts'
import type { MessagesRequest, ThinkingBlock } from '../../messages/request.ts'
import { sealedBefore } from '../../messages/sealed.ts'
import { isFromProvider } from '../conversation.ts'
import type { Target } from '../protocol.ts'
import { requiresReasoning } from '../reasoning.ts'
import {
  isListField,
  isTextField,
  type Quirks,
  type ReasoningDetail,
  type TextField,
} from './wire.ts'

/**
 * Earlier reasoning goes back to the server that made it, in the field in which it came: so servers
 * that nobody has listed get what they know, and no other server gets a field that it refuses.
 */
export interface ReasoningHistory {
  readonly target: Target
  readonly quirks: Quirks
  /** The field for a turn without reasoning, where the model refuses one; else undefined. */
  readonly filled: TextField | undefined
}

/** "An empty one counts as none": https://github.com/charmbracelet/crush/issues/2696 */
export const FILLER = ' '

export function reasoningHistory(
  request: MessagesRequest,
  target: Target,
  quirks: Quirks,
): ReasoningHistory {
  const isRequired = quirks.reasoningRequired === true || requiresReasoning(target.model)
  const filled =
    isRequired && quirks.reasoningHistory !== 'refused'
      ? (quirks.reasoningHistory ?? fieldInUse(request, target) ?? 'reasoning_content')
      : undefined
  return { target, quirks, filled }
}

/** The field of the newest reasoning that this server has sent. */
function fieldInUse({ messages }: MessagesRequest, target: Target): TextField | undefined {
  for (const { textField } of sealedBefore(messages, target.provider)) {
    if (isTextField(textField) && textField !== 'content') return textField
  }
  return undefined
}

/** Whether anything of a thinking block goes back. */
export function goesBack(block: ThinkingBlock, history: ReasoningHistory): boolean {
  if (!isFromProvider(block, history.target)) return false
  return stateIn(block, history) !== undefined || fieldOf(block, history) !== undefined
}

/** The state that this very model sealed into a thinking block, and where it stood. */
export function stateIn(
  { signature }: ThinkingBlock,
  { target, quirks }: ReasoningHistory,
): ReasoningSignature | undefined {
  const sealed = stateFrom(signature, target)
  if (sealed === undefined || sealed.stateField !== undefined) return sealed
  // Conversations from before envelopes held the field.
  if (quirks.thoughtSignatures === true) return { ...sealed, stateField: 'extra_content.google' }
  return quirks.reasoningDetails === true
    ? { ...sealed, stateField: 'reasoning_details' }
    : undefined
}

function fieldOf(block: ThinkingBlock, history: ReasoningHistory): TextField | undefined {
  const { quirks, filled } = history
  if (quirks.reasoningHistory === 'refused') return undefined
  const came = decodeSignature(block.signature)?.textField
  if (came === 'content') return came
  return quirks.reasoningHistory ?? (isTextField(came) ? came : filled)
}

/** The fields of an assistant message that hold its reasoning. */
export type ReasoningFields = Partial<Record<TextField, string>> & {
  readonly reasoning_details?: readonly ReasoningDetail[]
}

/** The reasoning of one turn as fields of its message; `content` stands before its text. */
export function reasoningFieldsOf(
  thoughts: readonly ThinkingBlock[],
  history: ReasoningHistory,
): ReasoningFields {
  const lists = listsOf(thoughts, history)
  if (Object.keys(lists).length > 0) return lists
  const told = thoughts.filter(({ thinking }) => thinking !== '')
  const fields = { ...textsOf(told, history), ...opaqueOf(thoughts, history) }
  const isFilled = Object.keys(fields).length > 0
  return isFilled || history.filled === undefined ? fields : { [history.filled]: FILLER }
}

function textsOf(told: readonly ThinkingBlock[], history: ReasoningHistory): ReasoningFields {
  const field = told.map((block) => fieldOf(block, history)).find((name) => name !== undefined)
  if (field === undefined) return {}
  const text = told.map(({ thinking }) => thinking).join('\n\n')
  return { [field]: field === 'content' ? `<think>\n${text.trim()}\n</think>\n\n` : text }
}

function listsOf(thoughts: readonly ThinkingBlock[], history: ReasoningHistory): ReasoningFields {
  const lists: Record<string, ReasoningDetail[]> = {}
  for (const block of thoughts) {
    const { payload, stateField } = stateIn(block, history) ?? {}
    if (payload === undefined || !isListField(stateField)) continue
    lists[stateField] ??= []
    lists[stateField].push(...(JSON.parse(payload) as ReasoningDetail[]))
  }
  return lists
}

/** GitHub Copilot's state beside its `reasoning_text`. */
function opaqueOf(thoughts: readonly ThinkingBlock[], history: ReasoningHistory): object {
  const states = thoughts.flatMap((block) => stateIn(block, history) ?? [])
  const last = states.findLast(({ stateField }) => stateField === 'reasoning_opaque')
  return last === undefined ? {} : { reasoning_opaque: last.payload }
}
