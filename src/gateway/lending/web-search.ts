/**
 * Searches the web for a model that cannot: by another model of the config that can, or by a search
 * service (`Lend.webSearch`). What fails is logged, and the request goes to its model with a note.
 */
import type { Config, SearchServiceConfig } from '../../config/config.ts'
import type { Env } from '../../lib/env.ts'
import { limiter } from '../../lib/limiter.ts'
import type { Logger } from '../../lib/log.ts'
import { collect } from '../../messages/collect.ts'
import { asGatewayError, type ErrorKind, GatewayError } from '../../messages/error.ts'
import { serialize } from '../../messages/events.ts'
import type { MessagesRequest } from '../../messages/request.ts'
import { pureSearch, type PureSearch } from '../../messages/web-search.ts'
import { costOf, tokensOf } from '../../pricing/cost.ts'
import { SEARCH_SERVICES } from '../../providers/search/services.ts'
import { routeTo } from '../../routing/resolve.ts'
import type { Upstream } from '../../upstream/send.ts'
import type { Chunks } from '../attempt/attempt.ts'
import type { RequestContext } from '../request-context.ts'
import type { ResolvedTarget, Targets } from '../targets/targets.ts'
import { webSearchOf } from '../targets/web-search-ability.ts'
import { createFailurePause } from './failure-pause.ts'
import { ONE_SEARCH, searchAnswer } from './search-answer.ts'
import { searchPrice, searchTarget } from './search-price.ts'
import { pagesFrom } from './search-service.ts'

export interface SearchLenderParts {
  readonly config: Pick<Config, 'lend' | 'providers' | 'router' | 'fallback'>
  readonly targets: Promise<Targets>
  readonly upstream: Upstream
  readonly env: Env
  readonly log: Logger
  /** How long a model may take until its answer begins, and a service to answer, ms. */
  readonly limits?: { readonly modelMs: number; readonly serviceMs: number }
  /** ms, from any fixed moment. */
  readonly now?: () => number
}

/** What the gateway does with a request in any case. */
export interface SearchSteps {
  /** The answer of the candidates of a request. */
  readonly proceed: (context: RequestContext) => Chunks
  /** Sets money aside; undefined where there are no budgets. */
  readonly reserve: ((provider: string, usd: number | null) => Promise<void>) | undefined
  /** Records what was lent, failed and may be billed all the same; what follows is counted anew. */
  readonly failed: (error: GatewayError) => void
}

/** The answer to a request, with a web search where it wants one that its model does not have. */
export type SearchLender = (context: RequestContext, steps: SearchSteps) => Chunks

const LIMITS = { modelMs: 120_000, serviceMs: 20_000 }

/** The reason of a route to what searches instead of the model. */
const REASON = 'lend: web search'

export function createSearchLender(parts: SearchLenderParts): SearchLender {
  const { lend } = parts.config
  const { webSearch: lender } = lend
  const retries = limiter(1)
  // One that hangs would hold up each search of a conversation.
  const hung = createFailurePause(parts.now ?? (() => performance.now()))

  return (context, steps) => {
    const search = pureSearch(context.request)
    // Each chunk of an answer would pass through one more generator.
    return search === undefined ? steps.proceed(context) : answer(search, context, steps)
  }

  async function* answer(search: PureSearch, context: RequestContext, steps: SearchSteps): Chunks {
    const { proceed } = steps
    const ability = webSearchOf(context.candidates[0], context.request)
    if (ability === 'yes') yield* proceed(context)
    else if (lender === undefined) {
      yield* proceed(ability === 'no' ? withNote(context, NOT_SET) : context)
    } else if (hung.isPaused(REASON)) {
      yield* proceed(withNote(context, failedNote('timeout_error')))
    } else {
      const { reason } = context.metrics.measured()
      const lent =
        typeof lender === 'string'
          ? byModel(lender, context, steps)
          : byService(lender, search, { context, steps })
      yield* orElse(lent, context, (error) => {
        const { usage } = context.metrics.measured()
        if (usage !== undefined || error.partial) steps.failed(error)
        context.metrics.reroute(reason)
        return proceed(withNote(context, failedNote(error.kind)))
      })
    }
  }

  /** The answer of a model with a search of its provider. */
  async function* byModel(
    written: string,
    context: RequestContext,
    { proceed }: SearchSteps,
  ): Chunks {
    const candidates = await searchers(written, context)
    context.metrics.reroute(REASON)
    yield* inTime(
      (signal) => proceed({ ...context, candidates, signal }),
      context.signal,
      parts.limits?.modelMs ?? LIMITS.modelMs,
    )
  }

  /**
   * The model with each key of its provider. No `fallback` takes its place: what a conversation searches
   * for goes only to what `Lend` names, in sessions of a preference too.
   * @throws GatewayError if the config has no such model, or it has no search.
   */
  async function searchers(
    written: string,
    { request }: RequestContext,
  ): Promise<RequestContext['candidates']> {
    const route = routeTo(written, REASON, request, parts.config)
    if (route === undefined) throw unusable(`"${written}" is no configured model`)
    const candidates = (await parts.targets).of([route.choices[0]])
    if (webSearchOf(candidates[0], request) !== 'no') return candidates
    throw unusable(`${candidates[0].model} has no web search`)
  }

  async function* byService(
    service: SearchServiceConfig,
    search: PureSearch,
    { context, steps }: { readonly context: RequestContext; readonly steps: SearchSteps },
  ): Chunks {
    const { request, metrics, signal } = context
    const { service: name } = service
    const target = searchTarget(service)
    metrics.attempt(target, target)
    metrics.reroute(REASON)
    await steps.reserve?.(name, costOf(tokensOf(ONE_SEARCH), searchPrice(service)?.price))
    const limitMs = parts.limits?.serviceMs ?? LIMITS.serviceMs
    const pages = await pagesFrom(service, search, { ...parts, signal, limitMs, retries })
    metrics.usage(ONE_SEARCH)
    metrics.stopped('end_turn')
    const events = searchAnswer(request, pages, SEARCH_SERVICES[name].title)
    yield request.stream === true ? serialize(events) : JSON.stringify(await collect(batch(events)))
  }

  /** The answer that was lent; another one where that fails before it begins. */
  async function* orElse(
    lent: Chunks,
    { metrics, signal }: RequestContext,
    other: (error: GatewayError) => Chunks,
  ): Chunks {
    let begun: IteratorResult<string | Uint8Array>
    try {
      begun = await lent.next()
    } catch (thrown) {
      const error = asGatewayError(thrown)
      if (signal.aborted) throw error
      const { kind, status } = error
      if (kind === 'timeout_error') hung.failed(REASON)
      parts.log.warn({ kind, status, cause: error.cause }, `Lend.webSearch: ${error.message}`)
      const lane = metrics.candidateName || REASON
      if (metrics.traced().hops.at(-1)?.lane !== lane) metrics.hop({ lane, kind, status })
      yield* other(error)
      return
    }
    hung.succeeded(REASON)
    yield* resumed(begun, lent)
  }
}

/**
 * Who searches for a request instead of its target, as `provider,model`; undefined where the request is
 * no search, its target has one, or `Lend.webSearch` names nobody.
 */
export function searchLentBy(
  candidate: ResolvedTarget,
  request: MessagesRequest,
  { webSearch }: Config['lend'],
): string | undefined {
  if (webSearch === undefined || pureSearch(request) === undefined) return undefined
  if (webSearchOf(candidate, request) === 'yes') return undefined
  return typeof webSearch === 'string' ? webSearch : searchTarget(webSearch)
}

/** What is lent, with a limit of time for its beginning. */
async function* inTime(
  open: (signal: AbortSignal) => Chunks,
  signal: AbortSignal,
  ms: number,
): Chunks {
  const limit = new AbortController()
  const timer = setTimeout(() => limit.abort(), ms)
  const chunks = open(AbortSignal.any([signal, limit.signal]))
  let begun: IteratorResult<string | Uint8Array>
  try {
    begun = await chunks.next()
  } catch (thrown) {
    if (!limit.signal.aborted || signal.aborted) throw thrown
    const text = `the answer did not begin within ${String(ms / 1000)} s`
    throw new GatewayError('timeout_error', text, { cause: thrown })
  } finally {
    clearTimeout(timer)
  }
  yield* resumed(begun, chunks)
}

async function* resumed(begun: IteratorResult<string | Uint8Array>, chunks: Chunks): Chunks {
  try {
    if (begun.done !== true) yield begun.value
    yield* chunks
  } finally {
    await chunks.return(undefined)
  }
}

async function* batch<T>(events: T): AsyncGenerator<T> {
  yield await Promise.resolve(events)
}

function unusable(what: string): GatewayError {
  return new GatewayError('invalid_request_error', what)
}

// --- What the model of the request is told where nothing searched ---

const NOT_SET =
  '[No web search took place: nothing is set that searches for models without a web search. ' +
  'Tell the user that "Lend": { "webSearch": "provider,model" } in the config of ccr names a model that does, ' +
  'and that a search service (SearXNG, Brave, Tavily) can stand in its place.]'

const WHY: Partial<Readonly<Record<ErrorKind, string>>> = {
  authentication_error: 'its key is missing or was refused',
  permission_error: 'it refused the search',
  billing_error: 'its plan or a budget is used up',
  rate_limit_error: 'it takes no more searches for the moment',
  overloaded_error: 'it is overloaded',
  timeout_error: 'it took too long',
}

/** In words of ccr alone: those of the service may be anybody's. */
function failedNote(kind: ErrorKind): string {
  const why = WHY[kind] ?? 'it could not be reached, or gave nothing that can be used'
  return (
    `[No web search took place: what Lend.webSearch in the config of ccr names failed, because ${why}. ` +
    'Tell the user so, and that `ccr logs` has the cause.]'
  )
}

/** The request with a note for its model, behind what the user wants to know. */
function withNote(context: RequestContext, content: string): RequestContext {
  const { request } = context
  const messages = [...request.messages, { role: 'user', content }]
  return { ...context, request: { ...request, messages }, bytes: undefined }
}
