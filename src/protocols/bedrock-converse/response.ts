/** Reads what Bedrock's Converse answers: the events of ConverseStream, or one document. */

import { bareError } from '../../messages/upstream-error-body.ts'
import { argumentsPiece } from '../../messages/call-arguments.ts'
import { GatewayError } from '../../messages/error.ts'
import type { Frame, StopReason, Usage } from '../../messages/events.ts'
import { signatureFrom } from '../../messages/reasoning-signature.ts'
import { notJsonError, upstreamError } from '../../messages/upstream-error.ts'
import type { Writer } from '../../messages/writer.ts'
import type { Decoder, Target } from '../protocol.ts'
import { promptUsage } from '../usage.ts'
import type {
  AnswerBlock,
  AnsweredCall,
  DeltaEvent,
  MetadataEvent,
  ReasoningPiece,
  StartEvent,
  StopEvent,
  WholeAnswer,
  WireUsage,
} from './types.ts'

/**
 * Decodes the events of a ConverseStream, or the single document of Converse. Usage may come before or
 * after the stop reason.
 */
export function decoder(writer: Writer, target: Target): Decoder {
  const reader = new ResponseReader(writer, target)
  return {
    isDone() {
      return writer.stopped && reader.hasUsage
    },
    push(frame) {
      reader.read(frame)
    },
    end() {
      if (!writer.stopped) {
        throw incomplete(
          `${target.provider} ended its answer before it was complete (no messageStop).`,
        )
      }
      writer.finish()
    },
  }
}

// --- Events ---

interface Call {
  readonly key: string
  readonly id: string | undefined
  readonly name: string | undefined
  /** How many calls came before it under its index. */
  readonly count: number
}

class ResponseReader {
  readonly #writer: Writer
  readonly #target: Target
  /** The reasoning blocks that make up the thinking block being written. */
  #pieces: ReasoningPiece[] = []
  #block: number | undefined
  /** The newest call under each index; some servers use one index for several calls. */
  readonly #calls = new Map<number, Call>()
  /** Blocks with calls that the server runs itself; their results are part of the text. */
  readonly #serverCalls = new Set<number>()
  hasUsage = false

  constructor(writer: Writer, target: Target) {
    this.#writer = writer
    this.#target = target
  }

  read(frame: Frame): void {
    if (frame.data === '[DONE]') return
    const payload = parse(frame, this.#target.provider)
    if (frame.event === '') this.#plainJson(payload)
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
      default: // messageStart and contentBlockStop add nothing; unknown events are skipped
    }
  }

  /** JSON without AWS framing: the whole answer, events under their names, or an error. */
  #plainJson(payload: WholeAnswer & { readonly error?: unknown }): void {
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
      const shown = text ?? citationsContent?.content?.map((part) => part.text ?? '').join('')
      if (toolUse) this.#start({ contentBlockIndex, start: { toolUse } })
      else if (thought) this.#reason(contentBlockIndex, { ...thought, ...thought.reasoningText })
      else this.#delta({ contentBlockIndex, delta: { text: shown ?? '' } })
    }
    this.#metadata(answer)
    this.#stop(answer)
  }

  #start({ contentBlockIndex = 0, start }: StartEvent): void {
    const use = start?.toolUse
    if (use === undefined) return
    if (isServerTool(use)) {
      this.#serverCalls.add(contentBlockIndex)
      return
    }
    this.#serverCalls.delete(contentBlockIndex)
    this.#pieces = []
    const { toolUseId: id, name, input } = use
    const { key } = this.#call(contentBlockIndex, use)
    this.#writer.tool(key, { id, name, args: argumentsPiece(input) })
  }

  /** A start with another id, or under an index whose call is complete, begins another call. */
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
    if (delta.toolUse && !this.#serverCalls.has(contentBlockIndex)) {
      const key = this.#calls.get(contentBlockIndex)?.key ?? String(contentBlockIndex)
      this.#writer.tool(key, { args: argumentsPiece(delta.toolUse.input) })
    }
    if (!delta.text) return
    this.#pieces = []
    this.#writer.text(delta.text)
  }

  #reason(
    index: number,
    delta: {
      readonly text?: string
      readonly signature?: string
      readonly redactedContent?: string
    },
  ): void {
    const continued = index === this.#block ? this.#pieces.pop() : undefined
    this.#block = index
    if (delta.redactedContent) {
      const before = continued && 'redacted' in continued ? continued.redacted : ''
      this.#pieces.push({ redacted: joined(before, delta.redactedContent) })
    } else {
      const { text, signature } =
        continued && 'text' in continued ? continued : { text: 0, signature: '' }
      const more = delta.text ?? ''
      this.#pieces.push({
        text: text + more.length,
        signature: signature + (delta.signature ?? ''),
      })
      this.#writer.thinking(more)
    }
    this.#writer.signature(encodePieces(this.#pieces, this.#target))
  }

  #stop({ stopReason: name = '', additionalModelResponseFields: fields }: StopEvent): void {
    const reason = stopReason(name)
    if (reason === undefined) {
      throw incomplete(`${this.#target.provider} broke off its answer (stop reason "${name}").`)
    }
    this.#writer.stop(reason, fields?.delta?.stop_sequence ?? fields?.stop_sequence ?? null)
  }

  #metadata({ usage }: MetadataEvent): void {
    this.hasUsage = true
    if (usage) this.#writer.usage(usageOf(usage))
  }
}

// --- Reasoning ---

/** The signature of a thinking block made of these pieces. */
export function encodePieces(pieces: readonly ReasoningPiece[], target: Target): string {
  const signed = pieces.some((piece) => 'redacted' in piece || piece.signature !== '')
  return signatureFrom(target, signed ? { payload: JSON.stringify(pieces) } : {})
}

/** Two pieces of one base64 value, joined. */
function joined(before: string, more: string): string {
  if (before === '') return more
  return Buffer.concat([Buffer.from(before, 'base64'), Buffer.from(more, 'base64')]).toString(
    'base64',
  )
}

// --- Tool calls ---

/** https://docs.aws.amazon.com/nova/latest/nova2-userguide/web-grounding.html */
const SERVER_TOOLS: ReadonlySet<unknown> = new Set(['nova_grounding', 'nova_code_interpreter'])

function isServerTool({ name, type }: AnsweredCall): boolean {
  return type === 'server_tool_use' || SERVER_TOOLS.has(name)
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

function incomplete(message: string): GatewayError {
  return new GatewayError('api_error', message, { status: 502 })
}

// --- Stop reason ---

/** `stopReason` of `messageStop`. */
const STOP_REASONS: Readonly<Record<string, StopReason>> = {
  end_turn: 'end_turn',
  tool_use: 'tool_use',
  max_tokens: 'max_tokens',
  stop_sequence: 'stop_sequence',
  content_filtered: 'refusal',
  guardrail_intervened: 'refusal',
  model_context_window_exceeded: 'model_context_window_exceeded',
}

/** Stop reasons of a model that failed in the middle of the answer. */
const FAILURES: ReadonlySet<string> = new Set(['malformed_model_output', 'malformed_tool_use'])

/** The stop reason; undefined for a failure. An unknown one means a normal end. */
export function stopReason(reason: string): StopReason | undefined {
  if (FAILURES.has(reason)) return undefined
  return Object.hasOwn(STOP_REASONS, reason) ? STOP_REASONS[reason] : 'end_turn'
}

// --- Usage ---

/**
 * The provider's usage. `inputTokens` excludes tokens read from or written to the cache
 * (https://docs.aws.amazon.com/bedrock/latest/userguide/prompt-caching.html), unless the
 * total shows that it includes them.
 */
export function usageOf(wire: WireUsage): Usage {
  const input = wire.inputTokens ?? 0
  const output = wire.outputTokens ?? 0
  const read = wire.cacheReadInputTokens ?? 0
  const written = wire.cacheWriteInputTokens ?? 0
  const included = wire.totalTokens === input + output
  const prompt = promptUsage(included ? input : input + read + written, read, written)
  const isWhole = prompt.cache_creation_input_tokens === written
  return {
    ...prompt,
    output_tokens: output,
    ...cacheSplit(isWhole ? (wire.cacheDetails ?? []) : []),
  }
}

/** Cache writes by time to live: those for an hour cost more. */
function cacheSplit(
  details: NonNullable<WireUsage['cacheDetails']>,
): Pick<Usage, 'cache_creation'> {
  if (details.length === 0) return {}
  const written = (life: string): number =>
    details.find(({ ttl }) => ttl === life)?.inputTokens ?? 0
  return {
    cache_creation: {
      ephemeral_5m_input_tokens: written('5m'),
      ephemeral_1h_input_tokens: written('1h'),
    },
  }
}
