import type { Refusal } from './refusal.ts'
import type { MessagesRequest } from './request.ts'

/** One way in which a refused request may succeed. */
export interface Rule {
  /** What of the request it goes without, as `x-ccr-dropped` names it. */
  readonly without: string
  /** Whether a server that refuses it refuses it of every request, not only in this conversation. */
  readonly isLasting: boolean
  readonly isRefused: (refusal: Refusal) => boolean
  /** The request without it; the very same one where it has nothing of the kind. */
  readonly bare: (request: MessagesRequest) => MessagesRequest
}

/** A request that is unlike the refused one. */
export interface Change extends Pick<Rule, 'without'> {
  readonly request: MessagesRequest
  /** Under which name it is remembered that every request is refused with it; undefined: it is not. */
  readonly memory: string | undefined
  /** Whether it may change once more: an output limit, which is lowered. */
  readonly mayRepeat?: boolean
}

export interface Without {
  readonly request: MessagesRequest
  readonly dropped: readonly string[]
}

/** Of an error that names what is wrong with the request. */
export function isInvalid({ kind }: Refusal): boolean {
  return kind === 'invalid_request_error'
}
