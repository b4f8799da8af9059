import { homedir } from 'node:os'
import type { Config } from '../../../config/config.ts'
import { createMask, isSecretName } from '../../../lib/redact.ts'
import { secretsOf } from '../../../session/secrets.ts'
import type { SessionView } from '../../../session/probe.ts'
import type { Io } from '../../command.ts'
import type { Check } from './check.ts'

/** What may be pasted anywhere: no key, no token, and `~` for the user's home folder. */
export function redacted(checks: readonly Check[], hide: (text: string) => string): Check[] {
  return checks.map(({ hint, text, ...rest }) => ({
    ...rest,
    text: hide(text),
    ...(hint === undefined ? {} : { hint: hide(hint) }),
  }))
}

/** Hides every secret that is known here, and whatever looks like one. */
export function hider(
  config: Config | null,
  sessions: readonly SessionView[],
  env: Io['env'],
): (text: string) => string {
  const known = config === null ? [] : secretsOf(config, env)
  const variables = Object.entries(env).flatMap(([name, value]) =>
    value !== undefined && isSecretName(name) ? [value] : [],
  )
  const tokens = sessions.map(({ record }) => record.token)
  const mask = createMask([...known, ...variables, ...tokens])
  const home = (env['HOME'] ?? '') || homedir()
  if (home.length < 2) return mask
  // No shell knows the `~` within quotes.
  return (text) => mask(text.replaceAll(`'${home}/`, "~/'").replaceAll(home, '~'))
}
