/** Checks events as they arrive: whether a strict client can read the stream so far. */
import type { FinalUsage, StreamEvent } from '../../../src/messages/events.ts'

export class Judge {
  #state: 'before' | 'between' | 'in-block' | 'ended' | 'stopped' = 'before'
  #index = 0
  #delta = ''
  readonly #ids = new Set<string>()

  /** Whether the message came to its end. */
  get isWhole(): boolean {
    return this.#state === 'stopped'
  }

  /** @throws Error if the event cannot follow what came before. */
  judge(event: StreamEvent): void {
    switch (event.type) {
      case 'message_start':
        return this.#step(event, 'before', 'between')
      case 'content_block_start':
        require(event, event.index === this.#index)
        this.#shape(event)
        return this.#step(event, 'between', 'in-block')
      case 'content_block_delta':
        require(event, event.index === this.#index && this.#fits(event))
        return this.#step(event, 'in-block', 'in-block')
      case 'content_block_stop':
        require(event, event.index === this.#index)
        this.#index += 1
        return this.#step(event, 'in-block', 'between')
      case 'message_delta':
        require(event, isUsage(event.usage))
        require(event, typeof event.delta.stop_reason === 'string')
        require(event, typeof (event.delta.stop_sequence ?? '') === 'string')
        return this.#step(event, 'between', 'ended')
      case 'message_stop':
        return this.#step(event, 'ended', 'stopped')
      default:
        require(event, false)
    }
  }

  #step(event: StreamEvent, from: string, to: 'between' | 'in-block' | 'ended' | 'stopped'): void {
    require(event, this.#state === from)
    this.#state = to
  }

  #shape(event: Extract<StreamEvent, { type: 'content_block_start' }>): void {
    const block = event.content_block
    this.#delta = DELTA[block.type]
    if (block.type !== 'tool_use' && block.type !== 'server_tool_use') return
    require(event, typeof block.id === 'string' && block.id !== '' && !this.#ids.has(block.id))
    require(event, typeof block.name === 'string' && block.name !== '')
    this.#ids.add(block.id)
  }

  #fits({ delta }: Extract<StreamEvent, { type: 'content_block_delta' }>): boolean {
    if (delta.type === 'signature_delta') {
      return this.#delta === 'thinking' && typeof delta.signature === 'string'
    }
    return typeof (delta as unknown as Record<string, unknown>)[this.#delta] === 'string'
  }
}

/** Every number in the usage is a count, also in its details. */
function isUsage({
  output_tokens_details: details,
  server_tool_use: tools,
  ...counts
}: FinalUsage) {
  return [counts, details ?? {}, tools ?? {}].flatMap(Object.values).every(isCount)
}

/** The field of a delta that each kind of block grows by; a result comes whole. */
const DELTA = {
  text: 'text',
  thinking: 'thinking',
  tool_use: 'partial_json',
  server_tool_use: 'partial_json',
  web_search_tool_result: '',
} as const

function require(event: StreamEvent, isLegal: boolean): void {
  if (!isLegal) throw new Error(`illegal event: ${JSON.stringify(event)}`)
}

function isCount(value: unknown): boolean {
  return typeof value === 'number' && Number.isFinite(value) && value >= 0
}
