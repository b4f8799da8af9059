/** What a session knows of a request before it is sent: the request itself, its route, its client. */
import type { IncomingMessage } from 'node:http'
import type { Config } from '../config/config.ts'
import type { Logger } from '../lib/log.ts'
import { once } from '../lib/once.ts'
import type { MessagesRequest } from '../messages/request.ts'
import { mentionsOf } from '../routing/tag.ts'
import type { RequestExtensions } from '../user-code/request-extensions.ts'
import { refuseAnthropicOnly } from './anthropic-only.ts'
import {
  type Client,
  clientHeaders,
  type ClientIdentity,
  clientQuery,
  hintsOf,
} from './client-headers.ts'
import { createIgnoredTags } from './ignored-tags.ts'
import type { BytesOf, RequestCache } from './incremental/request-cache.ts'
import { checkVia } from './loop-detection.ts'
import { routeOf, type RoutingParts } from './route-request.ts'
import type { ResolvedTarget, Targets } from './targets/targets.ts'
import { RequestMetrics } from './telemetry/request-metrics.ts'
import type { RouteTrace } from './telemetry/route-trace.ts'
import { ANY_TARGET, type Estimator, type Size, sizeOf } from './tokens/estimator.ts'
import type { Counts } from './tokens/token-counts.ts'

/** A request with its route and everything that an attempt needs. */
export interface RequestContext {
  readonly request: MessagesRequest
  /** The body as it came, unless the request was changed since: a routing tag was taken out. */
  readonly bytes: Uint8Array | undefined
  /** Writes what is sent to a target; absent: `JSON.stringify`. */
  readonly bytesOf?: BytesOf | undefined
  readonly client: Client
  /** In the order in which the route names them. */
  readonly candidates: readonly [ResolvedTarget, ...ResolvedTarget[]]
  /** By the client's header; undefined for clients that send none. */
  readonly conversation: string | undefined
  readonly metrics: RequestMetrics
  readonly size: Size
  /** Aborts when the client hangs up. */
  readonly signal: AbortSignal
  /** The sessions that the request has come through. */
  readonly via: string
  /** What was put in another way before the attempt, as `x-ccr-dropped` names it; absent: nothing. */
  readonly replaced?: readonly string[]
  /** A request of this one with its images described, for a target that refuses them; absent: nobody can. */
  readonly describeImages?: DescribeImages | undefined
}

/** Gives the request without images, and what was done, as `x-ccr-dropped` names it. */
export type DescribeImages = (request: MessagesRequest) => Promise<{
  readonly request: MessagesRequest
  readonly dropped: readonly string[]
}>

export interface RequestContextParts {
  readonly config: Config
  readonly session: RoutingParts['session'] & { readonly id: string }
  readonly log: Logger
  readonly extensions: RequestExtensions
  readonly targets: Promise<Targets>
  readonly requests: Pick<RequestCache, 'read'>
  readonly estimator: Estimator
  readonly weighed: Counts['weighed']
}

/** A request as the server hands it on. */
export interface IncomingRequest {
  readonly req: IncomingMessage
  readonly body: Buffer
  readonly client: ClientIdentity
  /** Aborts when the client hangs up. */
  readonly signal: AbortSignal
  readonly trace?: RouteTrace
}

/** @throws GatewayError for what is no request, or names no model that can be used. */
export type RequestContextFactory = (incoming: IncomingRequest) => Promise<RequestContext>

export function requestContextFactory(parts: RequestContextParts): RequestContextFactory {
  const { session, estimator, log } = parts
  const ignoredTags = createIgnoredTags(log)
  const warnOnce = once((text) => log.warn({}, text))
  return async ({ req, body, client, signal, trace }) => {
    const { headers, url } = req
    const via = checkVia(headers, session.id)
    const { sent, received, hasTag, bytesOf } = parts.requests.read(body)
    const size = sizeOf(received, body.length)
    const hints = hintsOf(client, estimator.estimate(ANY_TARGET, size))
    const mentions = hasTag ? mentionsOf(received, hints) : []
    trace?.received({ request: received, hints, mentions }, size)
    const routed = { request: received, client, headers, hints, url }
    const route = await routeOf(routed, parts)
    trace?.routed(route)
    if (hasTag) ignoredTags.report(mentions, { routed, route })
    const { request, reason, choices, note } = route
    if (note !== undefined) warnOnce(note)
    const candidates = (await parts.targets).of(choices)
    refuseAnthropicOnly(request, candidates)
    return {
      request,
      bytes: request === sent ? body : undefined,
      bytesOf,
      client: { headers: clientHeaders(headers), query: clientQuery(url) },
      candidates,
      conversation: client.conversation,
      metrics: new RequestMetrics(reason),
      size,
      signal,
      via,
    }
  }
}
