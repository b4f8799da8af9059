/** What to type to run a command of ccr on one session and no other. */
import type { Env } from './env.ts'

export interface Means {
  readonly preference: string
  readonly configFile: string
  /** True when the config file is not that of the home. */
  readonly isCustomConfig: boolean
}

/**
 * The command with what names the session before it, quoted for a POSIX shell. `shell`: where it
 * will be typed; what that shell names already is taken back for a session that has none of it.
 */
export function commandLine(session: Means, command: string, shell: Env = process.env): string {
  const { preference, configFile, isCustomConfig } = session
  return [
    ...assignment('CCR_CONFIG', isCustomConfig ? configFile : '', shell),
    ...assignment('CCR_MODEL_PREFERENCE', preference, shell),
    `ccr ${command}`,
  ].join(' ')
}

/** The same for the session that an environment names: that of the daemon which has it. */
export function commandLineIn(env: Env, command: string): string {
  const configFile = env['CCR_CONFIG'] ?? ''
  const preference = (env['CCR_MODEL_PREFERENCE'] ?? '').trim()
  return commandLine({ preference, configFile, isCustomConfig: configFile !== '' }, command, {})
}

/** The command on the config of a session, whatever the preference: quoted for a POSIX shell. */
export function configCommand(
  { configFile, isCustomConfig }: Pick<Means, 'configFile' | 'isCustomConfig'>,
  command: string,
): string {
  return `ccr ${isCustomConfig ? `--config ${shellWord(configFile)} ` : ''}${command}`
}

function assignment(name: string, value: string, shell: Env): string[] {
  if (value !== '') return [`${name}=${shellWord(value)}`]
  return (shell[name] ?? '').trim() === '' ? [] : [`${name}=`]
}

/** A word of a command line, quoted where a POSIX shell would read something into it. */
export function shellWord(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`
}
