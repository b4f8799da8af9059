import type { Call } from '../providers/configured/call.ts'
import type { Answer } from './answer.ts'

/** Redirects that keep method and body: https://www.rfc-editor.org/rfc/rfc9110#section-15.4 */
const KEEPING: ReadonlySet<number> = new Set([307, 308])

/**
 * The call as a redirect wants it. Undefined where there is none that may be followed: prompt and
 * key go to no other host, and from https to nothing less.
 */
export function redirectedCall(
  call: Call,
  { status, headers }: Pick<Answer, 'status' | 'headers'>,
): Call | undefined {
  if (!KEEPING.has(status)) return undefined
  const { location } = headers
  if (typeof location !== 'string' || !URL.canParse(location, call.url)) return undefined
  const from = new URL(call.url)
  const to = new URL(location, from)
  const upgraded = from.protocol === 'http:' && to.protocol === 'https:'
  const sameHost = to.hostname === from.hostname && upgraded
  return to.origin === from.origin || sameHost ? { ...call, url: to.href } : undefined
}

/** Where a redirect leads, without query and fragment; undefined where it does not say. */
export function redirectTarget(call: Call, location: string | undefined): string | undefined {
  if (location === undefined || !URL.canParse(location, call.url)) return undefined
  const { origin, pathname } = new URL(location, call.url)
  return `${origin}${pathname}`
}
