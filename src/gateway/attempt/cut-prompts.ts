/**
 * Refuses prompts that a local server is known to cut without an error: the client compacts, or the
 * user mends the server. A request that lost its beginning would be answered, and answered wrongly.
 */
import type { ProviderConfig, ReportedModel } from '../../config/config.ts'
import { GatewayError } from '../../messages/error.ts'
import { cureFor, cutsAt, serverTitle } from '../../providers/model-reports/cure.ts'
import { reportOf } from '../../providers/model-reports/report.ts'
import type { ModelReports } from '../model-reports.ts'
import { fittedRequest } from '../../protocols/fitted-request.ts'
import type { RequestContext } from '../request-context.ts'
import type { ResolvedTarget } from '../targets/targets.ts'
import { type Estimator, type Size, sizeOf } from '../tokens/estimator.ts'
import type { Attempt, Chunks } from './attempt.ts'

export interface CutPromptsParts {
  readonly providers: readonly ProviderConfig[]
  readonly reports: Pick<ModelReports, 'refresh' | 'first'>
  readonly estimator: Estimator
}

/** An estimate may be wrong by so much; a prompt that is longer certainly does not fit. */
const MARGIN = 1.1

/** Below this, tokens, compacting does not help the client: docs/decisions/0032-windows-of-the-client.md. */
const LEAST_TOKENS = 22_000

/** What agents should have: https://docs.ollama.com/context-length. */
const GOOD_TOKENS = 65_536

/** The attempt, which throws a GatewayError instead of sending such a prompt. */
export function refusingCutPrompts(
  attempt: Attempt,
  { providers, reports, estimator }: CutPromptsParts,
): Attempt {
  return (context, candidate) => {
    const { provider, model } = candidate.target
    const entry = providers.find(({ name }) => name === provider)
    if (entry?.reported === undefined) return attempt(context, candidate)
    const isCut = (tokens: number): boolean => {
      const report = reportOf(entry, model)
      return tokens > MARGIN * ((report && cutsAt(report)) ?? Number.POSITIVE_INFINITY)
    }
    return guarded(
      async () => {
        // A model chosen with /model may be of a server that the session does not use by itself.
        await reports.first(provider)
        if (!isCut(estimator.estimate(candidate.model, context.size))) return
        const tokens = estimator.estimate(candidate.model, sentSize(context, candidate))
        if (!isCut(tokens)) return
        // It may have been mended since.
        await reports.refresh(new Set([provider]))
        const report = reportOf(entry, model)
        if (report && isCut(tokens)) throw tooLong(candidate, tokens, report)
      },
      () => attempt(context, candidate),
    )
  }
}

/** The size without what the model does not take: tools. */
function sentSize({ request, size }: RequestContext, { target }: ResolvedTarget): Size {
  const fitted = fittedRequest(request, target.can).request
  if (fitted === request) return size
  return sizeOf(fitted, Buffer.byteLength(JSON.stringify(fitted)))
}

async function* guarded(check: () => Promise<void>, open: () => Chunks): Chunks {
  await check()
  yield* open()
}

function tooLong(
  { model: name, target }: ResolvedTarget,
  tokens: number,
  report: ReportedModel,
): GatewayError {
  const { contextWindow: limit = 0 } = report
  const server = serverTitle(report)
  const why = `${server} runs ${name} with ${count(limit)} tokens and would cut off the rest without an error.`
  const cure = cureFor(target.model, report, GOOD_TOKENS)
  // The wording that makes the client compact hides the rest of the message.
  const message =
    limit < LEAST_TOKENS
      ? `This prompt has about ${count(tokens)} tokens: ${why} ${cure}`
      : `prompt is too long: ${String(tokens)} tokens > ${String(limit)} maximum. ${why} ${cure}`
  return new GatewayError('invalid_request_error', message, {
    shouldRetry: false,
    overflow: true,
    limit,
  })
}

function count(tokens: number): string {
  return tokens.toLocaleString('en-US')
}
