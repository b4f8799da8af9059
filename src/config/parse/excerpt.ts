/** Pieces of a config that may be shown: what could be a secret is starred out. */
import type { Location } from './json5-locations.ts'

const WIDTH = 80
const SECRET_VALUE =
  /((?:key|token|secret|passw\w{0,32}|auth\w{0,32})["']?\s*[:=]\s*)("[^"]*"?|'[^']*'?|[^\s,}\]]+)/gi
const SECRET_SHAPE =
  /\b(?:(?:sk|pk|gsk|xai|ghp|hf)[-_]|AIza)[\w-]{8,}|\b(?=[a-z]{0,256}\d)[a-z0-9]{24,}/gi
/** Of a URL or a proxy, up to the next slash, quote or `@`. */
const PIECE = /[^/\s@"']+/g
const URL_TEXT = /https?:\/\/[^\s"']+/g
/** How much of a line around the column is looked at, in UTF-16 units. */
const REACH = 8192

/**
 * The line of `source` at `place` with a caret under the column, indented by two; a long line is
 * cut to about 80 characters around it.
 */
export function excerpt(source: string, { line, column }: Location): string {
  const whole = source.split(/\r\n|[\n\r\u2028\u2029]/)[line - 1] ?? ''
  const start = Math.max(0, column - 1 - REACH)
  const near = maskSecrets(whole.slice(start, column - 1 + REACH))
  const from = Math.max(0, column - 1 - WIDTH / 2)
  const shown = near.slice(from - start, from - start + WIDTH).replaceAll('\t', ' ')
  const margin = `  ${line} | `
  return `${margin}${shown}\n${' '.repeat(margin.length + column - 1 - from)}^`
}

/** The text with everything that looks like a key or a password starred out, as long as before. */
export function maskSecrets(text: string): string {
  return text
    .replace(SECRET_VALUE, (_, before: string, value: string) => before + starred(value))
    .replace(PIECE, withoutCredentials)
    .replace(URL_TEXT, withoutQuery)
    .replace(SECRET_SHAPE, starred)
}

/** `user:password` before an `@`, and whatever stands between `://` and an `@`. */
function withoutCredentials(piece: string, at: number, text: string): string {
  const isBeforeHost = text[at + piece.length] === '@'
  const isSecret = piece.includes(':') || text.slice(Math.max(0, at - 3), at) === '://'
  return isBeforeHost && isSecret ? starred(piece) : piece
}

function withoutQuery(url: string): string {
  const query = url.indexOf('?') + 1
  return query === 0 ? url : url.slice(0, query) + starred(url.slice(query))
}

/** Quotes stay, and so do `$VAR` and `${VAR}`: they are names, and often what is being looked for. */
function starred(value: string): string {
  return /^["']?\$[{\w]/.test(value) ? value : value.replace(/[^"']/g, '*')
}
