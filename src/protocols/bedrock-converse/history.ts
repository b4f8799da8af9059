import type { DocumentBlock, ImageBlock } from '../../messages/request.ts'
import {
  type AssistantBlock,
  OPENING,
  type Part,
  type Result,
  textPart,
  type Turn,
} from '../conversation.ts'
import type { Target } from '../protocol.ts'
import { argumentsObject, BEDROCK_ID, shapedId } from '../tools.ts'
import { reasoningContent } from './reasoning.ts'
import type { ConverseMessage, Media, TextContent, ToolResult } from './wire.ts'

type AssistantContent = Extract<ConverseMessage, { role: 'assistant' }>['content'][number]
type UserContent = Extract<ConverseMessage, { role: 'user' }>['content'][number]

/** Image formats by media type; there are no others. */
const IMAGE: Readonly<Record<string, string>> = {
  'image/png': 'png',
  'image/jpeg': 'jpeg',
  'image/jpg': 'jpeg',
  'image/gif': 'gif',
  'image/webp': 'webp',
}

/** Whether an image goes as one: Converse takes no URLs. */
export function takesImage({ source }: ImageBlock): boolean {
  return source.type === 'base64' && Object.hasOwn(IMAGE, source.media_type)
}

export function takesDocument({ source }: DocumentBlock): boolean {
  return source.type === 'base64' && source.media_type === 'application/pdf'
}

/** The turns as Converse messages: user and assistant by turns, results within the user's. */
export function converseMessages(
  turns: readonly Turn[],
  target: Target,
): readonly ConverseMessage[] {
  const context: Context = { target, documents: 0 }
  const messages: ConverseMessage[] = []
  for (const turn of turns) addTurn(turn, messages, context)
  // "A conversation must start with a user message."
  if (messages[0]?.role !== 'user') messages.unshift({ role: 'user', content: [{ text: OPENING }] })
  return messages
}

interface Context {
  readonly target: Target
  /** How many documents there are so far: each needs a name of its own. */
  documents: number
}

function addTurn(turn: Turn, messages: ConverseMessage[], context: Context): void {
  switch (turn.role) {
    case 'assistant': {
      const content = turn.blocks.flatMap((block) => assistantContent(block, context))
      if (content.length > 0) messages.push({ role: 'assistant', content })
      return
    }
    case 'results':
      return addUser(
        turn.results.map((result) => toolResult(result, context)),
        messages,
      )
    case 'user':
      return addUser(spoken(turn.parts, context), messages)
    case 'system':
      return addUser([{ text: turn.text }], messages)
  }
}

function addUser(content: readonly UserContent[], messages: ConverseMessage[]): void {
  const last = messages.at(-1)
  if (last?.role !== 'user') {
    messages.push({ role: 'user', content })
    return
  }
  messages.pop()
  messages.push({ role: 'user', content: [...last.content, ...content] })
}

/** Converse refuses a message that has a document and no text. */
function spoken(parts: readonly Part[], context: Context): readonly Media[] {
  const onlyMedia = parts.every((part) => part.type !== 'text')
  const withDocument = parts.some((part) => part.type === 'document')
  const said = onlyMedia && withDocument ? [...parts, textPart('(document)')] : parts
  return said.map((part) => media(part, context))
}

function media(part: Part, context: Context): Media {
  if (part.type === 'text' || part.source.type !== 'base64') return { text: textOf(part) }
  const { source } = part
  if (part.type === 'image') {
    return { image: { format: IMAGE[source.media_type] ?? 'png', source: { bytes: source.data } } }
  }
  context.documents += 1
  const name = `document ${String(context.documents)}`
  return { document: { format: 'pdf', name, source: { bytes: source.data } } }
}

/** Blank text is refused. */
function textOf(part: Part): string {
  return part.type === 'text' && part.text.trim() !== '' ? part.text : '(empty)'
}

function toolResult({ call, isError, content }: Result, context: Context): ToolResult {
  return {
    toolResult: {
      toolUseId: shapedId(call.id, BEDROCK_ID),
      content: content.length === 0 ? [{ text: '(empty)' }] : content.map((p) => media(p, context)),
      status: isError ? 'error' : 'success',
    },
  }
}

function assistantContent(
  block: AssistantBlock,
  { target }: Context,
): readonly (AssistantContent | TextContent)[] {
  switch (block.type) {
    case 'text':
      return block.text.trim() === '' ? [] : [{ text: block.text }]
    case 'thinking':
      return reasoningContent(block, target)
    case 'tool_use': {
      const toolUseId = shapedId(block.id, BEDROCK_ID)
      return [{ toolUse: { toolUseId, name: block.name, input: argumentsObject(block.input) } }]
    }
  }
}
