/**
 * What to type to run a command of ccr on one session and no other, for a POSIX shell or PowerShell;
 * and which shell that is.
 */
import type { Env } from './env.ts'

export interface Means {
  readonly preference: string
  readonly configFile: string
  /** True when the config file is not that of the home. */
  readonly isCustomConfig: boolean
}

const SHELLS = ['bash', 'zsh', 'sh', 'fish', 'powershell', 'cmd'] as const
export type ShellName = (typeof SHELLS)[number]

/**
 * The shell in which commands are typed: that of SHELL, such as the bash of Git on Windows; bash if ccr
 * does not know it; where there is no SHELL, PowerShell on Windows and bash elsewhere.
 */
export function shellOf(env: Env = process.env, platform = process.platform): ShellName {
  const path = env['SHELL'] ?? ''
  if (path === '') return platform === 'win32' ? 'powershell' : 'bash'
  const program = path
    .split(/[/\\]/)
    .at(-1)
    ?.replace(/\.exe$/i, '')
  if (program === 'pwsh') return 'powershell'
  return SHELLS.find((name) => name === program) ?? 'bash'
}

/** Whether commands are typed in PowerShell. */
export function isPowerShell(env?: Env, platform?: NodeJS.Platform): boolean {
  return shellOf(env, platform) === 'powershell'
}

/**
 * The command with what names the session before it. `shell`: where it will be typed; what that shell
 * names already is taken back for a session that has none of it.
 */
export function commandLine(
  session: Means,
  command: string,
  shell: Env = process.env,
  inPowerShell = isPowerShell(),
): string {
  const { preference, configFile, isCustomConfig } = session
  const variables = [
    ...named('CCR_CONFIG', isCustomConfig ? configFile : '', shell),
    ...named('CCR_MODEL_PREFERENCE', preference, shell),
  ]
  return withVariables(variables, `ccr ${command}`, inPowerShell)
}

/** A command with variables before it; in PowerShell they stay set. */
export function withVariables(
  variables: readonly (readonly [name: string, value: string])[],
  command: string,
  inPowerShell = isPowerShell(),
): string {
  const assigned = variables.map(([name, value]) =>
    inPowerShell
      ? `$env:${name} = ${powershellQuoted(value)};`
      : `${name}=${value === '' ? '' : shellWord(value, false)}`,
  )
  return [...assigned, command].join(' ')
}

/** The same for the session that an environment names: that of the daemon which has it. */
export function commandLineIn(env: Env, command: string): string {
  const configFile = env['CCR_CONFIG'] ?? ''
  const preference = (env['CCR_MODEL_PREFERENCE'] ?? '').trim()
  return commandLine({ preference, configFile, isCustomConfig: configFile !== '' }, command, {})
}

/** The command on the config of a session, whatever the preference. */
export function configCommand(
  { configFile, isCustomConfig }: Pick<Means, 'configFile' | 'isCustomConfig'>,
  command: string,
): string {
  return `ccr ${isCustomConfig ? `--config ${shellWord(configFile)} ` : ''}${command}`
}

/** The variable, unless it is empty in the shell as it should be. */
function named(name: string, value: string, shell: Env): (readonly [string, string])[] {
  return value === '' && (shell[name] ?? '').trim() === '' ? [] : [[name, value]]
}

/** A word of a command line, quoted where the shell would read something into it. */
export function shellWord(text: string, inPowerShell = isPowerShell()): string {
  if (inPowerShell) return /^[\w+=:./\\-]+$/.test(text) ? text : powershellQuoted(text)
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`
}

/** In PowerShell, typographic quotes end a string too. */
export function powershellQuoted(text: string): string {
  return `'${text.replace(/['\u2018-\u201b]/g, '$&$&')}'`
}
