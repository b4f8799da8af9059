/** Who may use a session's port, for people. */
import type { SessionView } from '../../session/probe.ts'
import { DEFAULT_SESSION } from '../../session/identity.ts'
import { commandLine } from './session-text.ts'

type View = Pick<SessionView, 'access' | 'unproved' | 'ref' | 'id'>

/** In a few words; null where no daemon says. */
export function accessText({ access, id }: View): string | null {
  if (access === null) return null
  if (access === 'closed') return "with the session's token or APIKEY"
  if (access === 'counted') return 'any program of this machine, in this version'
  const end = id === DEFAULT_SESSION ? '; REQUIRE_TOKEN: true in the config closes it' : ''
  return `any program of this machine${end}`
}

/** Requests that the next version will refuse, and the lines that mend that; null without any. */
export function unprovedNote(view: View): { readonly what: string; readonly mend: string } | null {
  const { access, unproved, ref } = view
  if (access !== 'counted' || unproved === null || unproved === 0) return null
  const came = unproved === 1 ? '1 request came' : `${unproved} requests came`
  return {
    what: `${came} without the session's token; the next version refuses them.`,
    mend:
      `Give that client the token: eval "$(${commandLine(ref, 'env')})"; ` +
      'or keep the port open: REQUIRE_TOKEN: false in the config',
  }
}
