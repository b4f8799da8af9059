import { GatewayError } from '../../messages/error.ts'
import { sealedBy } from '../../messages/opaque.ts'
import { bareError } from '../../messages/bare-error.ts'
import { upstreamFault } from '../../messages/fault.ts'
import type { Frame } from '../../messages/frame.ts'
import type { Writer } from '../../messages/writer.ts'
import type { Decoder, Target } from '../format.ts'
import { sealedSignature } from './signature.ts'
import { Sources } from './sources.ts'
import { stopReason } from './stop.ts'
import { beginsCall, ToolCallKeys } from './tool-calls.ts'
import { usageOf } from './usage.ts'
import type { Choice, Chunk, ContentPart, Delta, ToolCallDelta } from './wire.ts'

/**
 * Reads Chat Completions chunks; an answer that was not streamed is one chunk whose `message` is
 * read like a `delta`.
 */
export function decoder(writer: Writer, target: Target): Decoder {
  const calls = new ToolCallKeys((key) => writer.toolIsWhole(key))
  const sources = new Sources()
  let done = false
  return {
    isDone() {
      return done
    },
    push(frame) {
      if (frame.data.startsWith('[DONE]')) {
        done = true
        return
      }
      const chunk = parse(frame)
      const error = chunk.error || (isAnswer(chunk) ? undefined : bareError(chunk))
      if (error) throw upstreamFault(error, target.provider)
      const usage = chunk.usage ?? chunk.x_groq?.usage
      if (usage) writer.usage(usageOf(usage))
      sources.read(chunk)
      // Only the first choice: ccr never asks for more.
      const choice = chunk.choices?.[0]
      if (choice) readChoice(choice, writer, calls, target)
    },
    end() {
      if (!writer.stopped) requireSaidDone(done && writer.hasContent, target)
      for (const query of sources.queries) writer.searched(query)
      writer.sources(sources.pages, sources.text())
      if (!writer.stopped) writer.stop('end_turn')
      writer.finish()
    },
  }
}

function isAnswer({ choices, usage }: Chunk): boolean {
  return Boolean(choices ?? usage)
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
  if (choice.error) throw upstreamFault(choice.error, target.provider)
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
  think(thoughtIn(delta), writer, target)
  if (typeof delta.content === 'string') writer.text(delta.content)
  else for (const part of delta.content ?? []) readPart(part, writer, target)
  writer.text(delta.refusal ?? '')
  for (const call of delta.tool_calls ?? []) readCall(call, writer, calls.key(call), target)
  // The only call of an answer, as Chat Completions had it before there were several.
  if (delta.function_call) readCall({ function: delta.function_call }, writer, 'only', target)
}

/** The first of its names that is there; some servers send the same under two of them. */
function thoughtIn(delta: Delta): string {
  return delta.reasoning_content || delta.reasoning || delta.reasoning_text || ''
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
  writer.signature(sealedBy(target))
}

/** Arguments are a string by the specification; some servers send the object itself. */
function argumentsText(args: unknown): string {
  if (typeof args === 'string') return args
  return args === undefined || args === null ? '' : JSON.stringify(args)
}
