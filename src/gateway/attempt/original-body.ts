import type { Original } from '../../protocols/anthropic/forwarded-request.ts'
import type { MessagesRequest } from '../../messages/request.ts'
import type { Client } from '../client-headers.ts'
import type { Target } from '../../protocols/protocol.ts'
import type { Rewrite } from '../../transforms/transforms.ts'

interface Sent {
  readonly request: MessagesRequest
  /** The body as it came, where it is the client's own. */
  readonly bytes: Uint8Array | undefined
  readonly client: Client
}

/** What is forwarded to a target: the client's own bytes, unless the target's transformers change them. */
export function originalFor(target: Target, rewrite: Rewrite | undefined, sent: Sent): Original {
  const { request, bytes, client } = sent
  const { headers } = client
  return rewrite === undefined
    ? { bytes, request, headers }
    : { request: rewrite(request, target), headers }
}
