import type { IncomingMessage } from 'node:http'
import type { Config } from '../config/config.ts'
import type { RequestExtensions } from '../user-code/request-extensions.ts'
import type { Logger } from '../lib/log.ts'
import { type MessagesRequest, parseRequest } from '../messages/request.ts'
import { mayHoldHalves, wellFormed } from '../messages/lone-surrogates.ts'
import { checkVia } from './loop-detection.ts'
import { type Client, clientHeaders, clientQuery, headerOf } from './client-headers.ts'
import type { Counts } from './tokens/token-counts.ts'
import { ANY_TARGET, type Estimator, type Size, sizeOf } from './tokens/estimator.ts'
import type { Targets, ResolvedTarget } from './targets/targets.ts'
import { RequestMetrics } from './telemetry/request-metrics.ts'
import type { Reservation } from '../budget/budget-guard.ts'
import { createIgnoredTags } from './ignored-tags.ts'
import { hintsOf, type RouteTrace } from './telemetry/route-trace.ts'
import { routeOf, type RoutingParts } from './route-request.ts'
import { mentionsOf, TAG } from '../routing/tag.ts'

/** A request with its route and everything that an attempt needs. */
export interface Prepared {
  readonly request: MessagesRequest
  /** As it came, unless a routing tag was taken out. */
  readonly bytes: Uint8Array | undefined
  readonly client: Client
  readonly lanes: readonly [ResolvedTarget, ...ResolvedTarget[]]
  /** The client's id of its thread of messages. */
  readonly conversation: string | undefined
  readonly meter: RequestMetrics
  /** What is set aside for it. */
  readonly payment: { current?: Reservation }
  readonly size: Size
  readonly signal: AbortSignal
  /** The sessions that it has come through. */
  readonly via: string
}

export interface PrepareParts {
  readonly config: Config
  readonly session: RoutingParts['session'] & { readonly id: string }
  readonly log: Logger
  readonly extensions: RequestExtensions
  readonly lanes: Promise<Targets>
  readonly estimator: Estimator
  readonly weighed: Counts['weighed']
}

export interface Incoming {
  readonly req: IncomingMessage
  readonly body: Buffer
  /** Aborts when the client hangs up. */
  readonly signal: AbortSignal
  readonly trace?: RouteTrace
}

/** @throws GatewayError for what is no request, or names no model that can be asked. */
export type Prepare = (incoming: Incoming) => Promise<Prepared>

export function preparer(parts: PrepareParts): Prepare {
  const { session, estimator, log } = parts
  const mentions = createIgnoredTags(log)
  const sayOnce = once((text) => log.warn({}, text))
  return async ({ req, body, signal, trace }) => {
    const via = checkVia(req.headers, session.id)
    const sent = parseRequest(body.toString('utf8'))
    const asked = mayHoldHalves(body) ? wellFormed(sent) : sent
    const size = sizeOf(asked, body.length)
    const hints = hintsOf(req.headers, estimator.estimate(ANY_TARGET, size))
    const text = body.includes(TAG) ? mentionsOf(asked, hints) : []
    trace?.asked({ request: asked, hints, mentions: text }, size)
    const { headers, url } = req
    const whole = { request: asked, headers, hints, url }
    const route = await routeOf(whole, parts)
    trace?.routed(route)
    if (body.includes(TAG)) mentions.tell(text, { asked: whole, route })
    const { request, reason, choices, note } = route
    if (note !== undefined) sayOnce(note)
    return {
      request,
      bytes: request === sent ? body : undefined,
      client: { headers: clientHeaders(req.headers), query: clientQuery(req.url) },
      lanes: (await parts.lanes).of(choices),
      conversation: headerOf(req, 'x-claude-code-session-id'),
      meter: new RequestMetrics(reason),
      payment: {},
      size,
      signal,
      via,
    }
  }
}

/** Texts that are remembered: a client may name any number of models. */
const MOST_TEXTS = 1_000

/** Says a text the first time. */
function once(say: (text: string) => void): (text: string) => void {
  const texts = new Set<string>()
  return (text) => {
    if (texts.has(text) || texts.size >= MOST_TEXTS) return
    texts.add(text)
    say(text)
  }
}
