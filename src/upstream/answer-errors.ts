/** Answers that are errors: a status of failure, a redirect that is not followed, a web page. */
import { isTextTooDeep } from '../lib/depth.ts'
import { limitedText } from '../lib/limited-text.ts'
import { withoutSecrets } from '../lib/masking.ts'
import { type ErrorEnvelope, type ErrorKind, GatewayError } from '../messages/error.ts'
import { isUnderstood, outputLimitIn, overflowIn } from '../messages/token-limits.ts'
import { upstreamError } from '../messages/upstream-error.ts'
import type { Call } from '../providers/configured/call.ts'
import { credentialsOf } from '../providers/configured/secrets.ts'
import { type Answer, headerOf } from './answer.ts'
import { whereOf } from './network-errors.ts'
import { redirectTarget } from './redirect.ts'
import { retryAfterOf } from './retry-after.ts'

/** How much of an error body is read, in bytes, and how long reading may take, in ms. */
const BODY = { length: 64 * 1024, ms: 5_000 }

/** Reads an answer with a status of failure, within the limits of `BODY`, and gives its error. */
export async function answerError(
  answer: Answer,
  call: Call,
  secrets: readonly string[],
): Promise<GatewayError> {
  const known = [...secrets, ...credentialsOf(call.headers)]
  return (await readError(answer, call, known)).without(known)
}

async function readError(
  answer: Answer,
  call: Call,
  secrets: readonly string[],
): Promise<GatewayError> {
  if (answer.status >= 300 && answer.status < 400) return redirectError(answer, call)
  // Secrets are masked in the raw text, before any part of it is cut out.
  const text = withoutSecrets(await limitedText(answer.body, BODY), secrets, '***')
  const body = parsed(text)
  const { status } = answer
  const retryAfter = retryAfterOf(answer.headers, status, Date.now())
  const envelope = anthropicEnvelope(body)
  const known = upstreamError(body ?? plain(text), {
    provider: call.provider,
    status,
    retryAfter,
  })
  if (envelope === undefined) return known
  const { type, message } = envelope.error
  const overflow = overflowIn(message, [], status === 429)
  if (overflow !== undefined && !isUnderstood(message, status)) return known
  const advice = headerOf(answer, 'x-should-retry')
  const shouldRetry = advice === undefined ? known.shouldRetry : advice === 'true'
  return new GatewayError(kindOf(type, known, overflow !== undefined), message, {
    status,
    envelope: envelope,
    overflow: overflow !== undefined,
    remainingTokens: overflow === undefined ? known.remainingTokens : outputLimitIn(message),
    retryAfter: known.retryAfter,
    ...(overflow === undefined ? { shouldRetry } : {}),
  })
}

/**
 * The kind of an error, which may be more specific than its type on the wire: Anthropic reports an
 * account without money as an invalid request, others report an unknown model so, although another
 * target may serve the request.
 */
function kindOf(type: ErrorKind, known: GatewayError, isOverflow: boolean): ErrorKind {
  const isMore = type === 'invalid_request_error' && !isOverflow && OF_TARGET.has(known.kind)
  return isMore ? known.kind : type
}

/** Errors of an account, a key or a model rather than of the request. */
const OF_TARGET: ReadonlySet<ErrorKind> = new Set([
  'authentication_error',
  'billing_error',
  'permission_error',
  'not_found_error',
  'rate_limit_error',
  'overloaded_error',
])

function redirectError(answer: Answer, call: Call): GatewayError {
  const to = redirectTarget(call, headerOf(answer, 'location'))
  const where = to === undefined ? '' : ` to ${to}`
  const text = `${whereOf(call)} redirects${where} (HTTP ${String(answer.status)}): set api_base_url to where it answers`
  return new GatewayError('api_error', text, { status: 502, shouldRetry: false })
}

/** The error for a web page with status 200, such as a login form or the page of a wrong path. */
export function htmlError(call: Call): GatewayError {
  return new GatewayError(
    'api_error',
    `${call.provider} answered with a web page instead of an API answer: is api_base_url (${new URL(call.url).origin}${new URL(call.url).pathname}) right?`,
    { status: 502 },
  )
}

/**
 * The answer, unless it is a web page. Some servers send an HTML content type with API answers too,
 * so the first character decides.
 * @throws GatewayError for a page.
 */
export async function apiAnswer(answer: Answer, call: Call): Promise<Answer> {
  const type = headerOf(answer, 'content-type')?.toLowerCase() ?? ''
  if (!type.includes('html')) return answer
  const read: Uint8Array[] = []
  try {
    const text = new TextDecoder()
    let first: string | undefined
    while (first === undefined) {
      const next = await answer.body.next()
      if (next.done === true) break
      read.push(next.value)
      first = text.decode(next.value, { stream: true }).trimStart()[0]
    }
    if (first === '<') throw htmlError(call)
  } catch (thrown) {
    answer.release()
    throw thrown
  }
  return { ...answer, body: withPrefix(read, answer.body), release: () => answer.release() }
}

async function* withPrefix(
  read: readonly Uint8Array[],
  rest: AsyncGenerator<Uint8Array>,
): AsyncGenerator<Uint8Array> {
  try {
    yield* read
    yield* rest
  } finally {
    void rest.return(undefined).catch(() => undefined)
  }
}

/**
 * The prefix of a server-sent event; DashScope sends errors with status 400 in this form:
 * https://github.com/musistudio/claude-code-router/issues/1327
 */
const EVENT = /^\s{0,8}(?:event:[^\n]{0,64}\n\s{0,8})?data:/

/** Undefined for text that is not JSON, or nested too deeply to be an error of an API. */
function parsed(text: string): unknown {
  if (isTextTooDeep(text)) return undefined
  const event = EVENT.exec(text)?.[0].length ?? 0
  try {
    return JSON.parse(text.slice(event)) as unknown
  } catch {
    return undefined
  }
}

/** The message in a text that is not JSON; for a web page, only its title. */
function plain(text: string): string {
  if (!/^\s*</.test(text)) return text.trim()
  const title = /<title[^<>]{0,256}>([^<]*)/i.exec(text)?.[1]?.trim()
  return title ? `a web page: ${title}` : 'a web page'
}

/** The body if it has the form of an Anthropic error, of a known or future type. */
function anthropicEnvelope(body: unknown): ErrorEnvelope | undefined {
  const { type, error } = (body ?? {}) as Partial<ErrorEnvelope>
  if (type !== 'error' || typeof error?.message !== 'string') return undefined
  return /_error$|^request_too_large$/.test(error.type) ? (body as ErrorEnvelope) : undefined
}
