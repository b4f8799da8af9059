/** The changed requests that follow an error of a provider. */
import type { GatewayError } from '../../src/messages/error.ts'
import { type Change, refusalIn } from '../../src/messages/refusal.ts'
import type { MessagesRequest } from '../../src/messages/request.ts'
import { requestFallbacks } from '../../src/messages/request-fallback.ts'

/** The first changed request after an error; undefined if there is none. */
export function firstFallback(request: MessagesRequest, error: GatewayError): Change | undefined {
  return allFallbacks(request, error)[0]
}

/** All changed requests after an error. */
export function allFallbacks(request: MessagesRequest, error: GatewayError): readonly Change[] {
  const refusal = refusalIn(error)
  return refusal === undefined ? [] : [...requestFallbacks(request, refusal)]
}
