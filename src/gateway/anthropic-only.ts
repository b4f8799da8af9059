/** Refuses requests that only Anthropic's own API can answer, where another may have to. */
import { GatewayError } from '../messages/error.ts'
import { continuesThread, type MessagesRequest } from '../messages/request.ts'
import type { ResolvedTarget } from './targets/targets.ts'

type Candidate = Pick<ResolvedTarget, 'api'>

/**
 * - A request that goes on in a message thread, whose earlier messages only Anthropic's API has. The
 *   error makes the client send the whole conversation, from then on without threads. Refused before any
 *   candidate is tried, and wherever one of them is another API, so that failover stays possible.
 * - One for no tokens at all (`max_tokens: 0`), by which the client has Anthropic fill its prompt cache
 *   or check a sub-agent's report. A model that thinks would answer it at length, and be paid for that.
 *
 * @throws GatewayError 400.
 */
export function refuseAnthropicOnly(
  request: MessagesRequest,
  candidates: readonly [Candidate, ...Candidate[]],
): void {
  if (continuesThread(request) && !candidates.every(isAnthropic)) throw threadRefused()
  if (request.max_tokens === 0 && !isAnthropic(candidates[0])) {
    const text = 'max_tokens: at least 1 is required by every API but that of Anthropic.'
    throw new GatewayError('invalid_request_error', text, { origin: 'gateway' })
  }
}

function isAnthropic({ api }: Candidate): boolean {
  return api.kind === 'forward' && api.dialect === 'anthropic'
}

const BETA = 'message-threads-2026-08-12'

/**
 * Claude Code goes by the name of the beta in the text, or by `error_code`, Anthropic's SDKs by the
 * latter (seen with 2.1.332; its skill `claude-api` describes both).
 */
function threadRefused(): GatewayError {
  const message = `${BETA}: not every model of this session has a provider that keeps conversations. Send the whole one, without \`thread\`.`
  const details = { error_code: 'thread_unsupported_request', unsupported: 'thread' }
  return new GatewayError('invalid_request_error', message, {
    origin: 'gateway',
    envelope: { type: 'error', error: { type: 'invalid_request_error', message, details } },
  })
}
