/** Follows redirects, within the rules for prompts and keys. */
import type { Call } from '../providers/configured/call.ts'
import type { Answer } from './answer.ts'

/** Redirects that keep method and body: https://www.rfc-editor.org/rfc/rfc9110#section-15.4 */
const KEEPING: ReadonlySet<number> = new Set([307, 308])

/**
 * The call to the target of a redirect. Undefined if there is no redirect that may be followed: prompt
 * and key are never sent to another host, or over http after https.
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

/** The target of a redirect, without query and fragment; undefined if it is missing or no URL. */
export function redirectTarget(call: Call, location: string | undefined): string | undefined {
  if (location === undefined || !URL.canParse(location, call.url)) return undefined
  const { origin, pathname } = new URL(location, call.url)
  return `${origin}${pathname}`
}
