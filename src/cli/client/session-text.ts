/** How sessions are shown to people and to scripts. */
import { CONTROLS, escapeOf } from '../../lib/controls.ts'
import { baseUrl } from '../../session/lease.ts'
import type { SessionView } from '../../session/probe.ts'

export { commandLine } from '../../lib/command-line.ts'

/** The preference as people see it: `default` for none, no control characters. */
export function preferenceText(preference: string): string {
  return preference === '' ? 'default' : visible(preference)
}

/**
 * What the session is asked for, and, where that is no configured model, where requests go instead:
 * `nope -> openrouter,openai/gpt-5`.
 */
export function servedText(view: SessionView): string {
  const { preference, record } = view
  const text = preferenceText(preference)
  return record.fallsBack ? `${text} -> ${modelText(view) ?? 'nowhere'}` : text
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

/** One session for `--json`: unknown is null; fields are only ever added. */
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
