import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Config } from '../config/config.ts'
import type { Target } from '../formats/format.ts'
import type { Logger } from '../lib/log.ts'
import { collect } from '../messages/collect.ts'
import { asGatewayError } from '../messages/error.ts'
import { serialize } from '../messages/events.ts'
import type { StreamEvent } from '../messages/events.ts'
import { parseRequest } from '../messages/request.ts'
import type { MessagesRequest } from '../messages/request.ts'
import type { Provider } from '../providers/provider.ts'
import { resolveRoute } from '../routing/resolve.ts'
import type { Route } from '../routing/resolve.ts'
import { createUpstream } from '../upstream/send.ts'
import { clientHeaders, clientQuery } from './client.ts'
import { countRequest } from './count.ts'
import { createEstimator, sizeOf } from './estimate.ts'
import { passThrough, translate } from './exchange.ts'
import type { Exchange } from './exchange.ts'
import { Meter } from './meter.ts'
import { modelList } from './models.ts'
import { createProviders } from './providers.ts'
import { pump, sendError } from './pump.ts'
import type { Reply } from './pump.ts'

/** The session that a gateway answers for. */
export interface GatewaySession {
  readonly id: string
  readonly preference: string
  /** The model name under which the client asks for the session's own model. */
  readonly alias: string
}

export interface GatewayParts {
  readonly config: Config
  readonly session: GatewaySession
  readonly log: Logger
  readonly env?: Readonly<Record<string, string | undefined>>
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
  /** GET /v1/models */
  models(req: IncomingMessage, res: ServerResponse): void
  readonly counters: Counters
  close(): Promise<void>
}

const CONNECT_MS = 10_000
const PING_EVERY_MS = 10_000

/** Everything between the server and the providers, for one session. */
export function createGateway({ config, session, log, env = {} }: GatewayParts): Gateway {
  const upstream = createUpstream({
    timeouts: {
      connectMs: CONNECT_MS,
      firstByteMs: config.apiTimeoutMs,
      idleMs: config.apiTimeoutMs,
    },
    proxyUrl: config.proxyUrl,
    env,
  })
  const timing = { pingAfterMs: config.pingAfterMs, pingEveryMs: PING_EVERY_MS }
  const providers = createProviders(config)
  const estimator = createEstimator()
  const counters = { served: 0, running: 0, dropped: 0 }

  /** The request with its route and everything an attempt needs. */
  function prepare(req: IncomingMessage, body: Buffer, signal: AbortSignal): Prepared {
    const text = body.toString('utf8')
    const request = parseRequest(text)
    const route = resolveRoute(request, config, session)
    const provider = providers.get(route.choice.provider)
    const target: Target = { provider: provider.name, model: route.choice.model }
    const size = sizeOf(request, body.length)
    const name = `${target.provider},${target.model}`
    const exchange: Exchange = {
      request,
      body: text,
      provider,
      target,
      upstream,
      signal,
      inputEstimate: estimator.estimate(name, size),
      onUsage: (usage) => {
        meter.usage(usage)
        estimator.learn(name, size, meter.inputTokens)
      },
    }
    const meter = new Meter(name, route.reason)
    return { request, route, provider, exchange, meter, req }
  }

  async function messages(req: IncomingMessage, res: ServerResponse, body: Buffer): Promise<void> {
    counters.running += 1
    try {
      const prepared = prepare(req, body, hangUp(res))
      const reply = replyTo(prepared, session.id)
      counters.dropped += reply.dropped.length
      const error = await pump(prepared.meter.watch(reply), res, timing)
      prepared.meter.end(log, {
        error,
        dropped: reply.dropped,
        hungUp: prepared.exchange.signal.aborted,
      })
    } catch (thrown) {
      refuse(thrown, res)
    } finally {
      counters.running -= 1
      counters.served += 1
    }
  }

  async function countTokens(
    req: IncomingMessage,
    res: ServerResponse,
    body: Buffer,
  ): Promise<void> {
    try {
      const { exchange, provider } = prepare(req, body, hangUp(res))
      const tokens =
        provider.wire === undefined
          ? await countRequest(exchange, clientHeaders(req.headers), log)
          : exchange.inputEstimate
      sendJson(res, { input_tokens: tokens })
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
    models: (_req, res) => sendJson(res, modelList(config)),
    counters,
    close: () => upstream.close(),
  }
}

interface Prepared {
  readonly request: MessagesRequest
  readonly route: Route
  readonly provider: Provider
  readonly exchange: Exchange
  readonly meter: Meter
  readonly req: IncomingMessage
}

/** The reply, not begun: the upstream is asked when its first chunk is. */
function replyTo(
  { request, route, provider, exchange, req }: Prepared,
  sessionId: string,
): Reply & { readonly dropped: readonly string[] } {
  const streamed = request.stream === true
  const contentType = streamed ? 'text/event-stream; charset=utf-8' : 'application/json'
  const headers = {
    'x-ccr-session': sessionId,
    'x-ccr-model': headerText(`${exchange.target.provider},${exchange.target.model}`),
    'x-ccr-route': headerText(route.reason),
  }
  const { wire } = provider
  if (wire === undefined) {
    const client = { headers: clientHeaders(req.headers), query: clientQuery(req.url) }
    return { streamed, contentType, headers, chunks: passThrough(exchange, client), dropped: [] }
  }
  const encoded = wire.encode(request, exchange.target)
  const events = translate(exchange, wire, encoded)
  const { dropped } = encoded
  return {
    streamed,
    contentType,
    headers:
      dropped.length === 0
        ? headers
        : { ...headers, 'x-ccr-dropped': headerText(dropped.join(', ')) },
    chunks: streamed ? serialized(events) : collected(events),
    dropped,
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

/** A header can carry only visible ASCII. */
function headerText(text: string): string {
  return text.replace(/[^\x20-\x7e]/g, '?')
}

function sendJson(res: ServerResponse, value: object): void {
  const body = JSON.stringify(value)
  res.writeHead(200, {
    'content-type': 'application/json',
    'content-length': Buffer.byteLength(body),
  })
  res.end(body)
}
