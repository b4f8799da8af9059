import {
  type Block,
  blocksOf,
  type DocumentBlock,
  type ImageBlock,
  knownBlock,
  type SearchResultBlock,
  type TextBlock,
} from '../messages/request.ts'

/** Text, images and documents of a user or of a tool, as far as a target can take them. */
export type Part = TextBlock | ImageBlock | DocumentBlock

/** What a target takes beside text. */
export interface Media {
  readonly images: boolean | ((image: ImageBlock) => boolean)
  /** Whether this document goes as a part of its own: a file in base64 or under a URL. */
  readonly document: (document: DocumentBlock) => boolean
}

/**
 * A block as parts that the target takes. Documents that are text become text; what the target
 * does not take becomes a note to the model and is named in `dropped`, as is an unknown block.
 */
export function partsOf(block: Block, media: Media, dropped: Dropped): readonly Part[] {
  const known = knownBlock(block)
  switch (known?.type) {
    case 'text':
      return spoken(known)
    case 'tool_reference':
      return [textPart(`Tool loaded: ${known.tool_name}`)]
    case 'image':
      return takes(media, known) ? [known] : leftOut('image', known.source, dropped)
    case 'document':
      return documentParts(known, media, dropped)
    case 'search_result':
      return documentParts(documentOf(known), media, dropped)
    default:
      dropped.add(`${dropped.where}.${block.type}`)
      return isFile(block) ? [textPart(`[${block.type} left out, because it is not here]`)] : []
  }
}

function spoken(text: TextBlock): readonly TextBlock[] {
  return text.text === '' ? [] : [text]
}

/** A page that the client found: its title and address stand before what it says. */
function documentOf({ title, source, content }: SearchResultBlock): DocumentBlock {
  return { type: 'document', source: { type: 'content', content }, title, context: source }
}

/** An image or document that is stored at Anthropic (`source.type: file`), or malformed. */
function isFile({ type }: Block): boolean {
  return type === 'image' || type === 'document'
}

function takes({ images }: Media, image: ImageBlock): boolean {
  return typeof images === 'boolean' ? images : images(image)
}

/** Where dropped things are named, and what they were found in: `user`, `tool_result`. */
export interface Dropped {
  readonly where: string
  add(name: string): unknown
}

export function droppedIn(where: string, dropped: Set<string>): Dropped {
  return { where, add: (name) => dropped.add(name) }
}

export function textPart(text: string): TextBlock {
  return { type: 'text', text }
}

function documentParts(document: DocumentBlock, media: Media, dropped: Dropped): readonly Part[] {
  const { source } = document
  if (source.type === 'text') return spoken(titled(document, source.data))
  if (source.type === 'content') {
    const inner = blocksOf(source.content).flatMap((block) => partsOf(block, media, dropped))
    return [...headOf(document).map(textPart), ...inner]
  }
  if (source.type === 'base64' && source.media_type.startsWith('text/')) {
    return spoken(titled(document, Buffer.from(source.data, 'base64').toString('utf8')))
  }
  return media.document(document) ? [document] : leftOut('document', source, dropped)
}

function titled(document: DocumentBlock, text: string): TextBlock {
  return textPart([...headOf(document), text].join('\n'))
}

function headOf({ title, context }: DocumentBlock): string[] {
  return [...(title ? [`[document: ${title}]`] : []), ...(context ? [context] : [])]
}

type FileSource = Extract<DocumentBlock['source'], { type: 'base64' | 'url' }>

/** The model is told what it does not see. */
function leftOut(kind: 'image' | 'document', source: FileSource, dropped: Dropped): TextBlock[] {
  dropped.add(`${dropped.where}.${kind}`)
  const what = source.type === 'url' ? source.url : source.media_type
  return [textPart(`[${kind} left out, because this model cannot take it: ${what}]`)]
}
