/** Finds the images of a request that another model can describe, and puts descriptions in their place (pure). */
import { createHash } from 'node:crypto'
import { mapBlocks } from '../../messages/map-blocks.ts'
import {
  type Block,
  type ImageBlock,
  knownBlock,
  type MessagesRequest,
} from '../../messages/request.ts'
import { wellFormed, withoutReminders } from '../../messages/sanitize.ts'
import { TAG } from '../../routing/tag.ts'
import type { Size } from '../tokens/estimator.ts'

/** An image by its content: the same one comes again with every later turn. */
export interface FoundImage {
  readonly source: ImageBlock['source']
  /** SHA-256 of its content, or of its URL. */
  readonly hash: string
  /** Everywhere in the request where it stands. */
  readonly blocks: readonly Block[]
}

/** The images of a request, each once, the newest first; not those that are stored at Anthropic. */
export function imagesOf(request: MessagesRequest): FoundImage[] {
  const found = new Map<string, { source: ImageBlock['source']; blocks: Block[] }>()
  mapBlocks(request, (block) => {
    const image = knownBlock(block)
    if (image?.type !== 'image') return block
    const hash = hashOf(image)
    const blocks = found.get(hash)?.blocks ?? []
    blocks.push(block)
    found.delete(hash)
    found.set(hash, { source: image.source, blocks })
    return block
  })
  return [...found].map(([hash, image]) => ({ hash, ...image })).reverse()
}

function hashOf({ source }: ImageBlock): string {
  const content = source.type === 'url' ? source.url : source.data
  return createHash('sha256').update(content).digest('base64url')
}

/** A request with descriptions in the place of images. */
export interface DescribedRequest {
  readonly request: MessagesRequest
  readonly size: Size
  /** Blocks that a description stands for. */
  readonly described: number
}

/**
 * The request with the text of each image in its place; images without a text stay.
 * @param texts by the hash of an image.
 * @param model who described them, `provider,model`.
 */
export function withDescriptions(
  { request, size }: { readonly request: MessagesRequest; readonly size: Size },
  images: readonly FoundImage[],
  { texts, model }: { readonly texts: ReadonlyMap<string, string>; readonly model: string },
): DescribedRequest {
  const notes = new Map<Block, string>()
  for (const { hash, blocks } of images) {
    const text = texts.get(hash)
    if (text !== undefined) for (const block of blocks) notes.set(block, note(text, model))
  }
  let bytes = 0
  const described = mapBlocks(request, (block) => {
    const text = notes.get(block)
    if (text === undefined) return block
    bytes += Buffer.byteLength(text)
    const { cache_control: cache } = block
    return { type: 'text', text, ...(cache === undefined ? {} : { cache_control: cache }) }
  })
  return {
    request: described,
    size: { bytes: size.bytes + bytes, images: Math.max(0, size.images - notes.size) },
    described: notes.size,
  }
}

function note(text: string, model: string): string {
  return `[Image described by ${model}: ${text}]`
}

/** Longest description, in UTF-16 units. */
const LONGEST = 24_000

/**
 * A description as it is kept: bounded, and nothing that ccr or the model would read as an order of the
 * client. What is written in an image is data.
 */
export function descriptionFrom(text: string): string {
  const whole = text.trim()
  const cut = whole.length > LONGEST ? `${whole.slice(0, LONGEST)}… (cut off)` : whole
  return withoutReminders(wellFormed(cut)).replaceAll(TAG, `&lt;${TAG.slice(1)}`)
}

/** As `x-ccr-dropped` names images that were described. */
export function describedBy(model: string): string {
  return `image (described by ${model})`
}

/** What would be sent to a target once another model has described the images, as far as it is known before. */
export function asDescribed(request: MessagesRequest, model: string): DescribedRequest {
  const images = imagesOf(request)
  const texts = new Map(images.map(({ hash }) => [hash, '…']))
  return withDescriptions({ request, size: { bytes: 0, images: 0 } }, images, { texts, model })
}
