import type { FinalUsage } from '../../messages/events.ts'
import { stopReason as chatStopReason } from '../openai-chat/response-stop-reason.ts'

/** What the repair of an answer must know of its request. */
export interface RepairParts {
  readonly provider: string
  /** The model that the client asked for. */
  readonly model: string
  readonly newMessageId: () => string
  /** A fresh id for a tool call whose own id cannot be used. */
  readonly newToolId: () => string
  /** Tool ids of the conversation: the client drops calls whose id comes again. */
  readonly takenToolIds: Iterable<string>
  /** The names of the tools that the model was offered. */
  readonly toolNames?: Iterable<string>
  /** Input tokens for a `message_start` that counts none. */
  readonly inputEstimate: number
}

/** An event of a Messages API as a server sends it; any field may be missing. */
export interface AnyEvent {
  readonly type: string
  readonly index?: number | undefined
  readonly message?: AnyMessage | null | undefined
  readonly content_block?: unknown
  readonly delta?: AnyDelta | null | undefined
  readonly usage?: Partial<FinalUsage> | null | undefined
  readonly error?: unknown
}

export interface AnyDelta {
  readonly type?: unknown
  readonly stop_reason?: unknown
  readonly stop_sequence?: unknown
}

export interface AnyMessage {
  readonly id?: unknown
  readonly model?: unknown
  readonly content?: unknown
  readonly usage?: Partial<FinalUsage> | null
  readonly stop_reason?: unknown
}

/** Whether the vendor's SDK can begin with it. */
export function isRightStart(message: AnyMessage | null | undefined): boolean {
  const { id, model, content, usage } = message ?? {}
  return (
    typeof id === 'string' &&
    typeof model === 'string' &&
    Array.isArray(content) &&
    content.length === 0 &&
    typeof usage?.input_tokens === 'number'
  )
}

export function filledStart(message: AnyMessage | null | undefined, parts: RepairParts): AnyEvent {
  const { id, usage } = message ?? {}
  const filled = {
    type: 'message',
    role: 'assistant',
    stop_sequence: null,
    ...message,
    model: parts.model,
    id: typeof id === 'string' ? id : parts.newMessageId(),
    content: [],
    stop_reason: null,
    usage: filledUsage(usage, parts),
  }
  return { type: 'message_start', message: filled }
}

export function filledUsage(
  usage: Partial<FinalUsage> | null | undefined,
  { inputEstimate }: RepairParts,
): FinalUsage {
  const input = usage?.input_tokens ?? inputEstimate
  return { ...usage, input_tokens: input, output_tokens: usage?.output_tokens ?? 0 }
}

/** Whether a stop reason means that the answer failed in its middle. */
export function isFailure(reason: unknown): boolean {
  return typeof reason === 'string' && chatStopReason(reason) === undefined
}

/** Chat Completions' words, which bridges pass on. */
const WORDS: Readonly<Record<string, string>> = {
  stop: 'end_turn',
  length: 'max_tokens',
  tool_calls: 'tool_use',
  function_call: 'tool_use',
  content_filter: 'refusal',
}

/** Why the answer ended: `tool_use` exactly where a call is in it that the client is to run. */
export function stopReasonOf(said: unknown, hasCall: boolean): unknown {
  if (typeof said !== 'string') return said
  const reason = (Object.hasOwn(WORDS, said) ? WORDS[said] : undefined) ?? said
  if (hasCall) return reason === 'end_turn' ? 'tool_use' : reason
  return reason === 'tool_use' ? 'end_turn' : reason
}

/** The event that ends an answer, with what is missing of it. */
export function ending(event: AnyEvent, reason: unknown, outputTokens: number): AnyEvent {
  const delta = { stop_sequence: null, ...event.delta, stop_reason: reason ?? null }
  const output = event.usage?.output_tokens ?? outputTokens
  return { ...event, delta, usage: { ...event.usage, output_tokens: output } }
}

/** Gives each call the id that it came with if no other call has it, else a fresh one. */
export function toolIdChooser({ takenToolIds, newToolId }: RepairParts): (id: unknown) => string {
  let taken: Set<string> | undefined
  return (id) => {
    taken ??= new Set(takenToolIds)
    const isUsable = typeof id === 'string' && id !== '' && !taken.has(id)
    const chosen = isUsable ? id : newToolId()
    taken.add(chosen)
    return chosen
  }
}
