import type { MessagesRequest } from '../../messages/request.ts'
import { outputLimit } from '../fields.ts'
import type { Target } from '../format.ts'
import { knownBetas } from './betas.ts'
import { compatible } from './compatible.ts'
import { patchBody } from './patch.ts'

/** What the client sent. */
export interface Original {
  readonly body: string
  readonly request: MessagesRequest
  readonly headers: Readonly<Record<string, string>>
}

/** What goes on to an upstream that speaks the Messages API. */
export interface Forwarded {
  readonly body: string
  readonly headers: Readonly<Record<string, string>>
  readonly dropped: readonly string[]
}

/**
 * The client's request for an upstream of its own protocol: the client's bytes with the model
 * replaced, or, for another maker's endpoint, the request in the words that it knows.
 */
export function forward(original: Original, target: Target, thirdParty: boolean): Forwarded {
  const { body, request, headers } = original
  if (!thirdParty) return { body: patchBody(body, request, target.model), headers, dropped: [] }
  const told = compatible(request)
  const betas = knownBetas(headers)
  const most = outputLimit(request, target)
  const limit = most === undefined ? {} : { max_tokens: most }
  return {
    body: JSON.stringify({ ...told.request, model: target.model, ...limit }),
    headers: betas.headers,
    dropped: [...told.dropped, ...betas.dropped],
  }
}
