import type { GatewayError } from '../../src/messages/error.ts'
import { refusalIn } from '../../src/messages/refusal.ts'
import type { MessagesRequest } from '../../src/messages/request.ts'
import type { Change } from '../../src/messages/refusal-rule.ts'
import { requestFallbacks } from '../../src/messages/request-fallback.ts'

/** What is changed first after an error; undefined where nothing is. */
export function firstFallback(request: MessagesRequest, error: GatewayError): Change | undefined {
  return allFallbacks(request, error)[0]
}

/** All that may be changed after an error. */
export function allFallbacks(request: MessagesRequest, error: GatewayError): readonly Change[] {
  const refusal = refusalIn(error)
  return refusal === undefined ? [] : [...requestFallbacks(request, refusal)]
}
