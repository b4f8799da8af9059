/** A preference that the user names on a command line: it must lead to a model. */
import type { Config } from '../../config/config.ts'
import { UserError } from '../../lib/user-error.ts'
import { type Preference, sessionPreference } from '../../routing/preference.ts'

import { visible } from '../terminal/untrusted-text.ts'

export type FoundPreference = Extract<Preference, { kind: 'found' }>

/**
 * The model that the preference means, in any of its spellings: a name of `Preferences`,
 * `provider,model`, `provider/model`, a model alone. `what`: how the user wrote it, for the message.
 * Throws UserError when it means none.
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
  throw new UserError(`${visible(what)} leads nowhere${why}${end}`, hintFor(preference))
}

function hintFor(preference: string): string {
  const listed = 'What is configured: ccr models, and names for it: ccr pref list'
  return preference.trim().toLowerCase() === 'default'
    ? `The default session is the one without a preference: ccr use --none\n${listed}`
    : listed
}

/** The reason with what may be meant. */
export function preferenceAdvice(meant: Extract<Preference, { readonly reason: string }>): string {
  if (meant.kind === 'ambiguous') return meant.reason
  const near = meant.suggestions.map((suggestion) => `"${suggestion}"`).join(' or ')
  return near === '' ? meant.reason : `${meant.reason}; did you mean ${near}?`
}
