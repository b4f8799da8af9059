/** Finding the one configured model that a text means, or the reason why there is none. */
import { formatModelRef, type ModelRef } from '../lib/model-ref.ts'
import { DEMO_PROVIDER } from '../config/demo.ts'
import { depth, nearness, sameModels } from './model-id.ts'

/** What a provider offers; without models it takes any. */
export interface Offer {
  readonly name: string
  readonly models: readonly string[]
  /** Whether it takes models that it does not list as well. */
  readonly takesAny?: boolean
  /** What the config says of its models, by id. */
  readonly modelDetails?: Readonly<Record<string, { readonly name?: string }>>
}

/** A text that begins with the name of a configured provider. */
export interface Named {
  readonly provider: Offer
  /** The rest, trimmed; may be ''. */
  readonly model: string
}

export type Lookup =
  | { readonly kind: 'none' }
  | { readonly kind: 'found'; readonly choice: ModelRef; readonly note?: string }
  | { readonly kind: 'missing'; readonly reason: string }
  | {
      readonly kind: 'ambiguous'
      readonly candidates: readonly ModelRef[]
      readonly reason: string
    }

/** What the demo answers as when no model is named. */
const DEMO_MODEL = 'demo-a'
const DEMO: Offer = { name: DEMO_PROVIDER, models: [] }
const LISTED = 5

/** The model that `wanted` means; see `resolvePreference` for the rules. */
export function lookUp(wanted: string, offers: readonly Offer[]): Lookup {
  const text = wanted.trim()
  if (text === '') return { kind: 'none' }
  if (text.toLowerCase() === DEMO_PROVIDER) return demo(DEMO_PROVIDER, '')
  const named = nameOf(text, offers)
  return named === undefined ? inAll(text, offers) : inProvider(text, named)
}

/**
 * `Router.default` by the rules of a preference; but a model that its provider does not list is
 * taken as written, because existing configs list only some of the models they route to.
 */
export function defaultChoice(written: string, providers: readonly Offer[]): Lookup {
  const text = written.trim()
  const result = lookUp(text, providers)
  const named = nameOf(text, providers)
  if (result.kind === 'found' || named === undefined || named.model === '') return result
  return { kind: 'found', choice: { provider: named.provider.name, model: named.model } }
}

/**
 * The configured provider that `text` begins with, before a comma or slash. The longest name wins,
 * then the one in the same upper and lower case. The built-in demo is always configured.
 */
export function nameOf(text: string, offers: readonly Offer[]): Named | undefined {
  let best: Named | undefined
  for (const provider of [...offers, DEMO]) {
    const model = behind(text, provider.name)
    if (model === undefined) continue
    const named = { provider, model }
    if (best === undefined || isNearer(provider.name, best.provider.name, text)) best = named
  }
  return best
}

function isNearer(name: string, other: string, text: string): boolean {
  if (name.length !== other.length) return name.length > other.length
  return text.startsWith(name) && !text.startsWith(other)
}

/** What follows `name` and a separator in `text`; undefined when it does not begin so. */
function behind(text: string, name: string): string | undefined {
  const written = text.slice(0, name.length)
  if (written === '' || written.toLowerCase() !== name.toLowerCase()) return undefined
  const rest = text.slice(name.length).trimStart()
  return /^[,/]/.test(rest) ? rest.slice(1).trim() : undefined
}

/** The models that the config gives this very name, in any case: they are shown by it. */
export function modelsShownAs(text: string, offers: readonly Offer[]): ModelRef[] {
  const lower = text.trim().toLowerCase()
  return offers.flatMap(({ name: provider, modelDetails = {} }) =>
    Object.entries(modelDetails)
      .filter(([, { name = '' }]) => name !== '' && name.trim().toLowerCase() === lower)
      .map(([model]) => ({ provider, model })),
  )
}

/** The model of a named provider. `text` is the whole as the user wrote it. */
export function inProvider(text: string, { provider, model }: Named): Lookup {
  const { name, models } = provider
  if (name.toLowerCase() === DEMO_PROVIDER) return demo(name, model)
  if (model === '') return { kind: 'missing', reason: `"${text}" names no model of ${name}` }
  if (models.length === 0 && provider.takesAny !== true) {
    const note = `${name} lists no models in the config; ${model} is taken as given`
    return { kind: 'found', choice: { provider: name, model }, note }
  }
  const same = sameModels(model, models).map((id) => ({ provider: name, model: id }))
  if (same.length > 0) return unique(text, same, false)
  const near = nearest([provider], (id) => nearness(model, id))
  if (near.length > 0) return unique(text, near, true)
  if (provider.takesAny === true) return { kind: 'found', choice: { provider: name, model } }
  return { kind: 'missing', reason: `${name} has no model "${model}" in the config` }
}

function demo(provider: string, model: string): Lookup {
  return { kind: 'found', choice: { provider, model: model === '' ? DEMO_MODEL : model } }
}

function inAll(text: string, offers: readonly Offer[]): Lookup {
  const exact = offers.find(({ models }) => models.includes(text))
  if (exact !== undefined) return { kind: 'found', choice: { provider: exact.name, model: text } }
  for (const { name, models } of offers) {
    const same = sameModels(text, models).map((model) => ({ provider: name, model }))
    if (same.length > 0) return unique(text, same, false)
  }
  // A maker that only `text` names may be a provider that is not configured: not taken for another.
  const near = nearest(offers, (id) => (depth(text) > depth(id) ? undefined : nearness(text, id)))
  if (near.length > 0) return unique(text, near, true)
  return { kind: 'missing', reason: whyNowhere(text, offers) }
}

/** The listed models that only add a maker, else those that differ by a date. */
function nearest(offers: readonly Offer[], near: (id: string) => 0 | 1 | undefined): ModelRef[] {
  const found: [ModelRef[], ModelRef[]] = [[], []]
  for (const { name, models } of offers) {
    for (const id of new Set(models)) {
      const tier = near(id)
      if (tier !== undefined) found[tier].push({ provider: name, model: id })
    }
  }
  return found[0].length > 0 ? found[0] : found[1]
}

/** One candidate is taken, with a note when it is not what was written; of several none is guessed. */
function unique(text: string, candidates: readonly ModelRef[], say: boolean): Lookup {
  const [choice, ...others] = candidates
  if (choice !== undefined && others.length === 0) {
    return {
      kind: 'found',
      choice,
      ...(say ? { note: `${text} taken as ${formatModelRef(choice)}` } : {}),
    }
  }
  const listed = candidates.slice(0, LISTED).map((candidate) => `"${formatModelRef(candidate)}"`)
  const more = candidates.length > LISTED ? ` and ${candidates.length - LISTED} more` : ''
  const reason = `"${text}" fits several models: ${listed.join(', ')}${more}; write one in full`
  return { kind: 'ambiguous', candidates, reason }
}

function whyNowhere(text: string, offers: readonly Offer[]): string {
  const lower = text.toLowerCase()
  const provider = offers.find(({ name }) => name.toLowerCase() === lower)
  if (provider !== undefined) return `"${text}" is a provider; write a model too, as ${text},MODEL`
  const [left = ''] = text.split(/[,/]/, 1)
  const unknown = `there is no provider "${left.trim()}" in the config`
  if (left.length === text.length) return `no provider lists the model "${text}"`
  return text[left.length] === ','
    ? unknown
    : `${unknown}, and no provider lists the model "${text}"`
}
