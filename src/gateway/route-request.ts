/** Finds the route of a request, with the user's routers. */
import type { IncomingHttpHeaders } from 'node:http'
import { isDeepStrictEqual } from 'node:util'
import type { Config } from '../config/config.ts'
import type { RequestExtensions } from '../user-code/request-extensions.ts'
import type { Logger } from '../lib/log.ts'
import { type MessagesRequest, parseRequest } from '../messages/request.ts'
import { pinnedRoute, type Route, routeTo, scenarioRoute, withoutTag } from '../routing/resolve.ts'
import type { Hints } from '../routing/scenario.ts'
import { type ClientIdentity, conversationIdOf } from './client-headers.ts'
import type { Counts } from './tokens/token-counts.ts'

/** A request that needs a route. */
export interface RoutableRequest {
  readonly request: MessagesRequest
  readonly client: ClientIdentity
  /** All of them, for the custom router. */
  readonly headers: IncomingHttpHeaders
  readonly hints: Hints
  /** Path and query of the HTTP request, for the custom router; absent: `/v1/messages`. */
  readonly url?: string | undefined
}

export interface RoutingParts {
  readonly config: Config
  readonly session: { readonly preference: string; readonly alias: string }
  readonly extensions: RequestExtensions
  readonly log: Logger
  /** Counts where an estimate would not do. */
  readonly weighed?: Counts['weighed']
}

/**
 * Where a request goes, and what the user's code makes of it. The order: what the request and
 * the session name, the custom router, the project's Router, the config's.
 * @throws GatewayError when no model is named that exists.
 */
export async function routeOf(incoming: RoutableRequest, parts: RoutingParts): Promise<Route> {
  const { config, session, extensions } = parts
  const { client, hints } = incoming
  const isSubagent = client.agentId !== undefined
  const request = isSubagent
    ? incoming.request
    : await extensions.withSystemPrompt(incoming.request)
  const claimed = pinnedRoute(request, config, session, hints)
  if (claimed) return claimed
  const { route: chosen, request: left } = await askCustomRouter({ ...incoming, request }, parts)
  if (chosen) return chosen
  const router = await extensions.routerOf(conversationIdOf(client, incoming.request))
  const weighed = (await parts.weighed?.(left, hints, router ?? config.router)) ?? hints
  if (router === undefined) return scenarioRoute(left, config, session, weighed)
  const route = scenarioRoute(left, { ...config, router }, session, weighed)
  return { ...route, reason: `project: ${route.reason}` }
}

interface CustomRoute {
  readonly route?: Route | undefined
  readonly request: MessagesRequest
}

/** The custom router's route, if it has one, and the request as the router left it. */
async function askCustomRouter(
  incoming: RoutableRequest,
  parts: RoutingParts,
): Promise<CustomRoute> {
  const { config, session, extensions, log } = parts
  const { request, client, headers, hints, url = '/v1/messages' } = incoming
  const answer = await extensions.choose?.({
    body: request,
    headers,
    url,
    method: 'POST',
    sessionId: conversationIdOf(client, request),
    tokenCount: hints.tokens,
  })
  if (answer === undefined) return { request }
  const left = changed(request, answer.body, log)
  if (answer.model !== undefined) {
    const route = routeTo(answer.model, 'custom router', withoutTag(left, hints), config)
    if (route) return { route, request: left }
    log.warn({}, `the custom router names "${answer.model}", which is no configured model`)
  }
  // It may have written a provider and model into the request itself.
  const route = left === request ? undefined : pinnedRoute(left, config, session, hints)
  return { route, request: left }
}

/** What the router made of the request; the request itself where that is no request any more. */
function changed(request: MessagesRequest, body: unknown, log: Logger): MessagesRequest {
  if (body === undefined || isDeepStrictEqual(body, request)) return request
  try {
    return parseRequest(JSON.stringify(body))
  } catch (cause) {
    log.warn({ cause }, 'the custom router left no valid request; its changes are ignored')
    return request
  }
}
