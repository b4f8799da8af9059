/**
 * Everything between the server and the providers, for one session.
 *
 * The client pulls its answer through this chain. Each step pulls from the one above it:
 *
 *     provider    one HTTP call                                    upstream/send.ts
 *        │ bytes
 *     attempt     one candidate: translated or forwarded           attempt/attempt.ts
 *        │ chunks: whole events, or pieces of one JSON document
 *     lending     descriptions of images, for one without them     lending/described-attempt.ts
 *        │
 *     reserve     money for the attempt, where there are budgets   budget/request-reservation.ts
 *        │
 *     failover    the next candidate while nothing has come        targets/session-failover.ts
 *        │
 *     lending     a web search for a model that has none           lending/web-search.ts
 *        │
 *     pump        status line, pings, back-pressure, errors        reply.ts
 *        │
 *     client
 */
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { BudgetGuard } from '../budget/budget-guard.ts'
import { RequestReservation } from '../budget/request-reservation.ts'
import type { Config } from '../config/config.ts'
import type { Logger } from '../lib/log.ts'
import { sendJson } from '../lib/send-json.ts'
import { asGatewayError } from '../messages/error.ts'
import type { RequestRow } from '../store/ledger.ts'
import type { Store } from '../store/store.ts'
import { postForm } from '../upstream/post-form.ts'
import { createUpstream } from '../upstream/send.ts'
import { timeoutsFrom } from '../upstream/timeouts.ts'
import { authoritiesOf } from '../upstream/tls.ts'
import { createRequestExtensions } from '../user-code/request-extensions.ts'
import { type Attempt, type Chunks, createAttempt } from './attempt/attempt.ts'
import { createRefusalMemory } from './attempt/retry-without.ts'
import { refusingCutPrompts } from './attempt/cut-prompts.ts'
import { clientIdentity } from './client-headers.ts'
import { describedAttempt } from './lending/described-attempt.ts'
import { createDescriptions, type Descriptions } from './lending/descriptions.ts'
import { createAskModel } from './lending/lent-request.ts'
import { createVision } from './lending/vision.ts'
import { createSearchLender } from './lending/web-search.ts'
import { createRequestCache, WITHOUT_CACHE } from './incremental/request-cache.ts'
import type { ModelReports } from './model-reports.ts'
import { modelsAnswer } from './models.ts'
import { pump, sendError } from './reply.ts'
import { type RequestContext, requestContextFactory } from './request-context.ts'
import { createSessionFailover } from './targets/session-failover.ts'
import { createTargets } from './targets/targets.ts'
import { RequestRecorder } from './telemetry/request-recorder.ts'
import type { RouteRecord } from './telemetry/route-trace.ts'
import { estimatedCost, pricesOf } from './telemetry/usage-record.ts'
import { createEstimator } from './tokens/estimator.ts'
import { createCounts } from './tokens/token-counts.ts'
import { createTokenCounter } from './tokens/tokenizer-thread.ts'

/** The session that a gateway answers for. */
export interface GatewaySession {
  readonly id: string
  readonly preference: string
  /** The model name by which the client requests the session's model. */
  readonly alias: string
  /** What the user types to restart it; `ccr restart` when absent. */
  readonly restart?: string
}

export interface GatewayParts {
  readonly config: Config
  readonly session: GatewaySession
  readonly log: Logger
  readonly env?: Readonly<Record<string, string | undefined>>
  /** The port on which the session is served, 0 as long as it is on none. */
  readonly sessionPort?: () => number
  /** Called with where each request for messages went, once it has ended. */
  readonly onRoute?: (record: RouteRecord) => void
  /** Called with the usage record of each request for messages, once it has ended. */
  readonly onRequest?: (row: RequestRow) => void
  /** What all sessions of the home share. */
  readonly store?: Store
  /** Renews what local servers report of their models; `config` holds what they reported. */
  readonly reports?: Pick<ModelReports, 'refresh' | 'first'>
  /** The guard of the budgets that are in force; undefined where there are none. */
  readonly budgetGuard?: () => BudgetGuard | undefined
  /** Descriptions of images that outlive this gateway. */
  readonly descriptions?: Descriptions
  /** Called when what was kept of a conversation is kept no longer, because it rests; bytes. */
  readonly onMemoryFreed?: (bytes: number) => void
}

export interface Counters {
  /** Requests for messages that have ended, well or not. */
  readonly served: number
  readonly running: number
  /** Fields and blocks that targets could not express. */
  readonly dropped: number
}

export interface Gateway {
  /** POST /v1/messages */
  messages(req: IncomingMessage, res: ServerResponse, body: Buffer): Promise<void>
  /** POST /v1/messages/count_tokens */
  countTokens(req: IncomingMessage, res: ServerResponse, body: Buffer): Promise<void>
  /** GET /v1/models and /v1/models/{id}. Throws GatewayError where there is no such model. */
  models(req: IncomingMessage, res: ServerResponse): void
  readonly counters: Counters
  close(): Promise<void>
}

const PING_EVERY_MS = 10_000

export function createGateway(parts: GatewayParts): Gateway {
  const { config, session, log, env = {}, store, budgetGuard } = parts
  const { restart = 'ccr restart' } = session
  const upstream = createUpstream({
    limits: timeoutsFrom(config),
    authorities: authoritiesOf(config),
    network: { proxyUrl: config.proxyUrl, env },
    sessionPort: parts.sessionPort,
    note: (text) => log.warn({}, text),
  })
  const timing = { pingAfterMs: config.pingAfterMs, pingEveryMs: PING_EVERY_MS }
  const extensions = createRequestExtensions({ config, env, log })
  const targets = extensions.transformers.then((userTransformers) =>
    createTargets(config, { env, post: postForm(upstream), restart }, userTransformers),
  )
  const estimator = createEstimator()
  const counter = createTokenCounter({ log })
  const counts = createCounts({ counter, estimator, upstream, log })
  const { weighed } = counts
  const requests = config.requestCache ? createRequestCache(parts) : WITHOUT_CACHE
  const contextOf = requestContextFactory({
    ...parts,
    extensions,
    targets,
    requests,
    estimator,
    weighed,
  })
  const refusals = createRefusalMemory(Date.now)
  const { reports } = parts
  const sending = createAttempt({ upstream, estimator, refusals })
  const attempt = reports
    ? refusingCutPrompts(sending, { providers: config.providers, reports, estimator })
    : sending
  const failover = createSessionFailover({ config, store, env, restart })
  const lentSearch = createSearchLender({ config, targets, upstream, env, log })
  const prices = pricesOf(config)
  const recorderParts = { ...parts, prices }
  const ask = createAskModel({
    targets,
    answer: (context, reservation) => chunksOf(context, attempt, reservation),
    budgetGuard,
    recorder: recorderParts,
  })
  const { descriptions = createDescriptions() } = parts
  const vision = createVision({
    ...parts,
    routerOf: (conversation) => extensions.routerOf(conversation),
    ask,
    targets,
    refusals,
    descriptions,
  })
  const attemptDescribed = describedAttempt(attempt, vision)
  const counters = { served: 0, running: 0, dropped: 0 }

  async function messages(req: IncomingMessage, res: ServerResponse, body: Buffer): Promise<void> {
    counters.running += 1
    const client = clientIdentity(req.headers)
    const recorder = new RequestRecorder(client, recorderParts)
    const { trace } = recorder
    try {
      await answer(
        await contextOf({ req, body, client, signal: hangUp(res), trace }),
        res,
        recorder,
      )
    } catch (thrown) {
      refuse(thrown, res)
      recorder.refused(asGatewayError(thrown))
    } finally {
      counters.running -= 1
      counters.served += 1
    }
  }

  /** Pulls the answer through the chain, to the client. */
  async function answer(
    context: RequestContext,
    res: ServerResponse,
    recorder: RequestRecorder,
  ): Promise<void> {
    const { request, metrics } = context
    const guard = budgetGuard?.()
    const reservation = guard && new RequestReservation(guard)
    const streamed = request.stream === true
    let row: RequestRow | undefined
    try {
      const chunks = lentSearch(context, {
        proceed: (context) => chunksOf(context, attemptDescribed, reservation),
        reserve: reservation && ((provider, usd) => reservation.reserve(provider, usd)),
        failed(error) {
          const row = recorder.lentInVain(context, error)
          reservation?.settle(row)
        },
      })
      const error = await pump(
        {
          streamed,
          contentType: streamed ? 'text/event-stream; charset=utf-8' : 'application/json',
          headers: () => ({ 'x-ccr-session': session.id, ...metrics.headers() }),
          chunks,
          onChunk: () => metrics.arrived(),
        },
        res,
        timing,
      )
      counters.dropped += metrics.droppedCount
      if (error === undefined) failover.answered(context)
      row = recorder.ended(context, error)
    } finally {
      reservation?.settle(row)
    }
  }

  /** The chunks of the first candidate that gives any; each attempt needs the budgets' leave. */
  function chunksOf(
    context: RequestContext,
    begin: Attempt,
    reservation: RequestReservation | undefined,
  ): Chunks {
    const open = reservation === undefined ? begin : reserved(begin, reservation)
    return failover.answer(context, (candidate) => open(context, candidate))
  }

  /** An attempt, once the budgets allow it. */
  function reserved(begin: Attempt, reservation: RequestReservation): Attempt {
    return async function* (context, candidate) {
      const { request, metrics, size } = context
      const { name, model, target } = candidate
      metrics.candidate(name, model)
      const tokens = estimator.estimate(model, size)
      await reservation.reserve(target.provider, estimatedCost(request, tokens, prices(model)))
      yield* begin(context, candidate)
    }
  }

  async function countTokens(
    req: IncomingMessage,
    res: ServerResponse,
    body: Buffer,
  ): Promise<void> {
    try {
      const client = clientIdentity(req.headers)
      const context = await contextOf({ req, body, client, signal: hangUp(res) })
      const counted = await vision.counted(context, context.candidates[0])
      sendJson(res, 200, { input_tokens: await counts.of({ ...context, ...counted }) })
    } catch (thrown) {
      refuse(thrown, res)
    }
  }

  /** The answer to a request that never reached a provider. */
  function refuse(thrown: unknown, res: ServerResponse): void {
    const error = asGatewayError(thrown)
    log.warn({ kind: error.kind, status: error.status, cause: error.cause }, error.message)
    if (res.headersSent) res.end()
    else sendError(error, res, { 'x-ccr-session': session.id })
  }

  return {
    messages,
    countTokens,
    models: (req, res) => sendJson(res, 200, modelsAnswer(config, req.url ?? '')),
    counters,
    async close() {
      counter.close()
      requests.clear()
      await Promise.all([upstream.close(), extensions.close()])
    },
  }
}

/** Aborts when the client goes away before its answer is finished. */
function hangUp(res: ServerResponse): AbortSignal {
  const abort = new AbortController()
  res.once('close', () => {
    if (!res.writableFinished) abort.abort()
  })
  return abort.signal
}
