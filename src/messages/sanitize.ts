/**
 * Checks and cleans values from upstreams and clients, so that the other side gets only what it can
 * read.
 */

import { GatewayError } from './error.ts'
import type { Usage } from './events.ts'

/** @throws GatewayError `api_error` if the value is not text. */
export function requireText(value: unknown): string {
  if (typeof value === 'string') return value
  throw new GatewayError('api_error', 'The upstream sent something else where text belongs.', {
    status: 502,
  })
}

/** The text, '' for anything else: ids and names that are missing or of another type. */
export function textOr(value: unknown): string {
  return typeof value === 'string' ? value : ''
}

/** The usage with 0 for each value that is not a count. */
export function sanitizeUsage(usage: Usage): Usage {
  return {
    input_tokens: countOf(usage.input_tokens),
    output_tokens: countOf(usage.output_tokens),
    cache_creation_input_tokens: countOf(usage.cache_creation_input_tokens),
    cache_read_input_tokens: countOf(usage.cache_read_input_tokens),
    ...writtenByLife(usage.cache_creation),
    ...thinkingTokens(usage.output_tokens_details?.thinking_tokens),
  }
}

function writtenByLife(split: Usage['cache_creation']): Pick<Usage, 'cache_creation'> {
  if (split === undefined) return {}
  return {
    cache_creation: {
      ephemeral_5m_input_tokens: countOf(split.ephemeral_5m_input_tokens),
      ephemeral_1h_input_tokens: countOf(split.ephemeral_1h_input_tokens),
    },
  }
}

/** The part of a usage that reports reasoning tokens. */
export function thinkingTokens(count: unknown): Pick<Usage, 'output_tokens_details'> {
  return typeof count === 'number'
    ? { output_tokens_details: { thinking_tokens: countOf(count) } }
    : {}
}

/** A count; 0 for any other value. */
export function countOf(value: unknown): number {
  return Number.isFinite(value) ? Math.max(0, value as number) : 0
}

// --- Halves of surrogate pairs ---

/** Whether a JSON text has any escapes of surrogates, pairs or halves. */
export function mayHoldHalves(json: Buffer): boolean {
  return json.includes(String.raw`\ud`) || json.includes(String.raw`\uD`)
}

/**
 * The value with `\ufffd` for each half of a surrogate pair; the very same value without any. A client
 * that cuts a text inside an emoji sends half of it as an escape (`\ud83d`), which the parsers of most
 * servers refuse ("no low surrogate in string"), in every request of the conversation from then on.
 */
export function wellFormed<T>(value: T): T {
  return withoutHalves(value) as T
}

function withoutHalves(value: unknown): unknown {
  if (typeof value === 'string') return value.replace(/\p{Surrogate}/gu, '\ufffd')
  if (Array.isArray(value)) {
    const items: unknown[] = value.map(withoutHalves)
    return items.every((item, at) => item === value[at]) ? value : items
  }
  if (typeof value !== 'object' || value === null) return value
  const fields = Object.entries(value)
  const entries = fields.map(([key, inner]): [string, unknown] => [key, withoutHalves(inner)])
  return entries.every(([, inner], at) => inner === fields[at]?.[1])
    ? value
    : Object.fromEntries(entries)
}

// --- Words of the client ---

/** The client's mark around what it says itself to the model, in any spelling that a model would take for it. */
const REMINDER = /<(?=[\s/]{0,8}system-reminder)/giu

/** Text of others in which nothing looks as if the client itself said it: `&lt;system-reminder>`. */
export function withoutReminders(text: string): string {
  return text.replace(REMINDER, '&lt;')
}
