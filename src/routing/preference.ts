/** Resolves a session's preference to a configured model. */
import { formatModelRef, type ModelRef } from '../lib/model-ref.ts'
import { type Names, resolveAlias } from '../config/preferences.ts'
import { suggest } from '../lib/suggest.ts'
import { lookUp, type Lookup, modelsShownAs, type Named, nameOf, type Offer } from './lookup.ts'
import { lastSegment } from './model-id.ts'

export type Preference =
  | { readonly kind: 'none' }
  /** `note` says aloud what was taken when it is not what was written. */
  | { readonly kind: 'found'; readonly choice: ModelRef; readonly note?: string }
  /** `suggestions` are preferences to write instead, nearest first. */
  | { readonly kind: 'missing'; readonly reason: string; readonly suggestions: readonly string[] }
  | {
      readonly kind: 'ambiguous'
      readonly candidates: readonly ModelRef[]
      readonly reason: string
    }

const SUGGESTIONS = 3

/**
 * The model that a `CCR_MODEL_PREFERENCE` means among the configured providers.
 *
 * `provider,model` or `provider/model` where the left part is a configured provider, in any case
 * (model ids may hold `/`, `:` and `,`); else the whole is a model id, searched in all providers.
 * The id itself counts first, in the first provider that lists it; then the same in another case;
 * then one that differs only by its maker (`gpt-4`, `openai/gpt-4`) or by a date at the end. Of
 * several such none is guessed. A provider that lists no models, and the built-in demo, take any.
 */
export function resolvePreference(preference: string, providers: readonly Offer[]): Preference {
  const result = lookUp(preference, providers)
  if (result.kind !== 'missing') return result
  return { ...result, suggestions: suggestions(preference.trim(), providers) }
}

/** What decides the meaning of a session's preference. */
export interface PreferenceConfig {
  readonly providers: readonly Offer[]
  /** The names of `Preferences`; none when absent. */
  readonly preferences?: Names
  /** Its default is what the name of a provider alone stands for, if it is of that provider. */
  readonly router?: { readonly default?: string }
}

/**
 * The model that a session's preference means: a name of `Preferences` stands for what the config
 * says, whatever else is called so; anything else goes by the rules of `resolvePreference`.
 */
export function sessionPreference(preference: string, config: PreferenceConfig): Preference {
  const result = lookUpSession(preference, config)
  if (result.kind !== 'missing') return result
  const text = expandAlias(preference, config)
  const near =
    text === preference.trim() ? suggest(text, Object.keys(config.preferences ?? {})) : []
  const all = [...near, ...suggestions(text, config.providers)]
  return { ...result, suggestions: [...new Set(all)].slice(0, SUGGESTIONS) }
}

/** The same for every request: without the search for what else may be meant. */
export function lookUpSession(preference: string, config: PreferenceConfig): Lookup {
  const text = expandAlias(preference, config)
  const result = meantBy(text, config)
  if (!('reason' in result) || text === preference.trim()) return result
  return { ...result, reason: `"${preference.trim()}" stands for "${text}": ${result.reason}` }
}

/** The model of a text; of the name of a provider alone, that provider's default. */
function meantBy(text: string, { providers, router = {} }: PreferenceConfig): Lookup {
  const result = lookUp(text, providers)
  const provider = result.kind === 'missing' ? providerNamed(text, providers) : undefined
  if (provider === undefined) return result
  const standard = lookUp(router.default ?? '', providers)
  const first = provider.models.find((model) => model.trim() !== '')
  const standardChoice =
    standard.kind === 'found' && standard.choice.provider === provider.name
      ? standard.choice
      : first && { provider: provider.name, model: first }
  if (!standardChoice) return result
  return {
    kind: 'found',
    choice: standardChoice,
    note: `${text} is a provider: taken as ${formatModelRef(standardChoice)}`,
  }
}

/** The provider that a text names and nothing else: `openrouter`, `openrouter,`. */
function providerNamed(text: string, providers: readonly Offer[]): Offer | undefined {
  const bare = text.replace(/[,/]$/, '').trimEnd()
  const lower = bare.toLowerCase()
  return (
    providers.find(({ name }) => name === bare) ??
    providers.find(({ name }) => name.toLowerCase() === lower)
  )
}

/** The preference itself, or what its name in `Preferences` stands for. */
export function expandAlias(
  preference: string,
  { preferences = {} }: Pick<PreferenceConfig, 'preferences'>,
): string {
  // Names that lead in a circle are refused when the config is read.
  return resolveAlias(preference, preferences) ?? preference.trim()
}

function suggestions(text: string, providers: readonly Offer[]): string[] {
  const named = nameOf(text, providers)
  const found =
    named === undefined
      ? [...elsewhere(rest(text), providers), ...misspelt(text, providers)]
      : [
          ...elsewhere(text, providers),
          ...misspeltModel(named),
          ...elsewhere(named.model, providers),
        ]
  const shown = modelsShownAs(text, providers).map(formatModelRef)
  return [...new Set([...shown, ...found])].slice(0, SUGGESTIONS)
}

/** Where a model of this very name is. */
function elsewhere(model: string, providers: readonly Offer[]): string[] {
  if (nameOf(model, providers) !== undefined) return listing(model, providers)
  const result = lookUp(model, providers)
  if (result.kind === 'found') return [formatModelRef(result.choice)]
  return result.kind === 'ambiguous' ? result.candidates.map(formatModelRef) : []
}

/** The providers that list `id` itself. */
function listing(id: string, providers: readonly Offer[]): string[] {
  return providers
    .filter(({ models }) => models.includes(id))
    .map(({ name }) => formatModelRef({ provider: name, model: id }))
}

/** What follows the first comma or slash; '' when there is none. */
function rest(text: string): string {
  return /^[^,/]*[,/](.*)$/s.exec(text)?.[1]?.trim() ?? ''
}

function misspeltModel({ provider, model }: Named): string[] {
  const spellings = new Map<string, string>()
  for (const id of provider.models) {
    const ref = formatModelRef({ provider: provider.name, model: id })
    for (const spelling of [id, lastSegment(id)]) spellings.set(spelling, ref)
  }
  return meant(model, spellings)
}

function misspelt(text: string, providers: readonly Offer[]): string[] {
  const model = rest(text)
  const spellings = new Map<string, string>()
  for (const { name, models, takesAny = false } of providers) {
    const refOf = (id: string): string => formatModelRef({ provider: name, model: id })
    if ((models.length === 0 || takesAny) && model !== '') spellings.set(refOf(model), refOf(model))
    for (const id of models) {
      const last = lastSegment(id)
      for (const spelling of [id, last, refOf(id), `${name}/${id}`, refOf(last)]) {
        spellings.set(spelling, refOf(id))
      }
    }
  }
  return meant(text, spellings)
}

function meant(text: string, spellings: ReadonlyMap<string, string>): string[] {
  return suggest(text, spellings.keys(), SUGGESTIONS * 2).map((near) => spellings.get(near) ?? near)
}
