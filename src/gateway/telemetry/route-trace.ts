/** The record of where a request went and why: facts, never a word of its prompt. */
import { formatModelRef } from '../../lib/model-ref.ts'
import type { GatewayError } from '../../messages/error.ts'
import { claimRules, type Question, routerRules, type Rule } from '../../routing/explain.ts'
import type { Route } from '../../routing/resolve.ts'
import type { Size } from '../tokens/estimator.ts'
import type { Hop } from '../targets/failover.ts'
import type { MessagesRequest } from '../../messages/request.ts'
import type { Hints } from '../../routing/scenario.ts'

/** An entry of `/control/routes`. */
export interface RouteRecord {
  /** When it ended, ISO 8601. */
  readonly at: string
  readonly request: RequestSummary
  /** The rules that were tried; the last one took the request. */
  readonly rules: readonly TracedRule[]
  /** The rule that took it; null when it went nowhere. */
  readonly route: string | null
  readonly note: string | null
  /** `provider,model`, those to fall back on after the first. */
  readonly targets: readonly string[]
  /** The target of the last attempt; null when there was none. */
  readonly asked: string | null
  /** Why something else than the target of the route served it, as in `x-ccr-route`: `lend: web search`; otherwise null. */
  readonly lent: string | null
  readonly dropped: readonly string[]
  /** The candidates that failed before. */
  readonly hops: readonly Hop[]
  readonly status: number
  readonly error: string | null
}

/** What became of a request once it had a route. */
export interface Traced {
  readonly asked: string | null
  readonly lent: string | null
  readonly dropped: readonly string[]
  readonly hops: readonly Hop[]
}

const NOTHING: Traced = { asked: null, lent: null, dropped: [], hops: [] }

/** Follows one request. The record is made when the request has ended, so that it costs no latency. */
export class RouteTrace {
  readonly #config: Pick<Question, 'config' | 'session'>
  #question: Question | undefined
  #size: Size | undefined
  #route: Route | undefined

  constructor(config: Pick<Question, 'config' | 'session'>) {
    this.#config = config
  }

  received(request: Pick<Question, 'request' | 'hints' | 'mentions'>, size: Size): void {
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
      request: requestSummary(question.request, size, question.hints),
      rules: triedRules(question, route?.reason),
      ...(route === undefined ? NOWHERE : routeSummary(route)),
      ...traced,
      status: error?.status ?? 200,
      error: error?.message ?? null,
    }
  }
}

type Routed = Pick<RouteRecord, 'route' | 'note' | 'targets'>

const NOWHERE: Routed = { route: null, note: null, targets: [] }

function routeSummary({ reason, note, choices }: Route): Routed {
  return { route: reason, note: note ?? null, targets: choices.map(formatModelRef) }
}

/** All rules up to the one that the reason names. */
function triedRules(question: Question, reason: string | undefined): TracedRule[] {
  const rules: Rule[] = []
  for (const rule of claimRules(question)) {
    rules.push(rule)
    if (rule.rule === reason) return markTaken(rules, reason)
  }
  const custom = userRule(reason)
  if (custom) return [...rules, { ...custom, taken: true }]
  for (const rule of routerRules(question)) {
    rules.push(rule)
    const marked = markTaken(rules, reason)
    if (marked.at(-1)?.taken) return marked
  }
  return rules
}

/** The rule of the user's routers: of their reasons only the outcome is known. */
function userRule(reason: string | undefined): Rule | undefined {
  if (reason === 'custom router') return { rule: reason, fits: true, why: 'it names the model' }
  if (reason?.startsWith('project: ') !== true) return undefined
  return { rule: 'project', fits: true, why: reason.slice('project: '.length) }
}

export interface RequestSummary {
  /** As the client named it. */
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

export function requestSummary(request: MessagesRequest, size: Size, hints: Hints): RequestSummary {
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

export type TracedRule = Rule & { readonly taken?: true }

/** The rules with the one marked that a route's reason (`think: plan mode`) comes from. */
export function markTaken(rules: readonly Rule[], reason: string | undefined): TracedRule[] {
  const name = reason?.replace(/^project: /, '')
  const taken = rules.find(
    ({ rule }) => name === rule || name?.startsWith(`${rule}:`) || name?.startsWith(`${rule} (`),
  )
  return rules.map((rule) => (rule === taken ? { ...rule, taken: true } : rule))
}
