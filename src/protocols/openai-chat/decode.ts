import { GatewayError } from '../../messages/error.ts'
import { bareError } from '../../messages/bare-error.ts'
import { notJsonError, upstreamError } from '../../messages/upstream-error.ts'
import type { Frame } from '../../messages/frame.ts'
import type { Writer } from '../../messages/writer.ts'
import { reportedCost } from '../../pricing/reported-cost.ts'
import { isMessagesEvent, MessagesReader } from '../anthropic/decode.ts'
import type { Decoder, Target } from '../protocol.ts'
import { decoder as responsesDecoder } from '../openai-responses/decode.ts'
import { ChoiceReader } from './choice.ts'
import { Sources } from './sources.ts'
import { usageOf } from './usage.ts'
import type { Choice, Chunk } from './wire.ts'

/**
 * Reads Chat Completions chunks; an answer that was not streamed is one chunk whose `message` is
 * read like a `delta`.
 */
export function decoder(writer: Writer, target: Target): Decoder {
  const reader = new ChoiceReader(writer, target)
  const sources = new Sources()
  let done = false
  /** For a server that answers in the Messages API though it was asked in this one. */
  let messages: MessagesReader | undefined
  /** For one that answers in Responses. */
  let responses: Decoder | undefined
  const read = (chunk: Chunk): void => {
    const error = chunk.error || (isAnswer(chunk) ? undefined : bareError(chunk))
    if (error) throw upstreamError(chunk.error ? chunk : error, target.provider)
    const usage = chunk.usage ?? chunk.x_groq?.usage
    if (usage) writer.usage(usageOf(usage), reportedCost(usage, target.costField))
    sources.read(chunk)
    if (chunk.choices) readChoices(reader, chunk.choices)
    done ||= isWholeAnswer(chunk)
  }
  return {
    endsWithMark: true,
    isDone() {
      return responses?.isDone() ?? done
    },
    push(frame) {
      if (responses !== undefined) {
        responses.push(frame)
        return
      }
      if (frame.data.startsWith('[DONE]')) {
        done = true
        return
      }
      const chunk = parse(frame, target.provider)
      if (isResponsesEvent(chunk, frame)) {
        responses = responsesDecoder(writer, target)
        responses.push(frame)
        return
      }
      if (isMessagesEvent(chunk)) messages ??= new MessagesReader(writer, target)
      if (messages !== undefined) {
        messages.read(chunk)
        done ||= messages.isOver
        return
      }
      read(chunk)
    },
    end() {
      if (responses !== undefined) {
        responses.end()
        return
      }
      reader.end()
      if (!writer.stopped)
        requireSaidDone((done || reader.isDocument) && writer.hasContent(), target)
      for (const query of sources.queries) writer.searched(query)
      writer.sources(sources.pages, sources.text())
      if (!writer.stopped) writer.stop('end_turn')
      writer.finish()
    },
  }
}

function readChoices(reader: ChoiceReader, [choice, ...others]: readonly Choice[]): void {
  if (choice) reader.read(choice)
  for (const other of others) reader.readFurther(other)
}

/** Whether it is of the Responses API, by its name or as a document. */
function isResponsesEvent(chunk: Chunk, { event }: Frame): boolean {
  const { type, object, choices } = chunk as { type?: unknown; object?: unknown; choices?: unknown }
  if (choices !== undefined) return false
  const name = typeof type === 'string' ? type : event
  return name.startsWith('response.') || object === 'response'
}

/** Whether this is all of an answer that was not streamed: nothing more is waited for. */
function isWholeAnswer({ object, choices, usage }: Chunk): boolean {
  const { delta, message, finish_reason: finish } = choices?.[0] ?? {}
  return object === 'chat.completion' && !delta && Boolean(message && finish && usage)
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

function parse(frame: Frame, provider: string): Chunk {
  try {
    const chunk = JSON.parse(frame.data) as unknown
    if (typeof chunk !== 'object' || chunk === null) throw new TypeError('not an object')
    // Some servers name the error in the frame's event and send the bare error object.
    return frame.event === 'error' && !('error' in chunk) ? { error: chunk } : chunk
  } catch (cause) {
    throw notJsonError(frame.data, provider, cause)
  }
}
