/** The provider that is built in: how configs and preferences name it, and what it offers. */

/** The name of the provider that is built in: it needs no URL, no key and no config file. */
export const DEMO_PROVIDER = 'demo'

/** The models it offers when the config does not list any. */
export const DEMO_MODELS: readonly string[] = ['demo-a', 'demo-b']

/** Whether a provider of a loaded config is the built-in one. */
export function isDemoProvider({ name }: { readonly name: string }): boolean {
  return name === DEMO_PROVIDER
}

/** The same of a name as it is written in a config file. */
export function isDemoName(name: unknown): boolean {
  return typeof name === 'string' && name.trim().toLowerCase() === DEMO_PROVIDER
}

/** True for `demo`, `demo,x` and `demo/x`: a preference that needs no config. */
export function isDemoPreference(preference: string): boolean {
  return /^demo\s*(?:$|[,/])/i.test(preference.trim())
}
