import { formatModelRef } from '../../lib/model-ref.ts'
import type { GatewayError } from '../../messages/error.ts'
import { claimRules, type Question, routerRules, type Rule } from '../../routing/explain.ts'
import { NAMED_MODEL, type Route } from '../../routing/resolve.ts'
import type { Size } from '../tokens/estimator.ts'
import type { Hop } from '../targets/failover.ts'
/** What may be told of a request's route: facts, never a word of its prompt. */
import type { IncomingHttpHeaders } from 'node:http'
import type { MessagesRequest } from '../../messages/request.ts'
import type { Hints } from '../../routing/scenario.ts'

/** Where a request went and why; not a word of what it said. */
export interface RouteRecord {
  /** When it ended, ISO 8601. */
  readonly at: string
  readonly request: RequestFacts
  /** The rules that were asked; the last one took the request. */
  readonly rules: readonly TracedRule[]
  /** As in `x-ccr-route`; null when it went nowhere. */
  readonly route: string | null
  readonly note: string | null
  /** `provider,model`, those to fall back on after the first. */
  readonly targets: readonly string[]
  /** The target that was asked last; null when none was. */
  readonly asked: string | null
  readonly dropped: readonly string[]
  /** The targets that failed before. */
  readonly hops: readonly Hop[]
  readonly status: number
  readonly error: string | null
}

/** What became of a request once it had a route. */
export interface Traced {
  readonly asked: string | null
  readonly dropped: readonly string[]
  readonly hops: readonly Hop[]
}

const NOTHING: Traced = { asked: null, dropped: [], hops: [] }

/** Follows one request; the record is made when it has ended, so that nobody waits for it. */
export class RouteTrace {
  readonly #config: Pick<Question, 'config' | 'session'>
  #question: Question | undefined
  #size: Size | undefined
  #route: Route | undefined

  constructor(config: Pick<Question, 'config' | 'session'>) {
    this.#config = config
  }

  asked(request: Pick<Question, 'request' | 'hints' | 'mentions'>, size: Size): void {
    this.#question = { ...this.#config, ...request }
    this.#size = size
  }

  routed(route: Route): void {
    this.#route = route
  }

  /** The record; undefined for what was no request at all. */
  end(error: GatewayError | undefined, traced = NOTHING): RouteRecord | undefined {
    const [question, size, route] = [this.#question, this.#size, this.#route]
    if (question === undefined || size === undefined) return undefined
    return {
      at: new Date().toISOString(),
      request: factsOf(question.request, size, question.hints),
      rules: askedRules(question, route?.reason),
      ...(route === undefined ? NOWHERE : routeFacts(route)),
      ...traced,
      status: error?.status ?? 200,
      error: error?.message ?? null,
    }
  }
}

type Routed = Pick<RouteRecord, 'route' | 'note' | 'targets'>

const NOWHERE: Routed = { route: null, note: null, targets: [] }

function routeFacts({ reason, note, choices }: Route): Routed {
  return { route: reason, note: note ?? null, targets: choices.map(formatModelRef) }
}

/** All rules up to the one that the reason names. */
function askedRules(question: Question, reason: string | undefined): TracedRule[] {
  const rules: Rule[] = []
  for (const rule of claimRules(question)) {
    rules.push(rule)
    if (rule.rule === reason) return markTaken(rules, reason)
  }
  const own = ownRule(reason)
  if (own) return [...rules, { ...own, taken: true }]
  for (const rule of routerRules(question)) {
    rules.push(rule)
    const told = markTaken(rules, reason)
    if (told.at(-1)?.taken) return told
  }
  return rules
}

/** Of the user's own routers only what they said is known. */
function ownRule(reason: string | undefined): Rule | undefined {
  if (reason === 'custom router') return { rule: reason, fits: true, why: 'it names the model' }
  if (reason?.startsWith('project: ') !== true) return undefined
  return { rule: 'project', fits: true, why: reason.slice('project: '.length) }
}

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
