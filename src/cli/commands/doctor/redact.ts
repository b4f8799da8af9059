/** Removes secrets from the output of `ccr doctor`. */
/** Removes secrets from the output of `ccr doctor`. */
import { homedir } from 'node:os'
import type { Config } from '../../../config/config.ts'
import { createMask, isSecretName } from '../../../lib/redact.ts'
import { secretsOf } from '../../../session/secrets.ts'
import type { SessionView } from '../../../session/probe.ts'
import type { Io } from '../../command.ts'
import type { Check } from './check.ts'

/** Checks that are safe to share: without keys and tokens, and with `~` for the home folder. */
export function redacted(checks: readonly Check[], hide: (text: string) => string): Check[] {
  return checks.map(({ hint, text, ...rest }) => ({
    ...rest,
    text: hide(text),
    ...(hint === undefined ? {} : { hint: hide(hint) }),
  }))
}

/** A function that hides all known secrets, and whatever looks like one. */
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
  // Shells do not expand `~` within quotes.
  return (text) => mask(text.replaceAll(`'${home}/`, "~/'").replaceAll(home, '~'))
}
