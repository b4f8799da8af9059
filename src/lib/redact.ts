/** Takes secrets out of what is logged: by the name of a field, by value, and by pattern. */

import { withoutSecrets } from './masking.ts'

const MASK = '[masked]'

/** `count_tokens` and `max_tokens` are not secret; `access_token` and `x-api-key` are. */
const SECRET_NAME =
  /(^|[-_])(authorization|cookie|secret|password|passwd|token|credentials?|api[-_]?key|access[-_]?key|private[-_]?key)$|apikey$|(Token|Secret|Password|Key)$/

const PATTERNS: readonly (readonly [RegExp, string])[] = [
  [/\bccr-tok-[\w-]{8,}/g, MASK],
  [/\b(sk|pk|rk|gsk|xai|ghp|gho|hf|nvapi)[-_][\w-]{8,}/g, MASK],
  [/\bAIza[\w-]{20,}/g, MASK],
  [/\b(bearer|basic)\s+[\w~+/.=-]{8,}/gi, `$1 ${MASK}`],
  [/([?&](?:api[-_]?key|key|token)=)[^&\s"']+/gi, `$1${MASK}`],
  [/(\/\/[^/\s:@"']+:)[^/\s@"']+@/g, `$1${MASK}@`],
]

export type Mask = (text: string) => string

/** True when a field of this name holds a secret. */
export function isSecretName(name: string): boolean {
  return SECRET_NAME.test(name)
}

/** Masks these values, in whatever form they stand, and everything that looks like a key. */
export function createMask(secrets: readonly string[]): Mask {
  return (text) => {
    let masked = withoutSecrets(text, secrets, MASK)
    for (const [pattern, replacement] of PATTERNS) masked = masked.replace(pattern, replacement)
    return masked
  }
}

const DEPTH = 8

/** A value as it can be written as JSON, fields with a secret name masked, errors with their cause. */
export function plain(value: unknown, depth = 0): unknown {
  if (value instanceof Error) return plainError(value, depth)
  if (typeof value === 'bigint') return String(value)
  if (typeof value !== 'object' || value === null) return value
  if (depth >= DEPTH) return '[deeper]'
  if (Array.isArray(value)) return value.map((item) => plain(item, depth + 1))
  const members = Object.entries(value).map(([name, member]) => [
    name,
    typeof member === 'string' && isSecretName(name) ? MASK : plain(member, depth + 1),
  ])
  return Object.fromEntries(members) as unknown
}

function plainError(error: Error, depth: number): unknown {
  if (depth >= DEPTH) return error.message
  const code = 'code' in error ? { code: error.code } : {}
  const cause = error.cause === undefined ? {} : { cause: plain(error.cause, depth + 1) }
  return { type: error.name, message: error.message, ...code, stack: error.stack, ...cause }
}
