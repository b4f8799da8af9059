/** Server-sent events, and JSON documents sent in their place, as frames. */
import { createParser } from 'eventsource-parser'
import type { Frame } from '../messages/events.ts'
import { GatewayError } from '../messages/error.ts'
import { JsonValues } from '../lib/json-values.ts'
import { type FrameReader, framesBy } from './reader.ts'

/** Longest event that is held while it is incomplete, in UTF-16 units. */
const EVENT_LIMIT = 64 * 1024 * 1024
/** Most of a text that is no event which is kept for the words of an error, in UTF-16 units. */
const WORDS_LIMIT = 2_000

/**
 * The frames of a server-sent event stream, one batch for each network read that completes any.
 * A last event without its blank line counts too. JSON without `data:`, whatever the content type
 * says, is a frame for each of its values: some providers ignore `stream: true`, some send a document
 * a line, and errors come so.
 */
export function sseFrames(bytes: AsyncIterable<Uint8Array>): AsyncGenerator<readonly Frame[]> {
  return framesBy(sseReader(), bytes)
}

/**
 * The same, read by read.
 * @param webPage the error for a body that is a web page, if that is told from other text.
 */
export function sseReader(webPage?: () => Error): FrameReader {
  const text = new TextDecoder()
  const events = createEventReader()
  let documents: JsonReader | undefined
  let hasBegun = false
  let beginning = ''
  const begin = (piece: string): readonly Frame[] => {
    // White space that comes before anything is not searched again and again.
    beginning = withoutComments(beginning + piece)
    if (beginning === '' || beginning === ':') return []
    hasBegun = true
    if (beginning.startsWith('<') && webPage) throw webPage()
    if (/^[{[]/.test(beginning)) documents = new JsonReader()
    return next(beginning)
  }
  const next = (piece: string): readonly Frame[] => {
    if (documents === undefined) return events.read(piece)
    const { frames, rest } = documents.read(piece)
    if (rest === '') return frames
    documents = undefined
    return [...frames, ...events.read(rest)]
  }
  return {
    read(chunk) {
      const piece = text.decode(chunk, { stream: true })
      return hasBegun ? next(piece) : begin(piece)
    },
    end() {
      const piece = text.decode()
      const frames = hasBegun ? next(piece) : begin(piece)
      return [...frames, ...(documents ? documents.end() : events.end())]
    },
  }
}

/** Without white space and comments at its beginning; `:` within a comment. */
export function withoutComments(text: string): string {
  let rest = text.trimStart()
  while (rest.startsWith(':')) {
    const end = rest.search(/[\r\n]/)
    if (end === -1) return ':'
    rest = rest.slice(end).trimStart()
  }
  return rest
}

/** Text that begins as JSON: a frame a value. What is no JSON after all is one frame, at the end. */
class JsonReader {
  readonly #values = new JsonValues()
  #isBroken = false
  #rest = ''

  read(piece: string): { readonly frames: readonly Frame[]; readonly rest: string } {
    if (this.#isBroken) {
      this.#rest += piece
      requireShort(this.#rest)
      return { frames: [], rest: '' }
    }
    const { values, rest } = this.#values.push(piece)
    requireShort(this.#values.held)
    const known = values.findIndex((value) => !isFrame(value))
    if (known === -1) return { frames: values.flatMap(framesOf), rest: rest.trimStart() }
    this.#isBroken = true
    this.#rest = [...values.slice(known), this.#values.held, rest].join('')
    return { frames: values.slice(0, known).flatMap(framesOf), rest: '' }
  }

  end(): readonly Frame[] {
    const text = this.#rest + (this.#isBroken ? '' : this.#values.held)
    return text === '' ? [] : [frameOf(text)]
  }
}

function frameOf(data: string): Frame {
  return { event: '', data }
}

/** The frame of a value; of a list, a frame for each object in it. */
function framesOf(json: string): readonly Frame[] {
  const value: unknown = json.startsWith('[{') ? JSON.parse(json) : undefined
  if (!Array.isArray(value)) return [frameOf(json)]
  return value.map((one) => frameOf(JSON.stringify(one)))
}

interface EventReader {
  /** The frames that a piece of the text completes. */
  read(text: string): readonly Frame[]
  end(): readonly Frame[]
}

function createEventReader(): EventReader {
  let batch: Frame[] = []
  let isSilent = true
  /** Lines that are no field of an event. */
  let words = ''
  /** JSON without `data:` that is spread over such lines, as far as it came. */
  let json = ''
  const parser = createParser({
    maxBufferSize: EVENT_LIMIT,
    onEvent: ({ event = '', data }) => {
      if (data.includes('\n')) batch.push(...apart({ event, data }))
      else batch.push({ event, data })
    },
    onError: (error) => {
      const { type, field, value = '', line = '' } = error
      if (type === 'max-buffer-size-exceeded') throw tooLong(error)
      // llama.cpp's way to say that it failed in the middle of a stream.
      if (field === 'error') batch.push({ event: 'error', data: value })
      else unknown(line)
    },
  })
  const unknown = (line: string): void => {
    if (json === '' && /^[{[]/.test(line) && isFrame(line)) batch.push(...framesOf(line))
    else if (json !== '' || /^[{[]/.test(line)) json += `${line}\n`
    else if (words.length < WORDS_LIMIT) words += `${line.slice(0, WORDS_LIMIT)}\n`
    if (json.length > WORDS_LIMIT) json = ''
    if (json === '' || !isFrame(json)) return
    batch.push(...framesOf(json))
    json = ''
  }
  const read = (text: string): readonly Frame[] => {
    parser.feed(text)
    const frames = batch
    batch = []
    isSilent &&= frames.length === 0
    return frames
  }
  return {
    read,
    end() {
      const last = read('\n\n').flatMap(unglued)
      return isSilent && words.trim() !== '' ? [frameOf(words.trim())] : last
    },
  }
}

/** Events of servers that end no line at all: `data: {…}data: {…}`. */
function unglued({ event, data }: Frame): readonly Frame[] {
  if (!data.includes('data:') || isFrame(data)) return [{ event, data }]
  const pieces = data.split(/(?<=[}\]])data: ?/)
  return pieces.every(isFrame) ? pieces.map(frameOf) : [{ event, data }]
}

/** Some servers leave out the blank lines; those are frames each. */
function apart({ event, data }: Frame): readonly Frame[] {
  const lines = data.split('\n').filter((line) => line.trim() !== '')
  const whole = lines.length < 2 || !lines.every(isFrame)
  return whole ? [{ event, data }] : lines.map((line) => ({ event, data: line }))
}

function isFrame(text: string): boolean {
  if (text === '[DONE]') return true
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
