/** Reads the headers of the client's request: its identity, and what goes along to a Messages API. */
import type { IncomingHttpHeaders } from 'node:http'
import type { MessagesRequest } from '../messages/request.ts'
import { percentDecoded } from '../lib/percent-decoded.ts'
import { metadataConversationId } from '../protocols/request-fields.ts'
import { NAMED_MODEL, UNMATCHED_MODEL } from '../routing/resolve.ts'
import type { Hints } from '../routing/scenario.ts'
import { VIA } from './loop-detection.ts'

/** Which client, conversation and agent a request comes from, by the headers of Claude Code. */
export interface ClientIdentity {
  /** The client's id of its thread of messages. */
  readonly conversation: string | undefined
  /** Main, subagent, auxiliary, compaction, …; undefined for clients that do not say. */
  readonly requestClass: string | undefined
  /** The id of the sub-agent; undefined for the main agent. */
  readonly agentId: string | undefined
  /** The model that the user named to `ccr code`, which found it. */
  readonly namedModel: string | undefined
  /** The same of a model that it did not find. */
  readonly unmatchedModel: string | undefined
}

export function clientIdentity(headers: IncomingHttpHeaders): ClientIdentity {
  return {
    conversation: first(headers['x-claude-code-session-id']),
    requestClass: first(headers['x-claude-code-request-class']),
    agentId: first(headers['x-claude-code-agent-id']),
    namedModel: named(headers[NAMED_MODEL]),
    unmatchedModel: named(headers[UNMATCHED_MODEL]),
  }
}

/** The conversation by the client's header, else by the `metadata` of the request. */
export function conversationIdOf(
  { conversation }: Pick<ClientIdentity, 'conversation'>,
  request: MessagesRequest,
): string | undefined {
  return conversation ?? metadataConversationId(request)
}

/**
 * What routing goes by besides the body.
 * @param tokens the estimated input.
 */
export function hintsOf(client: ClientIdentity, tokens: number): Hints {
  const { requestClass, agentId, namedModel, unmatchedModel } = client
  return { requestClass, agentId, namedModel, unmatchedModel, tokens }
}

/** The name of a model in a header, which holds other letters as a URL does. */
function named(value: string | string[] | undefined): string | undefined {
  const name = first(value)
  return name === undefined ? undefined : percentDecoded(name)
}

function first(value: string | string[] | undefined): string | undefined {
  return Array.isArray(value) ? value[0] : value
}

/** What of the client's request goes along to an upstream that speaks its protocol. */
export interface Client {
  readonly headers: Readonly<Record<string, string>>
  /** Of its URL, with the `?`. */
  readonly query: string
}

/** Headers of the client that end at this hop, or that hold its credentials. */
const HOP_BY_HOP: ReadonlySet<string> = new Set([
  'host',
  'connection',
  'keep-alive',
  'proxy-authorization',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
  'expect',
  'content-length',
  'content-type',
  'accept-encoding',
  'authorization',
  'x-api-key',
  'cookie',
  'origin',
  'referer',
  VIA,
  NAMED_MODEL,
  UNMATCHED_MODEL,
])

/**
 * The client's headers that go along to an Anthropic upstream: unknown ones too, but never its
 * credentials, and no `accept-encoding`: the answer is watched, so it must come uncompressed.
 */
export function clientHeaders(headers: IncomingHttpHeaders): Record<string, string> {
  const passed: Record<string, string> = {}
  for (const [name, value] of Object.entries(headers)) {
    if (value === undefined || HOP_BY_HOP.has(name)) continue
    passed[name] = Array.isArray(value) ? value.join(', ') : value
  }
  return passed
}

/** The query of the client's URL with its `?`, '' if there is none. */
export function clientQuery(url: string | undefined): string {
  const at = url?.indexOf('?') ?? -1
  return url === undefined || at === -1 ? '' : url.slice(at)
}
