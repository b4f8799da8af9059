/** The transformer `extrathinktag`: text between tags becomes thinking. */
import type { Target } from '../protocols/protocol.ts'
import { encodeSignature } from '../messages/reasoning-signature.ts'
import type { Writer } from '../messages/writer.ts'
import { overrideWriter } from './transform.ts'

/** How a model wraps its thinking in the text of its answer. */
export interface ThinkTag {
  readonly open: string
  readonly close: string
}

type Position = 'before' | 'inside' | 'closed' | 'after'

/**
 * Turns text between the tags into thinking. Only tags at the beginning of the answer count, so that
 * an answer about such tags keeps them.
 */
export function thinkTag(writer: Writer, target: Target, tag: ThinkTag): Writer {
  let position: Position = 'before'
  /** Text that may be the beginning of a tag, or blank space beside one. */
  let held = ''

  const think = (text: string): void => {
    if (text === '') return
    writer.thinking(text)
    writer.signature(encodeSignature({ provider: target.provider, model: target.model }))
  }
  /** Processes the held text in each position; true if it has to be processed again. */
  const step: Readonly<Record<Position, () => boolean>> = {
    before() {
      const text = held.trimStart()
      if (tag.open.startsWith(text) && text !== tag.open) return false
      position = text.startsWith(tag.open) ? 'inside' : 'after'
      if (position === 'inside') held = text.slice(tag.open.length)
      return true
    },
    inside() {
      const end = held.indexOf(tag.close)
      const safe = end === -1 ? held.length - partialTagLength(held, tag.close) : end
      think(held.slice(0, safe))
      held = held.slice(safe)
      if (end === -1) return false
      held = held.slice(tag.close.length)
      position = 'closed'
      return true
    },
    closed() {
      held = held.trimStart()
      if (held === '') return false
      position = 'after'
      return true
    },
    after() {
      writer.text(held)
      held = ''
      return false
    },
  }
  /** Writes the held text, as nothing more belongs to it. */
  const release = (): void => {
    if (position === 'inside') think(held)
    else if (position !== 'closed') writer.text(held)
    held = ''
  }
  return overrideWriter(writer, {
    text(chunk) {
      held += chunk
      while (step[position]());
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
function partialTagLength(text: string, tag: string): number {
  for (let length = Math.min(text.length, tag.length - 1); length > 0; length -= 1) {
    if (text.endsWith(tag.slice(0, length))) return length
  }
  return 0
}
