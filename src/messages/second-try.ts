import type { GatewayError } from './error.ts'
import type { MessagesRequest } from './request.ts'
import { isReasoningRefused, isStateRefused, withoutState, withoutThinking } from './state.ts'

export interface SecondTry {
  readonly request: MessagesRequest
  /** What of the request it goes without, as `x-ccr-dropped` names it. */
  readonly without: string
}

/**
 * The request in the way in which it may succeed after this error; undefined where there is none.
 * Without reasoning state where the vendor refuses what it once made; without earlier reasoning where
 * a server does not know the field; with a lower output limit where the prompt fits and only that
 * limit does not.
 */
export function secondTry(request: MessagesRequest, error: GatewayError): SecondTry | undefined {
  if (isStateRefused(error)) {
    const bare = withoutState(request)
    return bare === request ? undefined : { request: bare, without: 'assistant.thinking.signature' }
  }
  if (isReasoningRefused(error)) {
    const bare = withoutThinking(request)
    if (bare !== request) return { request: bare, without: 'assistant.thinking' }
  }
  const { max_tokens: wanted = 0 } = request
  if (error.room === undefined || error.room >= wanted) return undefined
  return { request: { ...request, max_tokens: error.room }, without: 'max_tokens' }
}
