/** How sessions are shown to people and to scripts. */
import { CONTROLS, escapeOf } from '../lib/controls.ts'
import { baseUrl } from '../session/lease.ts'
import type { SessionRef } from '../session/identity.ts'
import type { SessionView } from '../session/probe.ts'

/** The preference as people see it: `default` for none, no control characters. */
export function preferenceText(preference: string): string {
  return preference === '' ? 'default' : visible(preference)
}

/** Control characters and marks of direction as escapes, so that a preference cannot write over the terminal. */
export function visible(text: string): string {
  return text.replace(CONTROLS, (character) => {
    const code = character.codePointAt(0) ?? 0
    if (character === '\n') return '\\n'
    return code > 0xff ? escapeOf(character) : `\\x${code.toString(16).padStart(2, '0')}`
  })
}

/** `provider,model` as the preference was understood; null when it names none. */
export function modelText({ record }: SessionView): string | null {
  return record.provider === null ? null : `${record.provider},${record.model ?? ''}`
}

/** The address for clients; null before the first start. */
export function endpoint({ record }: SessionView): string | null {
  return record.port === null ? null : baseUrl(record.host, record.port)
}

/** What to type to run `command` on this session, quoted for a POSIX shell. */
export function commandLine(ref: SessionRef, command: string): string {
  const config = ref.ownConfig ? [`CCR_CONFIG=${shellWord(ref.configFile)}`] : []
  const preference =
    ref.preference === '' ? [] : [`CCR_MODEL_PREFERENCE=${shellWord(ref.preference)}`]
  return [...config, ...preference, `ccr ${command}`].join(' ')
}

function shellWord(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`
}

/** One session for `--json`: unknown is null; fields are only ever added. */
export function sessionJson(view: SessionView): object {
  const { record } = view
  const active = view.state !== 'stopped'
  return {
    sessionId: view.id,
    modelPreference: view.preference,
    provider: record.provider,
    model: record.model,
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
