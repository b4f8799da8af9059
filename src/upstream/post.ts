import { jsonFrames } from '../framing/json.ts'
import type { PostForm } from '../providers/auth/google.ts'
import type { Upstream } from './send.ts'

/** How long an exchange of credentials may take, ms. */
const EXCHANGE_MS = 30_000

/** Posts forms the way that requests go: through the same proxy, with the same trust. */
export function postForm(upstream: Upstream): PostForm {
  return async (url, form) => {
    const headers = { 'content-type': 'application/x-www-form-urlencoded' }
    const call = { provider: 'Google', url, headers, body: form, idempotent: true }
    const answer = await upstream.send(call, AbortSignal.timeout(EXCHANGE_MS))
    try {
      let text = ''
      for await (const [frame] of jsonFrames(answer.body)) text += frame?.data ?? ''
      return { status: answer.status, text }
    } finally {
      answer.release()
    }
  }
}
