/** Inspects the event stream of an answer that passes through. */

import { withText } from '../../lib/json-span.ts'
import { withoutSecrets } from '../../lib/masking.ts'
import { allStarred, GatewayError } from '../../messages/error.ts'
import type { FinalUsage } from '../../messages/events.ts'
import { upstreamError } from '../../messages/upstream-error.ts'

/**
 * Follows a stream that passes through: which bytes make whole events, whether the answer is complete,
 * and what usage it reports. The bytes stay as they are, except the model's name and secrets in errors.
 */
export interface StreamInspector {
  /**
   * The bytes that are due: everything up to the last whole event, once the answer has content. What
   * comes before the content is held, so that another target can still be tried.
   * @throws GatewayError the upstream's error, if it comes before any content.
   */
  push(chunk: Uint8Array): Uint8Array | undefined
  /** Whether the answer has ended: what follows is not part of it. */
  isOver(): boolean
  /**
   * The last event, if only the blank line after it is missing.
   * @throws GatewayError `api_error` if the stream ended before `message_stop` or `error`.
   */
  end(): Uint8Array | undefined
  /** The usage reported so far. */
  usage(): FinalUsage | undefined
  /** Why the answer ended, once it has. */
  stopReason(): string | undefined
}

const NEWLINE = 10
const RETURN = 13
const BLANK_LINE = Buffer.from('\n\n')
/** More bytes than this before any content are passed on. */
const MAX_HELD = 256 * 1024

/** Longest event that is held while it is incomplete, bytes. */
const EVENT_LIMIT = 16 * 1024 * 1024

/**
 * @param secrets that an error must not quote.
 * @param model the name that the answer gets for its model: docs/decisions/0012-model-of-an-answer.md.
 */
export function createStreamInspector(
  provider: string,
  secrets: readonly string[] = [],
  model?: string,
): StreamInspector {
  let isRenamed = model === undefined
  const outgoing = (events: Buffer): Buffer => {
    const masked = maskErrors(events, secrets)
    if (isRenamed || model === undefined) return masked
    isRenamed = true
    return withModel(masked, model)
  }
  let held: Buffer = Buffer.alloc(0)
  let hasContent = false
  let over = false
  let report: StreamReport = {}

  const read = (events: Buffer): void => {
    const text = events.toString('latin1')
    if (END_MARK.test(text)) over ||= hasEnd(text)
    if (text.includes('"usage"')) report = updatedReport(events.toString('utf8'), report)
  }

  return {
    usage: () => (hasContent ? report.usage : updatedReport(held.toString('utf8'), report).usage),
    stopReason: () => report.stopReason,
    push(chunk) {
      const bytes = held.length === 0 ? Buffer.from(chunk) : Buffer.concat([held, chunk])
      const due = boundary(bytes, held.length)
      hasContent ||= bytes.length > MAX_HELD || isContent(bytes.subarray(0, due), provider, secrets)
      if (due === 0 || !hasContent) {
        requireEnd(bytes, provider)
        held = bytes
        return undefined
      }
      held = bytes.subarray(due)
      const events = bytes.subarray(0, due)
      read(events)
      return outgoing(events)
    },
    isOver: () => over,
    end() {
      if (over) return undefined
      const last = Buffer.concat([held, BLANK_LINE])
      if (hasEnd(last.toString('latin1'))) {
        hasContent ||= isContent(last, provider, secrets)
        read(last)
        return outgoing(last)
      }
      throw new GatewayError(
        'api_error',
        `${provider} ended its answer before it was complete (no message_stop).`,
        { status: 502 },
      )
    },
  }
}

/** Text of every event that ends an answer; it may occur elsewhere too. */
const END_MARK = /"type"\s*:\s*"(?:message_stop|error)"/

/** Whether one of the lines is an event that ends the answer. */
function hasEnd(text: string): boolean {
  for (const line of linesOf(text)) {
    if (!line.startsWith('data:') || !END_MARK.test(line)) continue
    if (END_EVENTS.has(parseData(line.slice('data:'.length))?.type)) return true
  }
  return false
}

const END_EVENTS: ReadonlySet<unknown> = new Set(['message_stop', 'error'])

/** Events without content; every other one, known or not, is part of the answer. */
const PRELUDE: ReadonlySet<unknown> = new Set(['message_start', 'ping'])

/**
 * Whether whole events hold more than the prelude of an answer.
 * @throws GatewayError for an error before any content.
 */
function isContent(events: Buffer, provider: string, secrets: readonly string[]): boolean {
  for (const event of dataIn(events.toString('utf8'))) {
    if (event?.type === 'error') throw upstreamError(event, provider).without(secrets)
    if (!PRELUDE.has(event?.type)) return true
  }
  return false
}

/** The events with another model in `message_start`; no other byte changes. */
function withModel(events: Buffer, model: string): Buffer {
  const text = events.toString('latin1')
  const type = text.indexOf('"message_start"')
  if (type === -1) return events
  const start = text.indexOf('{', text.lastIndexOf('data:', type))
  const end = /[\r\n]|$/.exec(text.slice(type))?.index ?? 0
  const line = events.subarray(start, type + end)
  const report = start === -1 ? undefined : withText(line, ['message', 'model'], model)
  if (report === undefined) return events
  return Buffer.concat([events.subarray(0, start), report, events.subarray(type + end)])
}

/** How an error looks in the bytes: quotes in an answer's text have a backslash before them. */
const ERROR_MARKS = ['"error"', 'event: error', 'event:error'] as const

/** The events with `***` for secrets in errors. */
function maskErrors(events: Buffer, secrets: readonly string[]): Buffer {
  if (secrets.length === 0 || !ERROR_MARKS.some((mark) => events.includes(mark))) return events
  let isRenamed = false
  const lines = events.toString('utf8').split(/(\r\n?|\n)/)
  const masked = lines.map((line) => {
    if (line.startsWith('event:')) isRenamed = line.slice('event:'.length).trim() === 'error'
    const isData = line.startsWith('data:') && (isRenamed || line.includes('"error"'))
    return isData ? maskLine(line, isRenamed, secrets) : line
  })
  return Buffer.from(masked.join(''))
}

function maskLine(line: string, isRenamed: boolean, secrets: readonly string[]): string {
  const event: unknown = parseData(line.slice('data:'.length))
  if (typeof event !== 'object' || event === null) return withoutSecrets(line, secrets, '***')
  const isError = isRenamed || 'error' in event || (event as Typed).type === 'error'
  const report = isError ? allStarred(event, secrets) : event
  return report === event ? line : `data: ${JSON.stringify(report)}`
}

/** The events in whole lines, each parsed on demand. */
function* dataIn(text: string): Generator<Typed | null> {
  for (const line of linesOf(text)) {
    if (line.startsWith('data:')) yield parseData(line.slice('data:'.length))
  }
}

/** A carriage return alone ends a line too; without one, splitting by a string is faster. */
export function linesOf(text: string): readonly string[] {
  return text.includes('\r') ? text.split(/\r\n?|\n/) : text.split('\n')
}

/** Whether a line is a field of an event, or a comment. */
export function isFieldLine(line: string): boolean {
  return /^(?:data|event|id|retry)?:/.test(line)
}

interface Typed {
  readonly type?: unknown
}

function parseData(data: string): Typed | null {
  try {
    return JSON.parse(data) as Typed | null
  } catch {
    return null
  }
}

/** @throws GatewayError for an event that is too long. */
export function requireEnd(bytes: Uint8Array, provider: string): void {
  if (bytes.length <= EVENT_LIMIT) return
  const text = `${provider} sent an event without an end.`
  throw new GatewayError('api_error', text, { status: 502 })
}

/** The index after the last blank line; 0 without one. The first `searched` bytes are known to have none. */
export function boundary(bytes: Buffer, searched: number): number {
  let at = lineEnd(bytes, bytes.length - 1)
  for (; at > 0 && at >= searched; at = lineEnd(bytes, at - 1)) {
    const before = bytes[at - 1]
    if (before === bytes[at]) return at + 1
    if (before === RETURN && bytes[at - 2] === NEWLINE) return at + 1
  }
  return 0
}

/** Where the last line up to and including a position ends; -1 if none does. */
function lineEnd(bytes: Buffer, position: number): number {
  // Usually it ends right here; this saves a search through a long line.
  if (bytes[position] === NEWLINE) return position
  return Math.max(bytes.lastIndexOf(NEWLINE, position), bytes.lastIndexOf(RETURN, position))
}

/** What `message_start` and `message_delta` report besides content. */
interface StreamReport {
  readonly usage?: FinalUsage
  readonly stopReason?: string
}

/** `message_start` has the input tokens, `message_delta` the output; a later value replaces an earlier. */
function updatedReport(text: string, before: StreamReport): StreamReport {
  let report = before
  for (const line of linesOf(text)) {
    if (!line.startsWith('data:') || !line.includes('"usage"')) continue
    const event = parseData(line.slice('data:'.length)) as ReportingEvent | null
    const usage = event?.usage ?? event?.message?.usage
    const reason = event?.delta?.stop_reason
    report = {
      ...report,
      ...(usage ? { usage: { ...report.usage, ...usage } as FinalUsage } : {}),
      ...(typeof reason === 'string' ? { stopReason: reason } : {}),
    }
  }
  return report
}

interface ReportingEvent {
  readonly usage?: Partial<FinalUsage> | null
  readonly message?: { readonly usage?: Partial<FinalUsage> | null } | null
  readonly delta?: { readonly stop_reason?: unknown } | null
}
