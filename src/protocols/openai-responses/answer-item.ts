import { isEmptyObject, isSameObject } from '../../lib/json.ts'
import { argumentsPiece } from '../../messages/call-arguments.ts'
import { isServedCall } from './served.ts'
import type { OutputItem, OutputPart } from './wire.ts'

/** One item of an answer, and how much of it the client was told. */
export interface AnswerItem {
  /** Tells it apart from the answer's other items. */
  readonly key: string
  /** `message`, `reasoning`, `call`, or the type of an item of the server's own tools. */
  readonly kind: string
  readonly ids: Set<unknown>
  readonly index: number | undefined
  callId: string
  /** Of a call; '' until it is known. */
  name: string
  /** All that came of it so far: text, thoughts or arguments. */
  text: string
  /** The same by the part that it came for. */
  readonly parts: Map<number, string>
  /** How much of `text` came again as whole parts, in UTF-16 units. */
  partsConfirmed: number
  /** How much of `text` came again as a whole item. */
  confirmed: number
  /** The item as it was announced; undefined if it was not. */
  announced: OutputItem | undefined
  isFinished: boolean
  /** Which of its two fields a reasoning item's thoughts came from. */
  source: 'summary' | 'content' | undefined
  isSealed: boolean
}

export function kindOf(item: OutputItem): string {
  const type = item.type ?? ''
  if (type === 'custom_tool_call') return isServedCall(item) ? type : 'call'
  return type === 'function_call' ? 'call' : type
}

/** Which of a whole reasoning item's two fields says something. */
export function sourceOf({ summary }: OutputItem): 'summary' | 'content' {
  return texts(summary).some(Boolean) ? 'summary' : 'content'
}

/** The texts of a whole item, part by part: of a message, of reasoning, of a call's arguments. */
export function partsOf(item: OutputItem, source?: AnswerItem['source']): readonly string[] {
  switch (item.type) {
    case 'message':
      return texts(item.content)
    case 'reasoning':
      return texts((source ?? sourceOf(item)) === 'summary' ? item.summary : item.content)
    case 'function_call':
    case 'custom_tool_call':
      return [argumentsOf(item)]
    default:
      return []
  }
}

export function argumentsOf({ type, arguments: args, input }: OutputItem): string {
  return argumentsPiece(type === 'custom_tool_call' ? { input } : args)
}

/** A string in place of the parts is what Chat Completions has there. */
function texts(parts: unknown): readonly string[] {
  if (typeof parts === 'string') return [parts]
  if (!Array.isArray(parts)) return []
  return (parts as readonly (OutputPart | null)[]).map((part) => part?.text ?? part?.refusal ?? '')
}

/** Whether a whole item's text can be that of an item of which `item.text` came. */
export function agrees(item: AnswerItem, whole: string): boolean {
  const { text } = item
  if (whole.startsWith(text) || text.startsWith(whole)) return true
  return item.kind === 'call' && (isEmptyObject(text) || isSameObject(text, whole))
}
