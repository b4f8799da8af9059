/** A preference from the command line, which must match a model. */
import type { Config } from '../../config/config.ts'
import { UserError } from '../../lib/user-error.ts'
import { type Preference, sessionPreference } from '../../routing/preference.ts'

import { visible } from '../terminal/untrusted-text.ts'

export type FoundPreference = Extract<Preference, { kind: 'found' }>

/**
 * The model of a preference in any spelling: a name from `Preferences`, `provider,model`,
 * `provider/model`, or a model alone. `what`: what the user wrote, for the message. Throws UserError if
 * it matches no model.
 */
export function requirePreference(
  preference: string,
  config: Config,
  what: string,
): FoundPreference {
  const meant = sessionPreference(preference, config)
  if (meant.kind === 'found') return meant
  const why = 'reason' in meant ? `: ${preferenceAdvice(meant)}` : ''
  const end = why.endsWith('?') ? '' : '.'
  throw new UserError(`${visible(what)} matches no model${why}${end}`, hintFor(preference))
}

function hintFor(preference: string): string {
  const listed = 'Configured models: ccr models. Named preferences: ccr pref list'
  return preference.trim().toLowerCase() === 'default'
    ? `The default session is the one without a preference: ccr use --none\n${listed}`
    : listed
}

/** The reason why a preference matches no model, with suggestions. */
export function preferenceAdvice(meant: Extract<Preference, { readonly reason: string }>): string {
  if (meant.kind === 'ambiguous') return meant.reason
  const near = meant.suggestions.map((suggestion) => `"${suggestion}"`).join(' or ')
  return near === '' ? meant.reason : `${meant.reason}; did you mean ${near}?`
}
