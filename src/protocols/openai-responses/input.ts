import type { DocumentBlock, ImageBlock, MessagesRequest } from '../../messages/request.ts'
import {
  type AssistantBlock,
  conversationOf,
  type Part,
  type Result,
  resultText,
  type Turn,
} from '../conversation.ts'
import type { Target } from '../protocol.ts'
import { argumentsText, OPENAI_ID, shapedId } from '../tools.ts'
import { ownState } from './reasoning.ts'
import type { InputItem, InputPart, ResponsesQuirks } from './wire.ts'

interface Encoding {
  readonly target: Target
  readonly quirks: ResponsesQuirks
  readonly dropped: Set<string>
}

/** The messages as input items; the system prompt is not among them. */
export function inputItems(
  request: MessagesRequest,
  { target, quirks, dropped }: Encoding,
): readonly InputItem[] {
  const images = target.can?.images !== false
  const turns = conversationOf(
    request.messages,
    {
      midSystem: quirks.midSystem,
      mediaInResults: true,
      images,
      document: (document) => images && isPdf(document),
      thinking: (block) => ownState(block, target) !== undefined,
    },
    dropped,
  )
  return turns.flatMap((turn) => itemsOf(turn, target))
}

/** https://platform.openai.com/docs/guides/pdf-files: models that see images read PDFs. */
function isPdf({ source }: DocumentBlock): boolean {
  return source.type === 'url' || (source.type === 'base64' && source.media_type.endsWith('/pdf'))
}

function itemsOf(turn: Turn, target: Target): readonly InputItem[] {
  switch (turn.role) {
    case 'system':
      return [{ type: 'message', role: 'developer', content: [inputText(turn.text)] }]
    case 'user':
      return [{ type: 'message', role: 'user', content: turn.parts.map(inputPart) }]
    case 'assistant':
      return turn.blocks.flatMap((block, at) => assistantItem(block, turn.blocks[at + 1], target))
    case 'results':
      return turn.results.map(outputItem)
  }
}

/** Reasoning that is not followed by what it led to is refused, hence `next`. */
function assistantItem(
  block: AssistantBlock,
  next: AssistantBlock | undefined,
  target: Target,
): readonly InputItem[] {
  switch (block.type) {
    case 'text':
      return [{ type: 'message', role: 'assistant', content: block.text }]
    case 'tool_use':
      return [
        {
          type: 'function_call',
          call_id: shapedId(block.id, OPENAI_ID),
          name: block.name,
          arguments: argumentsText(block.input),
        },
      ]
    case 'thinking': {
      const state = ownState(block, target)
      if (state === undefined || next === undefined || next.type === 'thinking') return []
      return [{ type: 'reasoning', summary: [], encrypted_content: state }]
    }
  }
}

/** Text alone goes as a string, which every server understands. */
function outputItem(result: Result): InputItem {
  const { call, content, isError } = result
  const isText = content.every((part) => part.type === 'text')
  return {
    type: 'function_call_output',
    call_id: shapedId(call.id, OPENAI_ID),
    output: isText
      ? resultText(result)
      : [...(isError ? [inputText('[error]')] : []), ...content.map(inputPart)],
  }
}

function inputText(text: string): InputPart {
  return { type: 'input_text', text }
}

function inputPart(part: Part): InputPart {
  switch (part.type) {
    case 'text':
      return inputText(part.text)
    case 'image':
      return { type: 'input_image', image_url: urlOf(part.source), detail: 'auto' }
    case 'document':
      return inputFile(part)
  }
}

function inputFile({ source, title }: DocumentBlock): InputPart {
  if (source.type === 'url') return { type: 'input_file', file_url: source.url }
  if (source.type !== 'base64') return inputText('')
  return { type: 'input_file', filename: title ?? 'document.pdf', file_data: urlOf(source) }
}

function urlOf(source: ImageBlock['source']): string {
  return source.type === 'url' ? source.url : `data:${source.media_type};base64,${source.data}`
}
