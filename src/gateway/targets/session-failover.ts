/** Failover with what a session remembers: circuit breakers and the affinity of conversations. */
import type { Config } from '../../config/config.ts'
import type { Store } from '../../store/store.ts'
import type { RequestContext } from '../request-context.ts'
import { createConversationAffinity } from './affinity.ts'
import { createCircuitBreaker } from './circuit-breaker.ts'
import { failover, SYSTEM_TIME } from './failover.ts'
import { withKeyOrigin } from './refused-key.ts'
import { accountsOf, createSharedBreaker } from './shared-breaker.ts'
import type { ResolvedTarget } from './targets.ts'

export interface SessionFailoverParts {
  readonly config: Config
  /** Where cooldowns are shared with the other sessions of the home; absent: nowhere. */
  readonly store?: Store | undefined
  readonly env: Readonly<Record<string, string | undefined>>
  /** What the user types to restart the session. */
  readonly restart: string
}

type Context = Pick<RequestContext, 'candidates' | 'conversation' | 'metrics' | 'signal'>

export interface SessionFailover {
  /**
   * The answer of the first candidate that gives any; the one that served the conversation last is
   * tried first.
   * @param open begins an attempt.
   * @throws GatewayError when all fail, or the answer breaks off.
   */
  answer<T>(
    context: Context,
    open: (candidate: ResolvedTarget) => AsyncGenerator<T>,
  ): AsyncGenerator<T>
  /** The request was answered to the end: its conversation stays with the candidate. */
  answered(context: Context): void
}

export function createSessionFailover(parts: SessionFailoverParts): SessionFailover {
  const { config, store } = parts
  const local = createCircuitBreaker(Date.now)
  const breaker = store
    ? createSharedBreaker({ local, store, accountOf: accountsOf(config) })
    : local
  const limits = { ...config.retry, moveOnWithinMs: config.apiTimeoutMs }
  const affinity = createConversationAffinity<ResolvedTarget>()
  return {
    answer: ({ candidates, conversation, metrics, signal }, open) =>
      failover({
        candidates: affinity.order(conversation, candidates),
        open,
        breaker,
        limits,
        onHop: (hop) => metrics.hop(hop),
        describe: (error, candidate) => withKeyOrigin(error, candidate, parts),
        onGivenUp: ({ name, model }) => metrics.candidate(name, model),
        signal,
        time: SYSTEM_TIME,
      }),
    answered: ({ conversation, candidates, metrics }) =>
      affinity.keep(conversation, candidates, metrics.candidateName),
  }
}
