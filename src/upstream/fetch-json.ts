/** Gets small JSON documents from the server of a provider, apart from the requests of clients. */
import { isTextTooDeep } from '../lib/depth.ts'
import { parseJson } from '../lib/json.ts'
import { limitedText } from '../lib/limited-text.ts'
import type { Upstream } from './send.ts'

/** The server of a provider. */
export interface JsonServer {
  /** The provider's name. */
  readonly provider: string
  /** The URL above all paths, without a slash at the end. */
  readonly root: string
  /** With the provider's credentials. */
  readonly headers: Readonly<Record<string, string>>
}

/** Longest document, in UTF-16 units: the licence of a model takes some 20 KB, a list of models more. */
const LONGEST = 2 * 1024 * 1024

/**
 * Fetches below a server's root. What is not answered with a success, is no JSON, too long or too
 * late is undefined; nothing is thrown. Redirects are not followed, so that no key leaves the origin.
 * @param ms until when, from now.
 */
export function jsonFetcher(
  upstream: Upstream,
  { provider, root, headers }: JsonServer,
  ms: number,
): (path: string, body?: object) => Promise<unknown> {
  const signal = AbortSignal.timeout(ms)
  return async (path, body) => {
    const url = `${root}${path}`
    const sent = body === undefined ? GET : postOf(body)
    try {
      const answer = await upstream.send(
        { provider, url, ...sent, headers: { ...headers, ...sent.headers }, ...DIRECT },
        signal,
      )
      try {
        if (answer.status !== 200) return undefined
        const text = await limitedText(answer.body, { length: LONGEST, ms })
        return text.length > LONGEST || isTextTooDeep(text) ? undefined : parseJson(text)
      } finally {
        answer.release()
      }
    } catch {
      return undefined
    }
  }
}

const DIRECT = { isDirect: true, idempotent: true } as const
const GET = { method: 'GET', body: '', headers: { accept: 'application/json' } } as const

function postOf(body: object) {
  return {
    body: JSON.stringify(body),
    headers: { accept: 'application/json', 'content-type': 'application/json' },
  }
}
