import type { Original } from '../../protocols/anthropic/forwarded-request.ts'
import type { MessagesRequest } from '../../messages/request.ts'
import type { Client } from '../client-headers.ts'
import type { ResolvedTarget } from '../targets/targets.ts'

interface Sent {
  readonly request: MessagesRequest
  /** The body as it came, where it is the client's own. */
  readonly bytes: Uint8Array | undefined
  readonly client: Client
}

/** What passes through to a lane: the client's own bytes, unless the lane's transformers change them. */
export function originalFor({ rewrite, target }: ResolvedTarget, sent: Sent): Original {
  const { request, bytes, client } = sent
  const { headers } = client
  return rewrite === undefined
    ? { bytes, request, headers }
    : { request: rewrite(request, target), headers }
}
