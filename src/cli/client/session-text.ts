/** How sessions are shown to users and scripts. */
import { formatModelRef } from '../../lib/model-ref.ts'
import { commandLine, shellOf } from '../../lib/command-line.ts'
import { keyValues } from '../terminal/output.ts'
import { SHELLS } from '../terminal/shells.ts'
import { baseUrl } from '../../session/lease.ts'
import type { SessionView } from '../../session/probe.ts'
import { DEFAULT_SESSION } from '../../session/identity.ts'
import { visible } from '../terminal/untrusted-text.ts'

/** The preference as shown to users: `default` if there is none, without control characters. */
export function preferenceText(preference: string): string {
  return preference === '' ? 'default' : visible(preference)
}

/**
 * The preference and, if it matches no configured model, the target that requests go to instead:
 * `nope -> openrouter,openai/gpt-5`.
 */
export function servedText(view: SessionView): string {
  const { preference, record } = view
  const text = preferenceText(preference)
  return record.fallsBack ? `${text} -> ${modelText(view) ?? 'nowhere'}` : text
}

/** The model that the preference was resolved to; null if there is none. */
export function modelText({ record }: SessionView): string | null {
  return record.provider === null
    ? null
    : formatModelRef({ provider: record.provider, model: record.model ?? '' })
}

/** The address for clients; null before the first start. */
export function endpoint({ record }: SessionView): string | null {
  return record.port === null ? null : baseUrl(record.host, record.port)
}

/** A session for `--json`. Unknown values are null; fields are only ever added. */
export function sessionJson(view: SessionView): object {
  const { record } = view
  const active = view.state !== 'stopped'
  return {
    sessionId: view.id,
    modelPreference: view.preference,
    provider: record.provider,
    model: record.model,
    fallsBack: record.fallsBack,
    port: view.port,
    pid: view.pid,
    referenceCount: view.referenceCount,
    state: view.state,
    startedAt: active ? record.startedAt : null,
    uptimeMs: view.uptimeMs,
    rssBytes: view.rssBytes,
    logFile: view.logFile,
  }
}

type View = Pick<SessionView, 'access' | 'unproved' | 'ref' | 'id'>

/** Who may use the session's port, in a few words; null if no daemon reports it. */
export function accessText({ access, id }: View): string | null {
  if (access === null) return null
  if (access === 'closed') return "with the session's token or APIKEY"
  if (access === 'counted') return 'any program on this machine, in this version'
  const end = id === DEFAULT_SESSION ? '; REQUIRE_TOKEN: true in the config closes it' : ''
  return `any program on this machine${end}`
}

/** A note about requests that the next version will refuse, with the fix; null if there are none. */
export function unprovedNote(view: View): { readonly what: string; readonly mend: string } | null {
  const { access, unproved, ref } = view
  if (access !== 'counted' || unproved === null || unproved === 0) return null
  const came = unproved === 1 ? '1 request came' : `${unproved} requests came`
  return {
    what: `${came} without the session's token; the next version refuses them.`,
    mend:
      `Give that client the token: ${SHELLS[shellOf()].use(commandLine(ref, 'env'))}; ` +
      'or keep the port open with REQUIRE_TOKEN: false in the config',
  }
}

/** The output of `ccr start` and `ccr restart`: the session, and how to use it. */
export function announcement(view: SessionView, what: string): string {
  const model = modelText(view)
  const preference = servedText(view)
  const preferenceNamesModel = model === null || model === preference || view.record.fallsBack
  const details = keyValues([
    ['Session ID', view.id],
    ['Model', preferenceNamesModel ? preference : `${preference} (${model})`],
    ['Port', view.port],
    ['PID', view.pid],
    ['Endpoint', endpoint(view)],
  ])
  const use = commandLine(view.ref, 'code "Write a function"')
  return `Session ${view.id} ${what}.\n\n${details}\nUse it:  ${use}\n`
}
