import { withText } from '../../lib/json-span.ts'
import { withoutSecrets } from '../../lib/masking.ts'
import { allStarred, GatewayError } from '../../messages/error.ts'
import { upstreamError } from '../../messages/upstream-error.ts'
import type { FinalUsage } from '../../messages/events.ts'

/**
 * Watches an Anthropic event stream that passes through: which bytes make whole events, whether
 * the answer came to its end, and what usage it reports. The bytes themselves are not touched, but
 * for secrets in an error.
 */
export interface StreamInspector {
  /**
   * The bytes that are due: everything up to the last whole event, from the first word of the answer
   * on. What comes before it is held, so that another target can still be asked.
   * @throws GatewayError the upstream's own, if it fails before that word.
   */
  push(chunk: Uint8Array): Uint8Array | undefined
  /** Whether the answer has come to its end: what follows is none of it. */
  isOver(): boolean
  /**
   * The last event, where the blank line behind it is missing.
   * @throws GatewayError `api_error` if the stream ended before `message_stop` or `error`.
   */
  end(): Uint8Array | undefined
  /** What was reported so far. */
  usage(): FinalUsage | undefined
  /** Why the answer ended, once it has. */
  stopReason(): string | undefined
}

const NEWLINE = 10
const RETURN = 13
const BLANK_LINE = Buffer.from('\n\n')
/** More than this before the first word is passed on as it is, bytes. */
const MOST_HELD = 256 * 1024

/** Longest event that is held while it is incomplete, bytes. */
const EVENT_LIMIT = 16 * 1024 * 1024

/**
 * @param secrets that an error must not quote.
 * @param model that the answer names in place of its own: docs/decisions/0012-model-of-an-answer.md.
 */
export function createStreamInspector(
  provider: string,
  secrets: readonly string[] = [],
  model?: string,
): StreamInspector {
  let named = model === undefined
  const finished = (events: Buffer): Buffer => {
    const masked = starredErrors(events, secrets)
    if (named || model === undefined) return masked
    named = true
    return startNaming(masked, model)
  }
  let held: Buffer = Buffer.alloc(0)
  let begun = false
  let over = false
  let told: Told = {}

  const read = (events: Buffer): void => {
    const text = events.toString('latin1')
    if (LAST_MARK.test(text)) over ||= hasLast(text)
    if (text.includes('"usage"')) told = lastTold(events.toString('utf8'), told)
  }

  return {
    usage: () => (begun ? told.usage : lastTold(held.toString('utf8'), told).usage),
    stopReason: () => told.stopReason,
    push(chunk) {
      const bytes = held.length === 0 ? Buffer.from(chunk) : Buffer.concat([held, chunk])
      const due = boundary(bytes, held.length)
      begun ||= bytes.length > MOST_HELD || hasBegun(bytes.subarray(0, due), provider, secrets)
      if (due === 0 || !begun) {
        requireEnd(bytes, provider)
        held = bytes
        return undefined
      }
      held = bytes.subarray(due)
      const events = bytes.subarray(0, due)
      read(events)
      return finished(events)
    },
    isOver: () => over,
    end() {
      if (over) return undefined
      const last = Buffer.concat([held, BLANK_LINE])
      if (hasLast(last.toString('latin1'))) {
        begun ||= hasBegun(last, provider, secrets)
        read(last)
        return finished(last)
      }
      throw new GatewayError(
        'api_error',
        `${provider} ended its answer before it was complete (no message_stop).`,
        { status: 502 },
      )
    },
  }
}

/** What stands in an event that tells the end of the answer, and may stand elsewhere too. */
const LAST_MARK = /"type"\s*:\s*"(?:message_stop|error)"/

/** Whether a line tells the end of the answer. */
function hasLast(text: string): boolean {
  for (const line of linesOf(text)) {
    if (!line.startsWith('data:') || !LAST_MARK.test(line)) continue
    if (LAST.has(parsed(line.slice('data:'.length))?.type)) return true
  }
  return false
}

const LAST: ReadonlySet<unknown> = new Set(['message_stop', 'error'])

/** Events that say nothing yet; everything else, also what is not known, is the answer. */
const PRELUDE: ReadonlySet<unknown> = new Set(['message_start', 'ping'])

/**
 * Whether whole events hold more than the prelude of an answer.
 * @throws GatewayError for an error in their place.
 */
function hasBegun(events: Buffer, provider: string, secrets: readonly string[]): boolean {
  for (const event of dataIn(events.toString('utf8'))) {
    if (event?.type === 'error') throw upstreamError(event, provider).without(secrets)
    if (!PRELUDE.has(event?.type)) return true
  }
  return false
}

/** The events with another model in the `message_start` among them; no other byte is touched. */
function startNaming(events: Buffer, model: string): Buffer {
  const text = events.toString('latin1')
  const type = text.indexOf('"message_start"')
  if (type === -1) return events
  const start = text.indexOf('{', text.lastIndexOf('data:', type))
  const end = /[\r\n]|$/.exec(text.slice(type))?.index ?? 0
  const line = events.subarray(start, type + end)
  const told = start === -1 ? undefined : withText(line, ['message', 'model'], model)
  if (told === undefined) return events
  return Buffer.concat([events.subarray(0, start), told, events.subarray(type + end)])
}

/** How an error shows in the bytes: text of an answer holds quotes with a backslash before them. */
const ERROR_MARKS = ['"error"', 'event: error', 'event:error'] as const

/** The events with the errors among them starred. */
function starredErrors(events: Buffer, secrets: readonly string[]): Buffer {
  if (secrets.length === 0 || !ERROR_MARKS.some((mark) => events.includes(mark))) return events
  let named = false
  const lines = events.toString('utf8').split(/(\r\n?|\n)/)
  const masked = lines.map((line) => {
    if (line.startsWith('event:')) named = line.slice('event:'.length).trim() === 'error'
    const isData = line.startsWith('data:') && (named || line.includes('"error"'))
    return isData ? starredLine(line, named, secrets) : line
  })
  return Buffer.from(masked.join(''))
}

function starredLine(line: string, named: boolean, secrets: readonly string[]): string {
  const event: unknown = parsed(line.slice('data:'.length))
  if (typeof event !== 'object' || event === null) return withoutSecrets(line, secrets, '***')
  const isError = named || 'error' in event || (event as Typed).type === 'error'
  const told = isError ? allStarred(event, secrets) : event
  return told === event ? line : `data: ${JSON.stringify(told)}`
}

/** The events in whole lines, each read when it is asked for. */
function* dataIn(text: string): Generator<Typed | null> {
  for (const line of linesOf(text)) {
    if (line.startsWith('data:')) yield parsed(line.slice('data:'.length))
  }
}

/** A carriage return alone ends a line too; where there is none, a pattern would take longer. */
export function linesOf(text: string): readonly string[] {
  return text.includes('\r') ? text.split(/\r\n?|\n/) : text.split('\n')
}

interface Typed {
  readonly type?: unknown
}

function parsed(data: string): Typed | null {
  try {
    return JSON.parse(data) as Typed | null
  } catch {
    return null
  }
}

/** @throws GatewayError for more than an event may have. */
export function requireEnd(bytes: Uint8Array, provider: string): void {
  if (bytes.length <= EVENT_LIMIT) return
  const text = `${provider} sent an event without an end.`
  throw new GatewayError('api_error', text, { status: 502 })
}

/** The index behind the last blank line, 0 if there is none; `searched` bytes are known to have none. */
export function boundary(bytes: Buffer, searched: number): number {
  let at = lineEnd(bytes, bytes.length - 1)
  for (; at > 0 && at >= searched; at = lineEnd(bytes, at - 1)) {
    const before = bytes[at - 1]
    if (before === bytes[at]) return at + 1
    if (before === RETURN && bytes[at - 2] === NEWLINE) return at + 1
  }
  return 0
}

/** Where the last line before a place ends, that place included; -1 if none does. */
function lineEnd(bytes: Buffer, place: number): number {
  // Mostly it is there; of a long piece of one line each step would count.
  if (bytes[place] === NEWLINE) return place
  return Math.max(bytes.lastIndexOf(NEWLINE, place), bytes.lastIndexOf(RETURN, place))
}

/** What `message_start` and `message_delta` tell besides the answer. */
interface Told {
  readonly usage?: FinalUsage
  readonly stopReason?: string
}

/** `message_start` counts the input, `message_delta` the output; a later word replaces an earlier. */
function lastTold(text: string, before: Told): Told {
  let told = before
  for (const line of linesOf(text)) {
    if (!line.startsWith('data:') || !line.includes('"usage"')) continue
    const event = parsed(line.slice('data:'.length)) as Telling | null
    const usage = event?.usage ?? event?.message?.usage
    const reason = event?.delta?.stop_reason
    told = {
      ...told,
      ...(usage ? { usage: { ...told.usage, ...usage } as FinalUsage } : {}),
      ...(typeof reason === 'string' ? { stopReason: reason } : {}),
    }
  }
  return told
}

interface Telling {
  readonly usage?: Partial<FinalUsage> | null
  readonly message?: { readonly usage?: Partial<FinalUsage> | null } | null
  readonly delta?: { readonly stop_reason?: unknown } | null
}
