import { GatewayError } from '../../messages/error.ts'
import { seal } from '../../messages/opaque.ts'
import { upstreamFault } from '../../messages/fault.ts'
import type { Frame } from '../../messages/frame.ts'
import type { Writer } from '../../messages/writer.ts'
import type { Decoder, Target } from '../format.ts'
import { sealedSignature } from './signature.ts'
import { stopReason } from './stop.ts'
import { usageOf } from './usage.ts'
import type { Choice, Chunk, ContentPart, Delta, ToolCallDelta } from './wire.ts'

/**
 * Reads Chat Completions chunks; an answer that was not streamed is one chunk whose `message` is
 * read like a `delta`.
 */
export function decoder(writer: Writer, target: Target): Decoder {
  const calls = new ToolCallKeys((key) => writer.toolIsWhole(key))
  let done = false
  return {
    get done() {
      return done
    },
    push(frame) {
      if (frame.data.startsWith('[DONE]')) {
        done = true
        return
      }
      const chunk = parse(frame)
      if (chunk.error) throw upstreamFault(chunk.error, target.provider)
      if (chunk.usage) writer.usage(usageOf(chunk.usage))
      // Only the first choice: ccr never asks for more.
      const choice = chunk.choices?.[0]
      if (choice) readChoice(choice, writer, calls, target)
    },
    end() {
      if (!writer.stopped) requireSaidDone(done && writer.hasContent, target)
      if (!writer.stopped) writer.stop('end_turn')
      writer.finish()
    },
  }
}

function requireSaidDone(saidDone: boolean, target: Target): void {
  if (saidDone) return
  throw new GatewayError(
    'api_error',
    `${target.provider} ended its answer before it was complete (no finish reason).`,
    { status: 502 },
  )
}

function parse(frame: Frame): Chunk {
  try {
    const chunk = JSON.parse(frame.data) as unknown
    if (typeof chunk !== 'object' || chunk === null) throw new TypeError('not an object')
    // Some servers name the error in the frame's event and send the bare error object.
    return frame.event === 'error' && !('error' in chunk) ? { error: chunk } : chunk
  } catch (cause) {
    throw new GatewayError('api_error', 'The upstream sent a chunk that is not JSON.', {
      status: 502,
      cause,
    })
  }
}

function readChoice(choice: Choice, writer: Writer, calls: ToolCallKeys, target: Target): void {
  const delta = choice.delta ?? choice.message
  if (delta) readDelta(delta, writer, calls, target)
  if (choice.usage) writer.usage(usageOf(choice.usage))
  if (!choice.finish_reason) return
  const reason = stopReason(choice.finish_reason)
  if (reason === undefined) {
    throw new GatewayError(
      'api_error',
      `${target.provider} broke off its answer (finish reason "${choice.finish_reason}").`,
      { status: 502 },
    )
  }
  writer.stop(reason)
}

function readDelta(delta: Delta, writer: Writer, calls: ToolCallKeys, target: Target): void {
  think(delta.reasoning_content || delta.reasoning || '', writer, target)
  if (typeof delta.content === 'string') writer.text(delta.content)
  else for (const part of delta.content ?? []) readPart(part, writer, target)
  writer.text(delta.refusal ?? '')
  for (const call of delta.tool_calls ?? []) readCall(call, writer, calls.key(call), target)
}

function readCall(call: ToolCallDelta, writer: Writer, key: string, target: Target): void {
  const signature = beginsCall(call) ? sealedSignature(call, target) : undefined
  if (signature !== undefined) writer.signature(signature)
  writer.tool(key, {
    id: call.id ?? undefined,
    name: call.function?.name ?? undefined,
    args: argumentsText(call.function?.arguments),
  })
}

function readPart(part: ContentPart, writer: Writer, target: Target): void {
  if (typeof part.text === 'string') writer.text(part.text)
  if (typeof part.thinking === 'string') think(part.thinking, writer, target)
  else for (const piece of part.thinking ?? []) think(piece.text ?? '', writer, target)
}

function think(text: string, writer: Writer, target: Target): void {
  if (text === '') return
  writer.thinking(text)
  writer.signature(seal({ provider: target.provider, model: target.model }))
}

/** Arguments are a string by the specification; some servers send the object itself. */
function argumentsText(args: unknown): string {
  if (typeof args === 'string') return args
  return args === undefined || args === null ? '' : JSON.stringify(args)
}

/**
 * Tells an answer's tool calls apart. By specification `index` does; in the wild it is missing
 * (one call after the other, or an id for each), or 0 for every parallel call (then a new id with
 * a name begins a new one).
 */
class ToolCallKeys {
  readonly #isWhole: (key: string) => boolean
  #count = 0
  #latest: string | undefined
  readonly #byIndex = new Map<number, { key: string; id: string }>()
  readonly #byId = new Map<string, string>()

  constructor(isWhole: (key: string) => boolean) {
    this.#isWhole = isWhole
  }

  key(call: ToolCallDelta): string {
    const key = typeof call.index === 'number' ? this.#indexed(call, call.index) : this.#bare(call)
    this.#latest = key
    return key
  }

  #indexed(call: ToolCallDelta, index: number): string {
    const id = call.id ?? ''
    const known = this.#byIndex.get(index)
    if (known && !(beginsCall(call) && id !== '' && known.id !== '' && id !== known.id)) {
      if (known.id === '') known.id = id
      return known.key
    }
    const key = this.#fresh()
    this.#byIndex.set(index, { key, id })
    return key
  }

  #bare(call: ToolCallDelta): string {
    const id = call.id ?? ''
    const known = id === '' ? undefined : this.#byId.get(id)
    if (known !== undefined && !(beginsCall(call) && this.#isWhole(known))) return known
    if (id === '' && !beginsCall(call) && this.#latest !== undefined) return this.#latest
    const key = this.#fresh()
    if (id !== '') this.#byId.set(id, key)
    return key
  }

  #fresh(): string {
    this.#count += 1
    return String(this.#count)
  }
}

function beginsCall(call: ToolCallDelta): boolean {
  return Boolean(call.function?.name)
}
