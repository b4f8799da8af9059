import { argumentsPiece } from '../../messages/call-arguments.ts'
import { bareError } from '../../messages/bare-error.ts'
import { GatewayError } from '../../messages/error.ts'
import { notJsonError, upstreamError } from '../../messages/upstream-error.ts'
import type { Frame } from '../../messages/frame.ts'
import type { Writer } from '../../messages/writer.ts'
import type { Decoder, Target } from '../protocol.ts'
import { type Piece, sealed } from './reasoning.ts'
import { stopReason } from './stop.ts'
import { usageOf } from './usage.ts'
import type {
  AnswerBlock,
  AnsweredCall,
  DeltaEvent,
  MetadataEvent,
  StartEvent,
  StopEvent,
  WholeAnswer,
} from './wire.ts'

/**
 * Reads the events of a ConverseStream, or the one document of Converse. Usage comes behind the stop
 * reason, or before it.
 */
export function decoder(writer: Writer, target: Target): Decoder {
  const reader = new Reader(writer, target)
  return {
    isDone() {
      return writer.stopped && reader.counted
    },
    push(frame) {
      reader.read(frame)
    },
    end() {
      if (!writer.stopped) {
        throw broken(`${target.provider} ended its answer before it was complete (no messageStop).`)
      }
      writer.finish()
    },
  }
}

interface Call {
  readonly key: string
  readonly id: string | undefined
  readonly name: string | undefined
  /** How many calls came under its index before. */
  readonly count: number
}

class Reader {
  readonly #writer: Writer
  readonly #target: Target
  /** The reasoning blocks that make up the thinking block being written. */
  #pieces: Piece[] = []
  #block: number | undefined
  /** The newest call under each index, which some servers give several calls. */
  readonly #calls = new Map<number, Call>()
  /** Blocks with calls that the server ran itself; what came of them is in the text. */
  readonly #served = new Set<number>()
  counted = false

  constructor(writer: Writer, target: Target) {
    this.#writer = writer
    this.#target = target
  }

  read(frame: Frame): void {
    if (frame.data === '[DONE]') return
    const payload = parse(frame, this.#target.provider)
    if (frame.event === '') this.#unnamed(payload)
    else this.#event(frame.event, payload)
  }

  #event(name: string, payload: object): void {
    switch (name) {
      case 'contentBlockStart':
        return this.#start(payload)
      case 'contentBlockDelta':
        return this.#delta(payload)
      case 'messageStop':
        return this.#stop(payload)
      case 'metadata':
        return this.#metadata(payload)
      case 'exception':
        throw upstreamError(payload, this.#target.provider)
      default: // messageStart and contentBlockStop say nothing new; unknown events nothing we know
    }
  }

  /** JSON without the frames of AWS: the whole answer, events under their names, or an error. */
  #unnamed(payload: WholeAnswer & { readonly error?: unknown }): void {
    const { output, error } = payload
    if (output?.message) return this.#document(payload, output.message.content ?? [])
    const fault = error ? payload : bareError(payload)
    if (fault) throw upstreamError(fault, this.#target.provider)
    for (const [name, value] of Object.entries(payload)) {
      if (typeof value === 'object' && value !== null) this.#event(name, value as object)
    }
  }

  #document(answer: WholeAnswer, content: readonly AnswerBlock[]): void {
    for (const [contentBlockIndex, block] of content.entries()) {
      const { text, citationsContent, toolUse, reasoningContent: thought } = block
      const said = text ?? citationsContent?.content?.map((part) => part.text ?? '').join('')
      if (toolUse) this.#start({ contentBlockIndex, start: { toolUse } })
      else if (thought) this.#reason(contentBlockIndex, { ...thought, ...thought.reasoningText })
      else this.#delta({ contentBlockIndex, delta: { text: said ?? '' } })
    }
    this.#metadata(answer)
    this.#stop(answer)
  }

  #start({ contentBlockIndex = 0, start }: StartEvent): void {
    const use = start?.toolUse
    if (use === undefined) return
    if (isServed(use)) {
      this.#served.add(contentBlockIndex)
      return
    }
    this.#served.delete(contentBlockIndex)
    this.#pieces = []
    const { toolUseId: id, name, input } = use
    const { key } = this.#call(contentBlockIndex, use)
    this.#writer.tool(key, { id, name, args: argumentsPiece(input) })
  }

  /** A start under an index whose call is whole, or with another id, begins another call. */
  #call(index: number, use: AnsweredCall): Call {
    const known = this.#calls.get(index)
    const isOther = use.toolUseId && known?.id && use.toolUseId !== known.id
    const isNext = known && this.#writer.toolIsWhole(known.key) && use.name !== known.name
    if (known && !isOther && !isNext) return known
    const count = known === undefined ? 0 : known.count + 1
    const key = count === 0 ? String(index) : `${String(index)}.${String(count)}`
    const call = { key, count, id: use.toolUseId, name: use.name }
    this.#calls.set(index, call)
    return call
  }

  #delta({ contentBlockIndex = 0, delta = {} }: DeltaEvent): void {
    if (delta.reasoningContent) return this.#reason(contentBlockIndex, delta.reasoningContent)
    if (delta.toolUse && !this.#served.has(contentBlockIndex)) {
      const key = this.#calls.get(contentBlockIndex)?.key ?? String(contentBlockIndex)
      this.#writer.tool(key, { args: argumentsPiece(delta.toolUse.input) })
    }
    if (!delta.text) return
    this.#pieces = []
    this.#writer.text(delta.text)
  }

  #reason(
    index: number,
    said: {
      readonly text?: string
      readonly signature?: string
      readonly redactedContent?: string
    },
  ): void {
    const continued = index === this.#block ? this.#pieces.pop() : undefined
    this.#block = index
    if (said.redactedContent) {
      const before = continued && 'redacted' in continued ? continued.redacted : ''
      this.#pieces.push({ redacted: joined(before, said.redactedContent) })
    } else {
      const { text, signature } =
        continued && 'text' in continued ? continued : { text: 0, signature: '' }
      const more = said.text ?? ''
      this.#pieces.push({ text: text + more.length, signature: signature + (said.signature ?? '') })
      this.#writer.thinking(more)
    }
    this.#writer.signature(sealed(this.#pieces, this.#target))
  }

  #stop({ stopReason: said = '', additionalModelResponseFields: fields }: StopEvent): void {
    const reason = stopReason(said)
    if (reason === undefined) {
      throw broken(`${this.#target.provider} broke off its answer (stop reason "${said}").`)
    }
    this.#writer.stop(reason, fields?.delta?.stop_sequence ?? fields?.stop_sequence ?? null)
  }

  #metadata({ usage }: MetadataEvent): void {
    this.counted = true
    if (usage) this.#writer.usage(usageOf(usage))
  }
}

/** https://docs.aws.amazon.com/nova/latest/nova2-userguide/web-grounding.html */
const SYSTEM_TOOLS: ReadonlySet<unknown> = new Set(['nova_grounding', 'nova_code_interpreter'])

function isServed({ name, type }: AnsweredCall): boolean {
  return type === 'server_tool_use' || SYSTEM_TOOLS.has(name)
}

/** Two pieces of one base64 value. */
function joined(before: string, more: string): string {
  if (before === '') return more
  return Buffer.concat([Buffer.from(before, 'base64'), Buffer.from(more, 'base64')]).toString(
    'base64',
  )
}

function parse(frame: Frame, provider: string): object {
  try {
    const payload = JSON.parse(frame.data || '{}') as unknown
    if (typeof payload !== 'object' || payload === null) throw new TypeError('not an object')
    return payload
  } catch (cause) {
    throw notJsonError(frame.data, provider, cause)
  }
}

function broken(message: string): GatewayError {
  return new GatewayError('api_error', message, { status: 502 })
}
