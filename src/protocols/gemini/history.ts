import { type ReasoningSignature, stateFrom } from '../../messages/reasoning-signature.ts'
import type {
  DocumentBlock,
  ImageBlock,
  MessagesRequest,
  TextBlock,
  ToolUseBlock,
} from '../../messages/request.ts'
import {
  type AssistantBlock,
  conversationOf,
  isFromProvider,
  OPENING,
  type Part,
  type Result,
  textOf,
  type Turn,
} from '../conversation.ts'
import type { Target } from '../protocol.ts'
import { argumentsObject } from '../tools.ts'
import { familyOf, isThird } from './model.ts'
import type { Blob, Content, GeminiQuirks, SentPart } from './wire.ts'

/** What every step of the translation needs. */
interface Context {
  readonly target: Target
  readonly quirks: GeminiQuirks
  /** Gemini 3 and later. */
  readonly third: boolean
}

/**
 * For calls that another model made: Gemini 3 refuses the first call of a step without a signature.
 * https://ai.google.dev/gemini-api/docs/thought-signatures#faqs
 */
const NO_SIGNATURE = 'skip_thought_signature_validator'

/** Others are refused: https://ai.google.dev/gemini-api/docs/image-understanding#supported-formats */
const IMAGES: ReadonlySet<string> = new Set([
  'image/png',
  'image/jpeg',
  'image/webp',
  'image/heic',
  'image/heif',
])

/**
 * The messages as contents: user and model alternate, the results of a model's calls stand first
 * in the user's content behind it, one for each call and in their order.
 */
export function contentsOf(
  request: MessagesRequest,
  target: Target,
  quirks: GeminiQuirks,
  dropped: Set<string>,
): readonly Content[] {
  const third = isThird(familyOf(target.model))
  const context: Context = { target, quirks, third }
  const turns = conversationOf(
    request.messages,
    {
      midSystem: 'user',
      mediaInResults: third,
      images: (image) => target.can?.images !== false && isShown(image),
      document: isPdf,
      thinking: (block) => isFromProvider(block, target),
    },
    dropped,
  )
  const contents: Content[] = []
  turns.forEach((turn, at) => add(contentOf(turn, turns[at - 1], context), contents))
  // A call must follow a user's turn.
  if (contents[0]?.role !== 'user') contents.unshift({ role: 'user', parts: [{ text: OPENING }] })
  return contents
}

function add(content: Content, contents: Content[]): void {
  const last = contents.at(-1)
  if (content.parts.length === 0) return
  if (last?.role !== content.role) contents.push(content)
  else contents.splice(-1, 1, { ...last, parts: [...last.parts, ...content.parts] })
}

function contentOf(turn: Turn, before: Turn | undefined, context: Context): Content {
  switch (turn.role) {
    case 'system':
      return { role: 'user', parts: [{ text: turn.text }] }
    case 'user':
      return { role: 'user', parts: turn.parts.map(partOf) }
    case 'assistant':
      return { role: 'model', parts: modelParts(turn.blocks, context) }
    case 'results':
      return { role: 'user', parts: responses(turn.results, before, context) }
  }
}

/**
 * A model's parts, with each thought signature on the part that it came with: the call that it
 * names, else whatever follows its thinking block.
 */
function modelParts(blocks: readonly AssistantBlock[], context: Context): readonly SentPart[] {
  const firstCall = blocks.find((block) => block.type === 'tool_use')
  const parts: SentPart[] = []
  let state: ReasoningSignature | undefined
  for (const block of blocks) {
    if (block.type === 'thinking') {
      state = stateFrom(block.signature, context.target) ?? state
      continue
    }
    const own = belongs(state, block) ? state?.payload : undefined
    if (own !== undefined) state = undefined
    const without = block === firstCall && context.third ? NO_SIGNATURE : undefined
    parts.push(signed(saidOf(block, context.quirks), own ?? without))
  }
  return parts
}

function signed(part: SentPart, thoughtSignature: string | undefined): SentPart {
  return thoughtSignature === undefined ? part : { ...part, thoughtSignature }
}

/** The client may move text between a thinking block and its call. */
function belongs(state: ReasoningSignature | undefined, block: AssistantBlock): boolean {
  const tool = state?.tool
  return tool === undefined || (block.type === 'tool_use' && block.name === tool)
}

function saidOf(block: TextBlock | ToolUseBlock, { ids }: GeminiQuirks): SentPart {
  if (block.type === 'text') return { text: block.text }
  const { id, name, input } = block
  return { functionCall: { ...(ids ? { id } : {}), name, args: argumentsObject(input) } }
}

/** In the order of the calls: where ids are not sent, it tells two calls of one tool apart. */
function responses(
  results: readonly Result[],
  before: Turn | undefined,
  context: Context,
): readonly SentPart[] {
  const calls: readonly AssistantBlock[] = before?.role === 'assistant' ? before.blocks : []
  const position = ({ call }: Result): number => calls.indexOf(call)
  return results
    .toSorted((a, b) => position(a) - position(b))
    .map((result) => responseOf(result, context))
}

function responseOf({ call, isError, content }: Result, { quirks }: Context): SentPart {
  const media: Blob[] = []
  const texts: Part[] = []
  for (const part of content) {
    const sent = partOf(part)
    if ('inlineData' in sent) media.push(sent.inlineData)
    else texts.push({ type: 'text', text: 'text' in sent ? sent.text : urlOf(part) })
  }
  const text = textOf(texts)
  return {
    functionResponse: {
      ...(quirks.ids ? { id: call.id } : {}),
      name: call.name,
      response: isError ? { error: text } : { output: text },
      ...(media.length === 0 ? {} : { parts: media.map((inlineData) => ({ inlineData })) }),
    },
  }
}

function urlOf(part: Part): string {
  return part.type !== 'text' && part.source.type === 'url' ? part.source.url : ''
}

function partOf(part: Part): SentPart {
  if (part.type === 'text') return { text: part.text }
  const { source } = part
  if (source.type === 'url') return fileOf(part, source.url)
  if (source.type !== 'base64') return { text: '' }
  return { inlineData: { mimeType: source.media_type.toLowerCase(), data: source.data } }
}

/** https://ai.google.dev/gemini-api/docs/file-input-methods: public URLs are fetched by Google. */
function fileOf(part: ImageBlock | DocumentBlock, fileUri: string): SentPart {
  const mimeType = part.type === 'document' ? 'application/pdf' : imageType(fileUri)
  return { fileData: { fileUri, ...(mimeType === undefined ? {} : { mimeType }) } }
}

const TYPE_OF_SUFFIX: Readonly<Record<string, string>> = {
  png: 'image/png',
  jpg: 'image/jpeg',
  jpeg: 'image/jpeg',
  webp: 'image/webp',
  heic: 'image/heic',
  heif: 'image/heif',
}

function imageType(url: string): string | undefined {
  const suffix = /\.(\w+)(?:[?#]|$)/.exec(url)?.[1]?.toLowerCase() ?? ''
  return Object.hasOwn(TYPE_OF_SUFFIX, suffix) ? TYPE_OF_SUFFIX[suffix] : undefined
}

function isShown({ source }: ImageBlock): boolean {
  return source.type === 'url' || IMAGES.has(source.media_type.toLowerCase())
}

function isPdf({ source }: DocumentBlock): boolean {
  if (source.type === 'url') return true
  return source.type === 'base64' && source.media_type === 'application/pdf'
}
