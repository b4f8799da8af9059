/** Pieces of a config that may be shown: what could be a secret is starred out. */
import type { Place } from './position.ts'

const WIDTH = 80
const SECRET_VALUE =
  /((?:key|token|secret|passw\w*|auth\w*)["']?\s*[:=]\s*)("[^"]*"?|'[^']*'?|[^\s,}\]]+)/gi
const SECRET_SHAPE =
  /\b(?:(?:sk|pk|gsk|xai|ghp|hf)[-_]|AIza)[\w-]{8,}|\b(?=[a-z]*\d)[a-z0-9]{24,}\b/gi
const CREDENTIALS = /[^/\s@"']+:[^/\s@"']*(?=@)|(?<=:\/\/)[^/\s@"']+(?=@)/g
const QUERY = /(?<=https?:\/\/[^\s"'?]*\?)[^\s"']+/g

/**
 * The line of `source` at `place` with a caret under the column, indented by two; a long line is
 * cut to about 80 characters around it.
 */
export function excerpt(source: string, { line, column }: Place): string {
  const whole = maskSecrets(source.split(/\r\n|[\n\r\u2028\u2029]/)[line - 1] ?? '')
  const from = Math.max(0, column - 1 - WIDTH / 2)
  const shown = whole.slice(from, from + WIDTH).replaceAll('\t', ' ')
  const margin = `  ${line} | `
  return `${margin}${shown}\n${' '.repeat(margin.length + column - 1 - from)}^`
}

/** The text with everything that looks like a key or a password starred out, as long as before. */
export function maskSecrets(text: string): string {
  return text
    .replace(SECRET_VALUE, (_, before: string, value: string) => before + starred(value))
    .replace(CREDENTIALS, starred)
    .replace(QUERY, starred)
    .replace(SECRET_SHAPE, starred)
}

/** Quotes stay, and so do `$VAR` and `${VAR}`: they are names, and often what is being looked for. */
function starred(value: string): string {
  return /^["']?\$[{\w]/.test(value) ? value : value.replace(/[^"']/g, '*')
}
