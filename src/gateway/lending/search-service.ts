/** Asks a search service for the pages that it finds. */
import type { SearchServiceConfig } from '../../config/config.ts'
import { keepCommand } from '../../config/key-advice.ts'
import type { Env } from '../../lib/env.ts'
import { isObject, parseJson } from '../../lib/json.ts'
import { isTextTooDeep } from '../../lib/depth.ts'
import { type Limiter, limiter } from '../../lib/limiter.ts'
import { withoutSecrets } from '../../lib/masking.ts'
import { percentDecoded } from '../../lib/percent-decoded.ts'
import { isSecretName } from '../../lib/redact.ts'
import { limitedText } from '../../lib/limited-text.ts'
import { asGatewayError, GatewayError } from '../../messages/error.ts'
import type { Call } from '../../providers/configured/call.ts'
import { foundPages, type FoundPage, type SearchQuery } from '../../providers/search/pages.ts'
import { lacking, searchCall, SEARCH_SERVICES } from '../../providers/search/services.ts'
import { answerError, apiAnswer } from '../../upstream/answer-errors.ts'
import type { Answer } from '../../upstream/answer.ts'
import type { Upstream } from '../../upstream/send.ts'
import { pause } from '../targets/failover.ts'

export interface SearchServiceParts {
  readonly upstream: Upstream
  /** Aborts when the client hangs up. */
  readonly signal: AbortSignal
  readonly env: Env
  /** How long the search may take, ms. */
  readonly limitMs?: number
  /** Resolves after so many ms, or at once when the signal aborts. */
  readonly pause?: (ms: number, signal: AbortSignal) => Promise<void>
  /** Runs second tries, which must not come all at the same time again. */
  readonly retries?: Limiter
}

/** A service that takes longer is of no use to a client that waits for an answer, ms. */
const LIMIT_MS = 20_000
/** The longest answer that is read, in UTF-16 units: 500 results with long excerpts take less. */
const LONGEST_ANSWER = 4 * 1024 * 1024

/**
 * The pages that a service finds, cleaned and bounded; none where it found none.
 * @throws GatewayError that says what failed, without the key, and which setting of `Lend.webSearch`
 * may be wrong.
 */
export async function pagesFrom(
  service: SearchServiceConfig,
  search: SearchQuery,
  parts: SearchServiceParts,
): Promise<readonly FoundPage[]> {
  requireSettings(service, parts.env)
  const { limitMs = LIMIT_MS } = parts
  const limit = AbortSignal.timeout(limitMs)
  const call = searchCall(service, search)
  try {
    const signal = AbortSignal.any([parts.signal, limit])
    const answer = await patiently(call, service, { ...parts, signal })
    const { pages, problem } = SEARCH_SERVICES[service.service].read(answer)
    if (problem !== undefined) throw failed(call, problem)
    return foundPages(pages, search).map((page) => withoutKey(page, service))
  } catch (thrown) {
    if (limit.aborted && !parts.signal.aborted) throw late(call, limitMs, thrown)
    throw inWordsOfSearch(asGatewayError(thrown)).without(secretsOf(service))
  }
}

/** @throws GatewayError for a service without the key or the address that it needs. */
function requireSettings(search: SearchServiceConfig, env: Env): void {
  const { service, missing } = search
  const [variable] = missing
  if (variable !== undefined) {
    const advice = `export ${variable}=…, or let ccr store it: ${keepCommand(service, env)}`
    throw unusable(`needs ${missing.join(' and ')}, which is not set (${advice})`)
  }
  const key = lacking(search)
  if (key !== undefined) throw unusable(`has no ${key}`)
}

function unusable(what: string): GatewayError {
  return new GatewayError('authentication_error', `Lend.webSearch ${what}.`)
}

/** The wait after "too many requests": plans of Brave allow one search in a second. */
const PAUSE_MS = 1_200
/** A longer wait that a service names is not worth the client's time. */
const LONGEST_PAUSE_MS = 5_000

/**
 * The answer, on the second try where the first came too soon: the client searches several times at once.
 * Second tries wait for each other.
 */
async function patiently(
  call: Call,
  service: SearchServiceConfig,
  parts: SearchServiceParts,
): Promise<Readonly<Record<string, unknown>>> {
  try {
    return await readAnswer(call, service, parts)
  } catch (thrown) {
    const { kind, retryAfter } = asGatewayError(thrown)
    const ms = retryAfter === undefined ? PAUSE_MS : 1_000 * Number(retryAfter)
    if (kind !== 'rate_limit_error' || !(ms <= LONGEST_PAUSE_MS)) throw thrown
    const { retries = limiter(1) } = parts
    return retries(async () => {
      await (parts.pause ?? pause)(ms, parts.signal)
      return readAnswer(call, service, parts)
    })
  }
}

/** The JSON object that a service answers with. */
async function readAnswer(
  call: Call,
  service: SearchServiceConfig,
  { upstream, signal, limitMs = LIMIT_MS }: SearchServiceParts,
): Promise<Readonly<Record<string, unknown>>> {
  const answer = await upstream.send(call, signal)
  try {
    if (answer.status < 200 || answer.status >= 300) throw await refusal(answer, call, service)
    const { body } = await apiAnswer(answer, call)
    const text = await limitedText(body, { length: LONGEST_ANSWER, ms: limitMs })
    if (text.length > LONGEST_ANSWER) throw failed(call, 'it sent a longer answer than ccr reads')
    const found = isTextTooDeep(text) ? undefined : parseJson(text)
    if (!isObject(found)) throw failed(call, 'its answer is no JSON object, or broke off')
    return found
  } finally {
    answer.release()
  }
}

/** What statuses mean that services use in their way. */
const REFUSALS: Readonly<Record<string, GatewayError['kind'] | undefined>> = {
  // https://help.tavily.com/articles/8645538886-understanding-http-errors: the limits of a plan
  432: 'billing_error',
  433: 'billing_error',
  // Brave: "SUBSCRIPTION_TOKEN_INVALID" comes with 422.
  422: 'authentication_error',
}

const ADVICE: Readonly<Record<SearchServiceConfig['service'], string>> = {
  // https://docs.searxng.org/dev/search_api.html: a format that is not set is forbidden
  searxng: 'A SearXNG answers with 403 unless its settings.yml has json among search.formats.',
  brave: 'Is api_key of Lend.webSearch right?',
  tavily: 'Is api_key of Lend.webSearch right?',
}

async function refusal(
  answer: Answer,
  call: Call,
  { service, ...rest }: SearchServiceConfig,
): Promise<GatewayError> {
  const { status } = answer
  const error = await answerError(answer, call, secretsOf({ service, ...rest }))
  const kind = REFUSALS[status] ?? error.kind
  const text = `${error.message} (HTTP ${String(status)})`
  const isDenied = kind === 'authentication_error' || kind === 'permission_error'
  const message = isDenied ? `${text}. ${ADVICE[service]}` : text
  return new GatewayError(kind, message, { status, retryAfter: error.retryAfter, cause: error })
}

function failed({ provider, url }: Call, why: string): GatewayError {
  const text = `${provider} (${new URL(url).origin}) did not search: ${why}`
  return new GatewayError('api_error', text, { status: 502 })
}

function late({ provider, url }: Call, limitMs: number, cause: unknown): GatewayError {
  const seconds = String(limitMs / 1000)
  const text = `${provider} (${new URL(url).origin}) did not answer within ${seconds} s`
  return new GatewayError('timeout_error', text, { cause })
}

/** Errors of the network name the setting of a provider. */
function inWordsOfSearch(error: GatewayError): GatewayError {
  const message = error.message.replaceAll('api_base_url', 'url of Lend.webSearch')
  if (message === error.message) return error
  const { status, cause, unreachable } = error
  return new GatewayError(error.kind, message, { status, cause, unreachable })
}

/** A key that comes back goes no further. */
function withoutKey(page: FoundPage, service: SearchServiceConfig): FoundPage {
  const secrets = secretsOf(service)
  const safe = (text: string): string => withoutSecrets(text, secrets, '***')
  const { url, title, excerpt, age } = page
  return { url: safe(url), title: safe(title), excerpt: safe(excerpt), age: age ? safe(age) : null }
}

/** The key, and of the address its password and what its query names as a secret. */
function secretsOf({ apiKey, url = '' }: SearchServiceConfig): readonly string[] {
  if (!URL.canParse(url)) return [apiKey].filter(Boolean)
  const { password, searchParams } = new URL(url)
  const named = [...searchParams].filter(([name]) => /^key$/i.test(name) || isSecretName(name))
  const values = named.map(([, value]) => value)
  return [apiKey, password, percentDecoded(password), ...values].filter(Boolean)
}
