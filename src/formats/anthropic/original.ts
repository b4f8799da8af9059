import type { MessagesRequest } from '../../messages/request.ts'

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
