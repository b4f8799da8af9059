/** Counts the input tokens of requests: by the provider, by the tokenizer, or by an estimate. */
import { formatModelRef } from '../../lib/model-ref.ts'
import type { RouterConfig } from '../../config/config.ts'
import { forward } from '../../protocols/anthropic/request.ts'
import type { Dialect } from '../../protocols/anthropic/types.ts'
import type { Target } from '../../protocols/protocol.ts'
import { limitedText } from '../../lib/limited-text.ts'
import type { Logger } from '../../lib/log.ts'
import { withChangesApplied } from '../../messages/applied-changes.ts'
import type { MessagesRequest } from '../../messages/request.ts'
import type { Provider } from '../../providers/configured/provider.ts'
import { modelFor, thresholdOf } from '../../routing/resolve.ts'
import type { Hints } from '../../routing/scenario.ts'
import type { Upstream } from '../../upstream/send.ts'
import type { Client } from '../client-headers.ts'
import type { Estimator, Size } from './estimator.ts'
import type { TokenCounter } from './tokenizer-thread.ts'
import { countTokens } from './request-tokens.ts'
import type { Answer } from '../../upstream/answer.ts'

/** Counts are requested in bursts and have an estimate to fall back on: they may not take long. */
const COUNT_MS = 10_000

/** A count is one short object, in characters. */
const COUNT_LENGTH = 64 * 1024

/** How long the tokenizer is waited for before the estimate has to do. */
const TOKENIZE_MS = 5_000

/** The same where a request for messages waits for its route. */
const ROUTE_MS = 1_000

/** Estimates closer to a threshold than this part of it are not trusted with the choice of a model. */
const CLOSE = 0.15

/** Dialects whose API counts tokens under the URL for messages. */
const COUNTING: ReadonlySet<Dialect> = new Set<Dialect>(['anthropic', 'unknown', 'compatible'])

export interface CountsParts {
  readonly counter: TokenCounter
  readonly estimator: Estimator
  readonly upstream: Upstream
  readonly log: Logger
}

/** A request whose tokens are to be counted. */
export interface Countable {
  readonly request: MessagesRequest
  /** The body as it came; undefined where the request was changed since. */
  readonly bytes: Uint8Array | undefined
  readonly client: Client
  readonly candidates: readonly [
    { readonly provider: Provider; readonly target: Target },
    ...unknown[],
  ]
  readonly size: Size
  readonly signal: AbortSignal
}

/** Input tokens for clients that ask for them, and for routes that depend on them. */
export interface Counts {
  /** The provider's count where it has one; else the tokenizer's; else the estimate. */
  readonly of: (countable: Countable) => Promise<number>
  /**
   * The hints, with the tokenizer's count where the estimate is too close to the router's
   * threshold for long contexts to choose a model by it.
   */
  readonly weighed: (request: MessagesRequest, hints: Hints, router: RouterConfig) => Promise<Hints>
}

export function createCounts({ counter, estimator, upstream, log }: CountsParts): Counts {
  async function counted(countable: Countable): Promise<number> {
    const [{ provider, target }] = countable.candidates
    const { request, size } = countable
    const reported =
      provider.api.kind === 'forward' && COUNTING.has(provider.api.dialect)
        ? await countRequest(
            { ...countable, provider, dialect: provider.api.dialect, target, upstream },
            log,
          )
        : undefined
    if (reported !== undefined) return reported
    const sent = withChangesApplied(request)
    const tokens = await countTokens(sent, target, { counter, withinMs: TOKENIZE_MS })
    return tokens ?? estimator.estimate(formatModelRef(target), size)
  }

  async function weighed(
    request: MessagesRequest,
    hints: Hints,
    router: RouterConfig,
  ): Promise<Hints> {
    const threshold = thresholdOf(router)
    const isClose = Math.abs(hints.tokens - threshold) <= CLOSE * threshold
    if (!isClose || modelFor(router, 'longContext') === '') return hints
    const tokens = await countTokens(request, undefined, { counter, withinMs: ROUTE_MS })
    return tokens === undefined ? hints : { ...hints, tokens }
  }

  return { of: counted, weighed }
}

interface Counting {
  readonly request: MessagesRequest
  /** The body as it came; undefined where the request was changed since. */
  readonly bytes: Uint8Array | undefined
  readonly client: Client
  readonly provider: Provider
  readonly dialect: Dialect
  readonly target: Target
  readonly upstream: Upstream
  readonly signal: AbortSignal
}

/** The provider's count of a request's input tokens; undefined where it gives none. */
export async function countRequest(counting: Counting, log: Logger): Promise<number | undefined> {
  const { request, bytes, client, provider, dialect, target, upstream, signal } = counting
  try {
    const original = { bytes, request, headers: client.headers }
    const forwarded = forward(original, target, dialect)
    const plain = await provider.call(target.model, forwarded.body, forwarded)
    const url = new URL(plain.url)
    url.pathname += '/count_tokens'
    const call = { ...plain, url: url.href, idempotent: true }
    const limit = AbortSignal.timeout(COUNT_MS)
    const answer = await upstream.send(call, AbortSignal.any([signal, limit]))
    const counted = await countIn(answer)
    if (counted !== undefined) return counted
    log.debug({ provider: provider.name, status: answer.status }, 'no count from the provider')
  } catch (cause) {
    log.debug({ provider: provider.name, cause }, 'no count from the provider')
  }
  return undefined
}

async function countIn(answer: Answer): Promise<number | undefined> {
  try {
    if (answer.status !== 200) return undefined
    const json = await limitedText(answer.body, { length: COUNT_LENGTH, ms: COUNT_MS })
    const { input_tokens: tokens } = JSON.parse(json) as { input_tokens?: unknown }
    return typeof tokens === 'number' ? tokens : undefined
  } finally {
    answer.release()
  }
}
