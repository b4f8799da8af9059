import type { MessagesRequest } from './request.ts'

export interface SecondTry {
  readonly request: MessagesRequest
  /** What of the request it goes without, as `x-ccr-dropped` names it. */
  readonly without: string
}

export interface Without {
  readonly request: MessagesRequest
  readonly dropped: readonly string[]
}
