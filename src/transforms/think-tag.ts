import type { Target } from '../protocols/protocol.ts'
import { encodeSignature } from '../messages/reasoning-signature.ts'
import type { Writer } from '../messages/writer.ts'
import { overrideWriter } from './override-writer.ts'

/** How a model wraps its thinking in the text of its answer. */
export interface ThinkTag {
  readonly open: string
  readonly close: string
}

type Place = 'before' | 'inside' | 'behind' | 'after'

/**
 * Text between the tags becomes thinking. They count only where the answer begins, so that an
 * answer about such tags keeps them.
 */
export function thinkTag(writer: Writer, target: Target, tag: ThinkTag): Writer {
  let place: Place = 'before'
  /** Text that may be the beginning of a tag, or blank beside one. */
  let held = ''

  const think = (text: string): void => {
    if (text === '') return
    writer.thinking(text)
    writer.signature(encodeSignature({ provider: target.provider, model: target.model }))
  }
  /** Reads what is held; true when it has to be read again. */
  const step: Readonly<Record<Place, () => boolean>> = {
    before() {
      const text = held.trimStart()
      if (tag.open.startsWith(text) && text !== tag.open) return false
      place = text.startsWith(tag.open) ? 'inside' : 'after'
      if (place === 'inside') held = text.slice(tag.open.length)
      return true
    },
    inside() {
      const end = held.indexOf(tag.close)
      const safe = end === -1 ? held.length - beginning(held, tag.close) : end
      think(held.slice(0, safe))
      held = held.slice(safe)
      if (end === -1) return false
      held = held.slice(tag.close.length)
      place = 'behind'
      return true
    },
    behind() {
      held = held.trimStart()
      if (held === '') return false
      place = 'after'
      return true
    },
    after() {
      writer.text(held)
      held = ''
      return false
    },
  }
  /** Nothing more belongs to what is held. */
  const release = (): void => {
    if (place === 'inside') think(held)
    else if (place !== 'behind') writer.text(held)
    held = ''
  }
  return overrideWriter(writer, {
    text(chunk) {
      held += chunk
      while (step[place]());
    },
    tool(key, part) {
      release()
      writer.tool(key, part)
    },
    stop(reason, sequence) {
      release()
      writer.stop(reason, sequence)
    },
    finish() {
      release()
      writer.finish()
    },
  })
}

/** How many characters at the end of `text` are the beginning of `tag`. */
function beginning(text: string, tag: string): number {
  for (let length = Math.min(text.length, tag.length - 1); length > 0; length -= 1) {
    if (text.endsWith(tag.slice(0, length))) return length
  }
  return 0
}
