import { acceptsDelta, type ContentDelta, type RepairedBlock } from './repair-block.ts'
import type { AnyEvent } from './repair-message.ts'

/** Content that may wait for an earlier block to end, events. */
const MOST_HELD = 200_000

/**
 * The blocks of an answer that have no end yet, in its order, and the events that are due: one block
 * is told after the other, so what belongs to a later one waits.
 */
export class OpenBlocks {
  #out: AnyEvent[] = []
  readonly #blocks: RepairedBlock[] = []
  #held = 0

  /** The events that became due since the last call. */
  take(): readonly AnyEvent[] {
    const out = this.#out
    this.#out = []
    return out
  }

  /** An event that is about no block. */
  tell(event: AnyEvent): void {
    this.#out.push(event)
  }

  /** Whether it can be told; false for more than may wait. */
  say(block: RepairedBlock, event: AnyEvent): boolean {
    if (block === this.#blocks[0] && !block.isHeld) {
      this.#out.push(event)
      return true
    }
    block.pending.push(event)
    this.#held += 1
    return this.#held <= MOST_HELD
  }

  add(block: RepairedBlock): void {
    this.#blocks.push(block)
  }

  /** Nothing more comes for it. */
  close(block: RepairedBlock): void {
    block.stopped = true
    while (this.#blocks[0]?.stopped) {
      this.#blocks.shift()
      this.#flush(this.#blocks[0])
    }
  }

  /** What was held of it may be told. */
  release(block: RepairedBlock): void {
    block.isHeld = false
    if (block === this.#blocks[0]) this.#flush(block)
  }

  get isEmpty(): boolean {
    return this.#blocks.length === 0
  }

  /** The block that is told, where there is no other. */
  get only(): RepairedBlock | undefined {
    return this.#blocks.length === 1 ? this.#blocks[0] : undefined
  }

  /** Those that go on, in order. */
  all(): readonly RepairedBlock[] {
    return this.#blocks.filter(({ stopped }) => !stopped)
  }

  /** The newest under an index of the server's; the newest of all where it tells none. */
  at(index: number | undefined): RepairedBlock | undefined {
    return this.#blocks.findLast(
      (block) => !block.stopped && (index === undefined || block.upstream === index),
    )
  }

  accepting(delta: ContentDelta): RepairedBlock | undefined {
    return this.#blocks.findLast((block) => !block.stopped && acceptsDelta(block, delta))
  }

  #flush(block: RepairedBlock | undefined): void {
    if (block === undefined || block.isHeld) return
    this.#held -= block.pending.length
    for (const event of block.pending.splice(0)) this.#out.push(event)
  }
}
