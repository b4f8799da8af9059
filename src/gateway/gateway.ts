import { formatModelRef } from '../lib/model-ref.ts'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Config } from '../config/config.ts'
import { createRequestExtensions } from '../user-code/request-extensions.ts'
import { namedTools } from '../protocols/tools.ts'
import type { Logger } from '../lib/log.ts'
import { collect } from '../messages/collect.ts'
import { asGatewayError } from '../messages/error.ts'
import { serialize, type StreamEvent } from '../messages/events.ts'
import { requestWithout } from '../messages/request-fallback.ts'
import type { RequestRow } from '../store/ledger.ts'
import type { Store } from '../store/store.ts'
import { timeoutsFrom } from '../upstream/timeouts.ts'
import { postForm } from '../upstream/post-form.ts'
import { createUpstream } from '../upstream/send.ts'
import { authoritiesOf } from '../upstream/tls.ts'
import { withViaHeader } from './loop-detection.ts'
import { createCounts } from './tokens/token-counts.ts'
import {
  requestIdentity,
  type Ended,
  usageRecord,
  estimatedCost,
  named,
  pricesOf,
} from './telemetry/usage-record.ts'
import { createOpenStreams, GRACE, SHORT_GRACE } from './attempt/stream-decoder.ts'
import { ANY_TARGET, createEstimator } from './tokens/estimator.ts'
import { type Exchange, translate } from './attempt/translate.ts'
import { failover, pause, type Time } from './targets/failover.ts'
import { createCircuitBreaker } from './targets/circuit-breaker.ts'
import { createTargets, type ResolvedTarget } from './targets/targets.ts'
import { modelsAnswer } from './models.ts'
import { originalFor, passThrough } from './attempt/forward.ts'
import { type Prepared, preparer } from './request-context.ts'
import { withKeyOrigin } from './targets/refused-key.ts'
import { transformedWire } from './attempt/user-transformers.ts'
import type { BudgetGuard } from '../budget/budget-guard.ts'
import { createRefusalMemory } from './attempt/retry-without.ts'
import { pump, type Reply, sendError } from './reply.ts'
import { accountsOf, createSharedBreaker } from './targets/shared-breaker.ts'
import { createConversationAffinity } from './targets/affinity.ts'
import { createTokenCounter } from './tokens/tokenizer-thread.ts'
import { type RouteRecord, RouteTrace } from './telemetry/route-trace.ts'

/** The session that a gateway answers for. */
export interface GatewaySession {
  readonly id: string
  readonly preference: string
  /** The model name under which the client asks for the session's own model. */
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
  /** Hears where each request for messages went, once it has ended. */
  readonly onRoute?: (record: RouteRecord) => void
  /** Hears what each request for messages took, once it has ended. */
  readonly onRequest?: (row: RequestRow) => void
  /** What all sessions of the home share. */
  readonly store?: Store
  /** Who keeps the budgets; undefined where there are none. */
  readonly purse?: () => BudgetGuard | undefined
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

const TIME: Time = { now: () => performance.now(), pause }

/** Everything between the server and the providers, for one session. */
export function createGateway(parts: GatewayParts): Gateway {
  const { config, session, log, env = {}, sessionPort, onRoute, onRequest, purse, store } = parts
  const upstream = createUpstream({
    limits: timeoutsFrom(config),
    authorities: authoritiesOf(config),
    network: { proxyUrl: config.proxyUrl, env },
    sessionPort,
    note: (text) => log.warn({}, text),
  })
  const timing = { pingAfterMs: config.pingAfterMs, pingEveryMs: PING_EVERY_MS }
  const extensions = createRequestExtensions({ config, env, log })
  const lanes = extensions.transformers.then((own) =>
    createTargets(config, { env, post: postForm(upstream), restart: session.restart }, own),
  )
  const estimator = createEstimator()
  const counter = createTokenCounter({ log })
  const counts = createCounts({ counter, estimator, upstream, log })
  const own = createCircuitBreaker(Date.now)
  const health = store ? createSharedBreaker({ own, store, accountOf: accountsOf(config) }) : own
  const budget = { ...config.retry, moveOnWithinMs: config.apiTimeoutMs }
  const sticky = createConversationAffinity<ResolvedTarget>()
  const refusals = createRefusalMemory(Date.now)
  const openStreams = createOpenStreams(TIME.now)
  const counters = { served: 0, running: 0, dropped: 0 }
  const prices = pricesOf(config)
  const origin = { config, env, restart: session.restart ?? 'ccr restart' }
  const prepare = preparer({ ...parts, extensions, lanes, estimator, weighed: counts.weighed })

  /** One try of one lane; the upstream is asked when its first chunk is. */
  function open(prepared: Prepared, lane: ResolvedTarget): AsyncGenerator<string | Uint8Array> {
    const { request, client, meter, size, signal } = prepared
    const { provider, target, api, own } = lane
    const name = formatModelRef(target)
    meter.asking(lane.name, name)
    const exchange: Exchange = {
      request,
      provider,
      target,
      upstream: withViaHeader(upstream, prepared.via),
      signal,
      inputEstimate: estimator.estimate(name, size),
      onUsage: (usage, charged) => {
        meter.usage(usage, charged)
        estimator.learn(name, size, meter.inputTokens)
        estimator.learn(ANY_TARGET, size, meter.inputTokens)
      },
      onStop: (reason) => meter.stopped(reason),
      onDropped: (names) => meter.dropped(names),
      refused: refusals.of(name),
      onRefused: (what) => refusals.learn(name, what),
      grace: {
        ...(openStreams.has(name) ? SHORT_GRACE : GRACE),
        onSilence: () => openStreams.learn(name),
      },
      own: own && transformedWire({ ...own, request, headers: client.headers }),
    }
    if (api.kind === 'forward') {
      const original = originalFor(target, api.rewrite, prepared)
      return passThrough({ ...exchange, dialect: api.dialect }, original, client.query)
    }
    const bare = requestWithout(request, exchange.refused)
    const named = namedTools(bare.request)
    const encoded = api.protocol.encode(named.request, target)
    meter.dropped([...bare.dropped, ...encoded.dropped])
    const events = translate({ ...exchange, ...named }, api.protocol, encoded)
    return request.stream === true ? serialized(events) : collected(events)
  }

  /** The same, once the budgets allow it. */
  async function* allowed(
    prepared: Prepared,
    lane: ResolvedTarget,
    keeper: BudgetGuard,
  ): AsyncGenerator<string | Uint8Array> {
    const { request, meter, payment, size } = prepared
    meter.lane(lane.name, lane.model)
    payment.current?.settle()
    const tokens = estimator.estimate(lane.model, size)
    const estimate = estimatedCost(request, tokens, prices(lane.model))
    payment.current = await keeper.reserve(lane.target.provider, estimate)
    yield* open(prepared, lane)
  }

  function replyTo(prepared: Prepared): Reply {
    const { request, lanes: all, conversation, meter, signal } = prepared
    const streamed = request.stream === true
    const keeper = purse?.()
    return {
      streamed,
      contentType: streamed ? 'text/event-stream; charset=utf-8' : 'application/json',
      headers: () => ({ 'x-ccr-session': session.id, ...meter.headers() }),
      chunks: failover({
        lanes: sticky.order(conversation, all),
        open: (lane) => (keeper ? allowed(prepared, lane, keeper) : open(prepared, lane)),
        health,
        budget,
        onHop: (hop) => meter.hop(hop),
        worded: (error, lane) => withKeyOrigin(error, lane, origin),
        onGivenUp: ({ name, model }) => meter.lane(name, model),
        signal,
        time: TIME,
      }),
    }
  }

  async function messages(req: IncomingMessage, res: ServerResponse, body: Buffer): Promise<void> {
    counters.running += 1
    const trace = new RouteTrace({ config, session })
    const asked = requestIdentity(req.headers, Date.now())
    try {
      const prepared = await prepare({ req, body, signal: hangUp(res), trace })
      const { meter, payment, conversation, signal, lanes } = prepared
      const error = await pump(meter.watch(replyTo(prepared)), res, timing)
      counters.dropped += meter.droppedCount
      if (error === undefined) sticky.keep(conversation, lanes, meter.laneName)
      meter.end(log, { error, hungUp: signal.aborted })
      remember(trace.end(error, meter.traced()))
      const who = named(asked, prepared.request)
      const row = enter({ asked: who, measured: meter.measured(), error, hungUp: signal.aborted })
      payment.current?.settle(row)
    } catch (thrown) {
      refuse(thrown, res)
      const error = asGatewayError(thrown)
      remember(trace.end(error))
      enter({ asked, measured: undefined, error, hungUp: false })
    } finally {
      counters.running -= 1
      counters.served += 1
    }
  }

  function remember(record: RouteRecord | undefined): void {
    if (record) onRoute?.(record)
  }

  function enter(ended: Omit<Ended, 'session' | 'at'>): RequestRow {
    const row = usageRecord({ ...ended, session, at: Date.now() }, prices)
    onRequest?.(row)
    return row
  }

  async function countTokens(
    req: IncomingMessage,
    res: ServerResponse,
    body: Buffer,
  ): Promise<void> {
    try {
      const prepared = await prepare({ req, body, signal: hangUp(res) })
      sendJson(res, { input_tokens: await counts.of(prepared) })
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
    models: (req, res) => sendJson(res, modelsAnswer(config, req.url ?? '')),
    counters,
    async close() {
      counter.close()
      await Promise.all([upstream.close(), extensions.close()])
    },
  }
}

async function* serialized(batches: AsyncIterable<readonly StreamEvent[]>): AsyncGenerator<string> {
  for await (const events of batches) if (events.length > 0) yield serialize(events)
}

async function* collected(batches: AsyncIterable<readonly StreamEvent[]>): AsyncGenerator<string> {
  yield JSON.stringify(await collect(batches))
}

/** Aborts when the client goes away before its answer is finished. */
function hangUp(res: ServerResponse): AbortSignal {
  const abort = new AbortController()
  res.once('close', () => {
    if (!res.writableFinished) abort.abort()
  })
  return abort.signal
}

function sendJson(res: ServerResponse, value: object): void {
  const body = JSON.stringify(value)
  res.writeHead(200, {
    'content-type': 'application/json',
    'content-length': Buffer.byteLength(body),
  })
  res.end(body)
}
