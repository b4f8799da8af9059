/** One attempt: a request is sent to one candidate, translated or forwarded. */
import { collect } from '../../messages/collect.ts'
import { withChangesApplied } from '../../messages/applied-changes.ts'
import { serialize, type StreamEvent } from '../../messages/events.ts'
import { continuesThread } from '../../messages/request.ts'
import { requestWithout } from '../../messages/request-fallback.ts'
import { fittedRequest } from '../../protocols/fitted-request.ts'
import { namedTools } from '../../protocols/tools.ts'
import type { Upstream } from '../../upstream/send.ts'
import { withViaHeader } from '../loop-detection.ts'
import type { RequestContext } from '../request-context.ts'
import type { ResolvedTarget } from '../targets/targets.ts'
import { readsWhole } from '../../providers/model-reports/cure.ts'
import { ANY_TARGET, type Estimator, unlearntEstimate } from '../tokens/estimator.ts'
import { originalFor, passThrough } from './forward.ts'
import { createRefusalMemory, type RefusalMemory } from './retry-without.ts'
import { createGracePeriods } from './stream-decoder.ts'
import { type Exchange, translate } from './translate.ts'
import { requestTransformers } from './user-transformers.ts'

export interface AttemptParts {
  readonly upstream: Upstream
  readonly estimator: Estimator
  /** What targets have refused. */
  readonly refusals?: RefusalMemory
}

/** Whole events, or the pieces of one JSON document, as they go to the client. */
export type Chunks = AsyncGenerator<string | Uint8Array>

/** Begins an attempt. The request is sent when the first chunk is read. */
export type Attempt = (context: RequestContext, candidate: ResolvedTarget) => Chunks

export function createAttempt(parts: AttemptParts): Attempt {
  const { upstream, estimator, refusals = createRefusalMemory(Date.now) } = parts
  const gracePeriods = createGracePeriods(() => performance.now())

  return (context, candidate) => {
    const { client, metrics, size } = context
    const { provider, target, api, model: name, userTransformers } = candidate
    metrics.attempt(candidate.name, name)
    const isAnthropic = api.kind === 'forward' && api.dialect === 'anthropic'
    // First of all: what is left out of a request, as a system message, must not take a change with it.
    const settled = isAnthropic ? context.request : withChangesApplied(context.request)
    const { request, dropped } = fittedRequest(settled, target.can)
    metrics.dropped([...(context.replaced ?? []), ...dropped])
    const exchange: Exchange = {
      request,
      provider,
      target,
      upstream: withViaHeader(upstream, context.via),
      signal: context.signal,
      inputEstimate: estimator.estimate(name, size),
      onUsage: (usage, reportedUsd) => {
        metrics.usage(usage, reportedUsd)
        // The count of a prompt that was cut, went without its tools, or began earlier, says nothing about its size.
        const isWhole = readsWhole(candidate.report, unlearntEstimate(size))
        if (!isWhole || dropped.includes('tools') || continuesThread(request)) return
        estimator.learn(name, size, metrics.inputTokens)
        estimator.learn(ANY_TARGET, size, metrics.inputTokens)
      },
      onStop: (reason) => metrics.stopped(reason),
      onDropped: (names) => metrics.dropped(names),
      refused: refusals.of(name),
      onRefused: (what) => refusals.learn(name, what),
      describeImages: context.describeImages,
      bytesOf: context.bytesOf,
      grace: gracePeriods.of(name),
      userTransformers:
        userTransformers &&
        requestTransformers({ ...userTransformers, request, headers: client.headers }),
    }
    if (api.kind === 'forward') {
      const bytes = request === context.request ? context.bytes : undefined
      const original = originalFor(target, api.rewrite, { request, bytes, client })
      return passThrough({ ...exchange, dialect: api.dialect }, original, client.query)
    }
    const bare = requestWithout(request, exchange.refused)
    const named = namedTools(bare.request)
    const encoded = api.protocol.encode(named.request, target)
    metrics.dropped([...bare.dropped, ...encoded.dropped])
    const translated = { ...exchange, ...named }
    return request.stream === true
      ? translate(translated, api.protocol, encoded, serialize)
      : collected(translate(translated, api.protocol, encoded, (events) => events))
  }
}

async function* collected(batches: AsyncIterable<readonly StreamEvent[]>): AsyncGenerator<string> {
  yield JSON.stringify(await collect(batches))
}
