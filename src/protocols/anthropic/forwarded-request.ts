import type { MessagesRequest } from '../../messages/request.ts'

/** What the client sent. */
export interface Original {
  /** As it came; absent where the request is not the client's own any more. */
  readonly bytes?: Uint8Array | undefined
  readonly request: MessagesRequest
  readonly headers: Readonly<Record<string, string>>
}

/** What goes on to an upstream that speaks the Messages API. */
export interface Forwarded {
  readonly body: string | Uint8Array
  readonly headers: Readonly<Record<string, string>>
  readonly dropped: readonly string[]
}
