import type { IncomingHttpHeaders } from 'node:http'
import { isDeepStrictEqual } from 'node:util'
import type { Config } from '../config/config.ts'
import type { RequestExtensions } from '../user-code/request-extensions.ts'
import { conversationId } from '../protocols/request-fields.ts'
import type { Logger } from '../lib/log.ts'
import { type MessagesRequest, parseRequest } from '../messages/request.ts'
import { pinnedRoute, type Route, routeTo, scenarioRoute, withoutTag } from '../routing/resolve.ts'
import type { Hints } from '../routing/scenario.ts'
import type { Counts } from './tokens/token-counts.ts'

/** A request as it came in. */
export interface Asked {
  readonly request: MessagesRequest
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
 * Where a request goes, and what the user's own code makes of it. The order: what the request and
 * the session name, the custom router, the project's Router, the config's.
 * @throws GatewayError when no model is named that exists.
 */
export async function routeOf(asked: Asked, parts: RoutingParts): Promise<Route> {
  const { config, session, extensions } = parts
  const isSubagent = asked.headers['x-claude-code-agent-id'] !== undefined
  const request = isSubagent ? asked.request : await extensions.withSystemPrompt(asked.request)
  const claimed = pinnedRoute(request, config, session, asked.hints)
  if (claimed) return claimed
  const { route: chosen, request: left } = await askCustomRouter({ ...asked, request }, parts)
  if (chosen) return chosen
  const router = await extensions.routerOf(clientSession(asked))
  const { hints } = asked
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
async function askCustomRouter(asked: Asked, parts: RoutingParts): Promise<CustomRoute> {
  const { config, session, extensions, log } = parts
  const { request, headers, hints, url = '/v1/messages' } = asked
  const answer = await extensions.choose?.({
    body: request,
    headers,
    url,
    method: 'POST',
    sessionId: clientSession(asked),
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

/** The client's id of its thread of messages. */
export function clientSession({ request, headers }: Asked): string | undefined {
  const header = headers['x-claude-code-session-id']
  return typeof header === 'string' ? header : conversationId(request)
}
