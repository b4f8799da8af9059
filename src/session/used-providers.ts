/** Which providers a session uses by itself. */
import type { Config } from '../config/config.ts'
import { lookUp, nameOf } from '../routing/lookup.ts'
import { sessionPreference } from '../routing/preference.ts'

/**
 * The names of the providers that a session sends requests to by itself: that of its preference and
 * those to fall back on, else all that `Router` names; and those of `Lend`. A model named in a request may be of any.
 */
export function usedProviders(preference: string, config: Config): ReadonlySet<string> {
  const { providers, router, fallback, extensions, lend } = config
  const meant = sessionPreference(preference, config)
  const found = new Set<string>()
  const add = (text: unknown): void => {
    const name = typeof text === 'string' ? providerIn(text, config) : undefined
    if (name !== undefined) found.add(name)
  }
  add(lend.vision)
  add(lend.webSearch)
  if (meant.kind === 'found') {
    found.add(meant.choice.provider)
    fallback['preference']?.forEach(add)
    return found
  }
  // A router of the user's own may choose any.
  if (extensions.router !== '') return new Set(providers.map(({ name }) => name))
  Object.values(router).forEach(add)
  for (const [key, list] of Object.entries(fallback)) if (key !== 'preference') list.forEach(add)
  for (const { name, fallback: fallbacks = [] } of providers)
    if (found.has(name)) fallbacks.forEach(add)
  return found
}

/** The provider of a model, also of one that it does not list. */
function providerIn(text: string, { providers }: Config): string | undefined {
  const result = lookUp(text, providers)
  if (result.kind === 'found') return result.choice.provider
  return nameOf(text, providers)?.provider.name
}
