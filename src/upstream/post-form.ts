/** Posts forms to exchange credentials for tokens. */
import { limitedText } from '../lib/limited-text.ts'
import type { PostForm } from '../providers/auth/google.ts'
import type { Upstream } from './send.ts'

/** How long an exchange of credentials may take, ms. */
const EXCHANGE_MS = 30_000

/** Limit for the answer, bytes: tokens take a few kilobytes. */
const TOKEN_LENGTH = 256 * 1024

/** Posts forms as requests are sent: through the same proxy, with the same authorities. */
export function postForm(upstream: Upstream): PostForm {
  return async (url, form) => {
    const headers = { 'content-type': 'application/x-www-form-urlencoded' }
    const call = { provider: 'Google', url, headers, body: form, idempotent: true }
    const answer = await upstream.send(call, AbortSignal.timeout(EXCHANGE_MS))
    try {
      const text = await limitedText(answer.body, { length: TOKEN_LENGTH, ms: EXCHANGE_MS })
      return { status: answer.status, text }
    } finally {
      answer.release()
    }
  }
}
