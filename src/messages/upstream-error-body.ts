/** Reads an upstream's error body, whatever its shape. */

import { isTextTooDeep, isTooDeep } from '../lib/depth.ts'
import { numberOf } from '../lib/number.ts'

/** What an upstream reports about its failure. */
export interface ErrorBody {
  readonly message: string
  /** `type`, `code` and reasons, lower case. */
  readonly words: readonly string[]
  /** HTTP status, if the body has one. */
  readonly status?: number
  /** Seconds to wait. */
  readonly retryAfter?: string
  /** Tokens of the prompt, and of the window, as llama.cpp counts them. */
  readonly tokens?: readonly [sent: number, limit: number]
}

/** Longest upstream text that goes on to the client, in UTF-16 units. */
const MESSAGE_LIMIT = 2000

/** Where providers put the text of an error. */
const TEXT_FIELDS = [
  'message',
  'Message',
  'detail',
  'msg',
  'error_msg',
  'error_message', // Venice
  'status_msg',
  'error_description',
] as const

type Fields = Readonly<Record<string, unknown>>

/**
 * Reads `{error: {message, type, code}}`, `{error: "text"}`, `{message}`, `{detail}`, `{errors: […]}`,
 * a list of these, or plain text; also one inside the other, as gateways pass errors on.
 */
export function parseErrorBody(body: unknown): ErrorBody {
  if (isTooDeep(body)) return { message: 'an error that is nested too deeply', words: [] }
  if (typeof body === 'string') return textBody(body)
  if (Array.isArray(body)) {
    const issues = issuesIn(body)
    return issues === undefined ? parseErrorBody(body[0]) : { message: clip(issues), words: [] }
  }
  if (typeof body !== 'object' || body === null) return { message: '', words: [] }
  const object = body as Fields
  const inner = innerOf(object)
  if (typeof inner === 'string') return joined(textBody(inner), read({ ...object, error: null }))
  return inner ? around(parseErrorBody(inner), object) : read(object)
}

/** The error that an object holds. Google lists its errors again in `errors`, without the details. */
function innerOf(object: Fields): unknown {
  const { error, base_resp: state, errors } = object
  if (error || state) return error || state
  return Array.isArray(errors) && !hasText(object) ? (errors[0] as unknown) : null
}

function hasText(object: Fields): boolean {
  return TEXT_FIELDS.some((field) => typeof object[field] === 'string' && object[field] !== '')
}

/**
 * What pydantic (`{loc, msg, input}`) and zod (`{path, message}`) find wrong with a request, without
 * the values that they quote of it; undefined for anything else.
 */
function issuesIn(value: unknown): string | undefined {
  if (!Array.isArray(value)) {
    const { detail } = (value ?? {}) as Fields
    return Array.isArray(detail) ? issuesIn(detail) : undefined
  }
  const issues = value.map(issueIn)
  return issues.length > 0 && issues.every(Boolean) ? issues.join('; ') : undefined
}

function issueIn(value: unknown): string | undefined {
  const { loc, path, msg, message } = (value ?? {}) as Fields
  const location: unknown = loc ?? path
  const text = msg ?? message
  if (!Array.isArray(location) || typeof text !== 'string') return undefined
  return location.length === 0 ? text : `${location.join('.')}: ${text}`
}

/** A gateway's text may be the JSON of the error that it got. */
function textBody(text: string): ErrorBody {
  const inner = /^\s*[{[]/.test(text) ? parsed(text) : undefined
  return inner === undefined ? { message: clip(text), words: [] } : parseErrorBody(inner)
}

/** `{error: {…}, status_code: 429}`: fields beside the error add what it lacks. */
function around(body: ErrorBody, object: Fields): ErrorBody {
  const status = body.status ?? statusIn(object)
  return {
    ...body,
    words: [...body.words, ...wordsIn(object).filter((word) => word !== 'error')],
    ...defined({ status }),
  }
}

/** `{error: "text", message?, statusCode?}`: the text leads, the rest adds to it. */
function joined(text: ErrorBody, rest: ErrorBody): ErrorBody {
  return { ...rest, ...text, words: [...text.words, ...rest.words] }
}

function read(object: Fields): ErrorBody {
  const details = readDetails(object['details'])
  const behind = behindGateway(object['metadata'])
  const text = TEXT_FIELDS.map((field) => object[field]).find(Boolean)
  const inner = typeof text === 'string' ? textBody(text) : undefined
  const whole = inner?.message ?? clip(issuesIn(text) ?? JSON.stringify(text ?? object))
  const message = withParam(whole, object)
  const retryAfter = details.retryAfter ?? spokenDelay(message)
  const tokens = tokensIn(object)
  return {
    message: behind === undefined ? message : clip(`${message}: ${behind.message}`),
    words: [
      ...wordsIn(object),
      ...codesIn(message),
      ...lowerCase(details.reasons),
      ...(inner?.words ?? []),
      ...(behind?.words ?? []),
    ],
    ...defined({ status: statusIn(object) }),
    ...defined({ retryAfter, tokens }),
  }
}

/** Xiaomi sends "Param Incorrect" and explains it in `param`; others only name the parameter there. */
function withParam(message: string, { param }: Fields): string {
  if (typeof param !== 'string' || message.includes(param)) return message
  const isMissed = param.includes(' ') || (message.length < BARE && !/['"`]/.test(message))
  return isMissed ? clip(`${message}: ${param}`) : message
}

/** A text of fewer UTF-16 units that quotes nothing does not say what it is about. */
const BARE = 60

/**
 * "Please try again in 1m12.5s" (OpenAI, Groq), "Please retry after 20 seconds" (Azure), "Your quota
 * will reset after 8h44m7s" (Google).
 */
const SPOKEN =
  /(?:try again|retry|will reset)(?: again)? (?:in|after) ((?:\d+(?:\.\d+)? ?[a-z]+ ?)+)/i

function spokenDelay(message: string): string | undefined {
  const [, delay = ''] = SPOKEN.exec(message) ?? []
  const ms = durationMs(delay)
  return ms ? String(Math.ceil(ms / 1000)) : undefined
}

function defined<T extends object>(fields: T): { [K in keyof T]?: NonNullable<T[K]> } {
  const entries = Object.entries(fields).filter(([, value]) => value !== undefined)
  return Object.fromEntries(entries) as { [K in keyof T]?: NonNullable<T[K]> }
}

/** OpenRouter quotes the provider behind it: `metadata: {raw, provider_name}`. */
function behindGateway(metadata: unknown): ErrorBody | undefined {
  const { raw } = (metadata ?? {}) as { raw?: unknown }
  return typeof raw === 'string' && raw !== '' ? textBody(raw) : undefined
}

function tokensIn({ n_prompt_tokens: sent, n_ctx: limit }: Fields): ErrorBody['tokens'] {
  return typeof sent === 'number' && typeof limit === 'number' ? [sent, limit] : undefined
}

interface Detail {
  readonly reason?: unknown
  readonly retryDelay?: unknown
  readonly violations?: readonly { readonly quotaId?: unknown }[]
}

/**
 * Google's `details`: ErrorInfo with a reason, RetryInfo with a delay such as `34.4s`,
 * QuotaFailure with the ids of the quotas.
 * https://cloud.google.com/apis/design/errors#error_payloads
 */
function readDetails(details: unknown): { reasons: readonly unknown[]; retryAfter?: string } {
  if (!Array.isArray(details)) return { reasons: [] }
  const all = details.filter((detail): detail is Detail => typeof detail === 'object' && !!detail)
  const delays = all.map(({ retryDelay }) => /^([\d.]+)s$/.exec(String(retryDelay))?.[1])
  const seconds = Math.ceil(Number(delays.find(Boolean)))
  const quotas = all.flatMap(({ violations }) =>
    Array.isArray(violations) ? (violations as readonly unknown[]) : [],
  )
  return {
    reasons: [
      ...all.map(({ reason }) => reason),
      ...quotas.map((quota) => (quota as { quotaId?: unknown } | null)?.quotaId),
    ],
    ...(Number.isFinite(seconds) ? { retryAfter: String(seconds) } : {}),
  }
}

function lowerCase(words: readonly unknown[]): readonly string[] {
  return words.filter((word) => typeof word === 'string').map((word) => word.toLowerCase())
}

/** The fields in which providers name the kind of error. */
const WORD_FIELDS = ['code', 'type', 'status', 'error_type', 'error_code'] as const

function wordsIn(object: Fields): readonly string[] {
  return [...lowerCase(WORD_FIELDS.map((field) => object[field])), ...numbered(object)]
}

/** Codes of four digits, as z.ai (`code`) and MiniMax (`status_code`) have them, each with its field. */
function numbered(object: Fields): readonly string[] {
  return ['code', 'status_code']
    .filter((field) => /^[12]\d{3}$/.test(String(numberOf(object[field]))))
    .map((field) => `${field}_${String(object[field])}`)
}

/** Their Messages APIs write the codes into the text: `[1308][Usage limit …][ID]`, `… limit (2013)`. */
function codesIn(message: string): readonly string[] {
  const [, zai] = /^\[([12]\d{3})\]\[/.exec(message) ?? []
  const [, minimax] = / \(([12]\d{3})\)$/.exec(message) ?? []
  return [
    ...(zai === undefined ? [] : [`code_${zai}`]),
    ...(minimax === undefined ? [] : [`status_code_${minimax}`]),
  ]
}

/** Where providers put an HTTP status: OpenRouter and Gemini into `code`. */
const STATUS_FIELDS = [
  'code',
  'status',
  'statusCode',
  'status_code',
  'http_status',
  'http_code',
  'httpStatus',
  'error_code',
] as const

function statusIn(object: Fields): number | undefined {
  const numbers = STATUS_FIELDS.map((field) => numberOf(object[field]))
  return numbers.find((n) => Number.isInteger(n) && n >= 400 && n < 600)
}

/** The object or list that a text is the JSON of. */
function parsed(text: string): object | undefined {
  if (isTextTooDeep(text)) return undefined
  try {
    return JSON.parse(text) as object
  } catch {
    return undefined
  }
}

function clip(text: string): string {
  const words = withoutTraceback(text)
  return words.length > MESSAGE_LIMIT ? `${words.slice(0, MESSAGE_LIMIT)}…` : words
}

/**
 * LiteLLM's proxy puts Python's traceback, with paths of its machine, behind an error (1.80.10, run on
 * 2026-11-30); where nothing stands before it, its last line is the error.
 */
function withoutTraceback(text: string): string {
  const at = text.indexOf('Traceback (most recent call last):')
  if (at === -1) return text
  const before = text.slice(0, at).trimEnd()
  if (before !== '' && !before.endsWith(':')) return before
  const last = text.slice(text.trimEnd().lastIndexOf('\n') + 1).trim()
  return `${before} ${last}`.trim()
}

// --- Errors that are not called so ---

/** Errors that servers send with status 200 in place of an answer, without an `error` field. */
interface Bare {
  /** MiniMax: a code, 0 for success. */
  readonly base_resp?: { readonly status_code?: unknown } | null
  /** vLLM: `{object: "error", message, code}`. */
  readonly object?: unknown
  readonly message?: unknown
  readonly msg?: unknown
  readonly detail?: unknown
  /** Baidu. */
  readonly error_msg?: unknown
  /** Venice: `{error_type, error_message}`. */
  readonly error_message?: unknown
}

/**
 * The error that an object is, or holds, though it does not call it one (SiliconFlow's `{code,
 * message, data: null}` and the like); undefined for any other.
 */
export function bareError(body: object): object | undefined {
  const { base_resp: state, object, ...bare } = body as Bare
  if (state?.status_code) return state
  const text = bare.message ?? bare.msg ?? bare.detail ?? bare.error_msg ?? bare.error_message
  return object === 'error' || typeof text === 'string' ? body : undefined
}

// --- Durations ---

const MS: Readonly<Record<string, number>> = {
  ms: 1,
  milli: 1,
  millis: 1,
  s: 1000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
}

const PART =
  /(\d{1,15}(?:\.\d{1,15})?) ?(ms|millis?|s|m|h|d)(?:econds?|ec(?:ond)?s?|in(?:ute)?s?|(?:ou)?rs?|ays?)?(?![a-z])/gi

/** Longer ones are no duration. */
const LONGEST = 100

/** `1m2.5s`, `120ms`, `6h`, `20 seconds` in ms; undefined for anything else. */
export function durationMs(text: string): number | undefined {
  if (text.length > LONGEST) return undefined
  const parts = [...text.toLowerCase().matchAll(PART)]
  if (parts.length === 0 || text.replace(PART, '').trim() !== '') return undefined
  return parts.reduce((sum, [, value, unit = '']) => sum + Number(value) * (MS[unit] ?? 0), 0)
}
