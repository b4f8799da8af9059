/** How a variable is set in each shell, so that any value arrives as it is. */

export interface Shell {
  set(name: string, value: string): string
  unset(name: string): string
  /** The line to type. */
  readonly use: (command: string) => string
}

const POSIX: Shell = {
  set: (name, value) => `export ${name}='${value.replaceAll("'", `'\\''`)}'`,
  unset: (name) => `unset ${name}`,
  use: (command) => `eval "$(${command})"`,
}

const FISH: Shell = {
  set: (name, value) =>
    `set -gx ${name} '${value.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`,
  unset: (name) => `set -e ${name}`,
  use: (command) => `${command} | source`,
}

const POWERSHELL: Shell = {
  // The typographic quotes end a string too.
  set: (name, value) => `$env:${name} = '${value.replace(/['\u2018-\u201b]/g, '$&$&')}'`,
  unset: (name) => `Remove-Item Env:${name} -ErrorAction SilentlyContinue`,
  use: (command) => `${command} | Out-String | Invoke-Expression`,
}

export const SHELLS: Readonly<Record<string, Shell>> = {
  bash: POSIX,
  zsh: POSIX,
  sh: POSIX,
  fish: FISH,
  powershell: POWERSHELL,
}

/** The shell that `$SHELL` names; bash where it names none that is known. */
export function shellOf(
  env: Readonly<Record<string, string | undefined>>,
  windows: boolean,
): string {
  const named =
    (env['SHELL'] ?? '')
      .split(/[/\\]/)
      .at(-1)
      ?.replace(/\.exe$/, '') ?? ''
  if (named === 'pwsh') return 'powershell'
  if (Object.hasOwn(SHELLS, named)) return named
  return windows && named === '' ? 'powershell' : 'bash'
}
