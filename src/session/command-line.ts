import type { SessionRef } from './identity.ts'

/** What to type to run `command` on this session, quoted for a POSIX shell. */
export function commandLine(
  ref: Pick<SessionRef, 'preference' | 'configFile' | 'ownConfig'>,
  command: string,
): string {
  const config = ref.ownConfig ? [`CCR_CONFIG=${shellWord(ref.configFile)}`] : []
  const preference =
    ref.preference === '' ? [] : [`CCR_MODEL_PREFERENCE=${shellWord(ref.preference)}`]
  return [...config, ...preference, `ccr ${command}`].join(' ')
}

function shellWord(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`
}
