/** What may be told of a request's route: facts, never a word of its prompt. */
import type { IncomingHttpHeaders } from 'node:http'
import type { MessagesRequest } from '../../messages/request.ts'
import type { Rule } from '../../routing/explain.ts'
import { NAMED_MODEL } from '../../routing/resolve.ts'
import type { Hints } from '../../routing/scenario.ts'
import type { Size } from '../tokens/estimate.ts'

export interface RequestFacts {
  /** As the client asked for it. */
  readonly model: string
  /** `x-claude-code-request-class`; null for clients that do not say. */
  readonly requestClass: string | null
  readonly stream: boolean
  readonly messages: number
  readonly tools: number
  readonly images: number
  /** Of JSON text, images left out. */
  readonly bytes: number
  /** Estimated. */
  readonly tokens: number
}

export function factsOf(request: MessagesRequest, size: Size, hints: Hints): RequestFacts {
  return {
    model: request.model,
    requestClass: hints.requestClass ?? null,
    stream: request.stream === true,
    messages: request.messages.length,
    tools: request.tools?.length ?? 0,
    images: size.images,
    bytes: size.bytes,
    tokens: hints.tokens,
  }
}

/** What routing goes by besides the body. */
export function hintsOf(headers: IncomingHttpHeaders, tokens: number): Hints {
  return {
    requestClass: one(headers['x-claude-code-request-class']),
    agentId: one(headers['x-claude-code-agent-id']),
    namedModel: one(headers[NAMED_MODEL]),
    tokens,
  }
}

function one(value: string | string[] | undefined): string | undefined {
  return Array.isArray(value) ? value[0] : value
}

export type TracedRule = Rule & { readonly taken?: true }

/** The rules with the one marked that a route's reason (`think: plan mode`) comes from. */
export function markTaken(rules: readonly Rule[], reason: string | undefined): TracedRule[] {
  const own = reason?.replace(/^project: /, '')
  const taken = rules.find(
    ({ rule }) => own === rule || own?.startsWith(`${rule}:`) || own?.startsWith(`${rule} (`),
  )
  return rules.map((rule) => (rule === taken ? { ...rule, taken: true } : rule))
}
