/** Formats a line of a session's log for users (pure). */
import type { Colour, Paint } from '../../terminal/output.ts'
import { visible } from '../../terminal/untrusted-text.ts'

type Fields = Readonly<Record<string, unknown>>

const COLOURS: Readonly<Record<string, Colour>> = {
  fatal: 'red',
  error: 'red',
  warn: 'yellow',
  info: 'green',
  debug: 'blue',
}

const LEVEL_WIDTH = 5

/**
 * `2026-11-23 14:05:09.120 WARN  the message  name=value …`, in local time. A line that is not a JSON
 * object (such as output of a crash) is unchanged, except for control characters.
 */
export function logLine(line: string, paint: Paint): string {
  const entry = parsed(line)
  if (!entry) return line.split('\t').map(visible).join('\t')
  const { time, level, msg, ...fields } = entry
  const name = typeof level === 'string' ? level : ''
  const colour = COLOURS[name] ?? 'dim'
  const details = Object.entries(fields).flatMap(([key, value]) => shown(key, value))
  return [
    paint('dim', localTime(time)),
    paint(colour, visible(name).toUpperCase().padEnd(LEVEL_WIDTH)),
    [text(msg), ...details.map((detail) => paint('dim', detail))].join('  '),
  ].join(' ')
}

/** The line as a JSON object; a line that is none becomes its message. */
export function logJson(line: string): string {
  return parsed(line) ? line : JSON.stringify({ msg: line })
}

function parsed(line: string): Fields | undefined {
  if (!line.startsWith('{')) return undefined
  try {
    return JSON.parse(line) as Fields
  } catch {
    return undefined
  }
}

function localTime(time: unknown): string {
  const date = new Date(typeof time === 'string' ? time : Number.NaN)
  if (Number.isNaN(date.getTime())) return '-'
  const two = (value: number): string => String(value).padStart(2, '0')
  const day = [date.getFullYear(), two(date.getMonth() + 1), two(date.getDate())].join('-')
  const hour = [date.getHours(), date.getMinutes(), date.getSeconds()].map(two).join(':')
  return `${day} ${hour}.${String(date.getMilliseconds()).padStart(3, '0')}`
}

/** A field as one or more `name=value`; none if it is empty. */
function shown(key: string, value: unknown): string[] {
  if (value === null || value === undefined) return []
  if (key === 'cause') return [`cause=${quoted(causeText(value))}`]
  if (key === 'usage' && isFields(value)) return usage(value)
  if (Array.isArray(value)) return list(key, value)
  return [`${visible(key)}=${quoted(text(value))}`]
}

/** A list; objects, such as failed candidates, are shown by their values: `p,m server_error 500; …`. */
function list(key: string, items: readonly unknown[]): string[] {
  if (items.length === 0) return []
  const texts = items.map((item) =>
    isFields(item) ? Object.values(item).map(text).join(' ') : text(item),
  )
  return [`${visible(key)}=${quoted(texts.join(items.some(isFields) ? '; ' : ','))}`]
}

/** `message (CODE): message of its cause`, without stacks, which `--json` shows. */
function causeText(cause: unknown): string {
  if (!isFields(cause)) return text(cause)
  const { message, code, cause: inner } = cause
  const outer = typeof code === 'string' ? `${text(message)} (${code})` : text(message)
  return inner === undefined ? outer : `${outer}: ${causeText(inner)}`
}

/** Short names for the token counts. */
const USAGE: readonly (readonly [field: string, name: string])[] = [
  ['input_tokens', 'in'],
  ['cache_read_input_tokens', 'cached'],
  ['cache_creation_input_tokens', 'cached-new'],
  ['output_tokens', 'out'],
]

function usage(counts: Fields): string[] {
  return USAGE.flatMap(([field, name]) => {
    const count = counts[field]
    return typeof count === 'number' && count > 0 ? [`${name}=${count}`] : []
  })
}

function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function text(value: unknown): string {
  if (typeof value === 'string') return visible(value)
  return value === undefined ? '' : JSON.stringify(value)
}

/** The value, quoted if its end would not be clear. */
function quoted(value: string): string {
  return /[\s="]/.test(value) ? `"${value.replaceAll('"', '\\"')}"` : value
}
