import { createParser } from 'eventsource-parser'
import type { Frame } from '../messages/frame.ts'
import { GatewayError } from '../messages/error.ts'

/** Longest event that is held while it is incomplete, in UTF-16 units. */
const EVENT_LIMIT = 64 * 1024 * 1024

/**
 * The frames of a server-sent event stream, one batch for each network read that completes any.
 * A last event without its blank line counts too. A body that is a JSON document, whatever its
 * content type says, is one frame at its end: some providers ignore `stream: true`, and errors come
 * so.
 */
export async function* sseFrames(
  bytes: AsyncIterable<Uint8Array>,
): AsyncGenerator<readonly Frame[]> {
  const text = new TextDecoder()
  const parser = createFrameParser()
  let document: boolean | undefined
  let held = ''
  for await (const chunk of bytes) {
    held += text.decode(chunk, { stream: true })
    // White space that comes before anything is not searched again and again.
    if (document === undefined) held = held.trimStart()
    document ??= isDocument(held)
    if (document !== false) {
      requireShort(held)
      continue
    }
    const frames = parser.read(held)
    held = ''
    if (frames.length > 0) yield frames
  }
  held += text.decode()
  const last = document === true ? apart({ event: '', data: held }) : parser.read(`${held}\n\n`)
  if (last.length > 0) yield last
}

/** Whether a body that begins so is a JSON document; undefined while nothing tells. */
function isDocument(beginning: string): boolean | undefined {
  return beginning === '' ? undefined : /^[{[]/.test(beginning)
}

interface FrameParser {
  /** The frames that a piece of the text completes. */
  read(text: string): readonly Frame[]
}

function createFrameParser(): FrameParser {
  let batch: Frame[] = []
  const parser = createParser({
    maxBufferSize: EVENT_LIMIT,
    onEvent: ({ event = '', data }) => {
      if (data.includes('\n')) batch.push(...apart({ event, data }))
      else batch.push({ event, data })
    },
    onError: (error) => {
      if (error.type === 'max-buffer-size-exceeded') throw tooLong(error)
      // llama.cpp's way to say that it failed in the middle of a stream.
      if (error.field === 'error') batch.push({ event: 'error', data: error.value ?? '' })
    },
  })
  return {
    read(text) {
      parser.feed(text)
      const frames = batch
      batch = []
      return frames
    },
  }
}

/** Some servers leave out the blank lines, or send a document a line; those are frames each. */
function apart({ event, data }: Frame): readonly Frame[] {
  const lines = data.split('\n').filter((line) => line.trim() !== '')
  const whole = lines.length < 2 || !lines.every((line) => line === '[DONE]' || isJson(line))
  return whole ? [{ event, data }] : lines.map((line) => ({ event, data: line }))
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}

function requireShort({ length }: string): void {
  if (length > EVENT_LIMIT) throw tooLong(undefined)
}

function tooLong(cause: unknown): GatewayError {
  return new GatewayError('api_error', 'The upstream sent an event without an end.', {
    status: 502,
    cause,
  })
}
