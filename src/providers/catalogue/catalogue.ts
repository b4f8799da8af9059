/**
 * What models can take and give and what they cost, as far as it is known: data of a date, written
 * by scripts/catalogue.mjs, and lists in the definitions of providers. The models of a provider are
 * indexed at their first use.
 */
import type { Capabilities } from '../../protocols/protocol.ts'
import type { Price, Rates } from '../../pricing/cost.ts'
import { PROVIDERS, providerById } from '../index.ts'
import catalogue from './catalogue.json' with { type: 'json' }

/** What a model costs by the catalogue. */
export interface ListedPrice extends Price {
  /** USD per 1000 searches of the provider's own web search. */
  readonly webSearches?: number
  /** Whether two sources say so, only one knows the price, or they differ. */
  readonly checked: 'agreed' | 'single' | 'differs'
}

/** Where a provider's prices come from, and their day. */
export function priceSource(provider: string): { readonly source: string; readonly date: string } {
  const listed = providerById(provider)?.catalogue
  if (listed !== undefined && 'models' in listed)
    return { source: listed.source, date: listed.date }
  return { source: `${catalogue.source} ${catalogue.version}`, date: catalogue.date }
}

export interface ModelDetails extends Capabilities {
  /** Absent where the provider sells no single tokens. */
  readonly price?: ListedPrice
}

const LINES: Readonly<Record<string, readonly string[]>> = catalogue.rows

/** Providers whose limits hold wherever the same model runs: makers first, then who resells the models of others. */
const REFERENCES = [...referencesOf('maker'), ...referencesOf('reseller')]

function referencesOf(kind: 'maker' | 'reseller'): readonly string[] {
  return PROVIDERS.filter(
    ({ catalogue }) => 'reference' in catalogue && catalogue.reference === kind,
  ).map(({ id }) => id)
}

/**
 * What is known of a model of a provider; undefined for nothing. A model that is not listed for the
 * provider is looked up at its maker: then only what does not depend on who serves it counts.
 * @param provider its id.
 * @param model the provider's id for it; maker prefixes, dates and `:variant` do not matter.
 */
export function modelDetails(provider: string, model: string): ModelDetails | undefined {
  const key = `${provider}\n${model}`
  if (found.has(key)) return found.get(key)
  const details = findDetails(provider, model)
  if (found.size === MOST_FOUND) found.clear()
  found.set(key, details)
  return details
}

/** What was looked up before: each request does. */
const found = new Map<string, ModelDetails | undefined>()
/** The client may name any number of models. */
const MOST_FOUND = 500

function findDetails(provider: string, model: string): ModelDetails | undefined {
  const listed = lookUp(provider, model)
  if (listed !== undefined) return listed
  if (isLocalProvider(provider)) return undefined
  for (const reference of REFERENCES) {
    const { contextWindow, reasoning, images } = lookUp(reference, model) ?? {}
    if (contextWindow !== undefined) {
      return known<ModelDetails>({ contextWindow, reasoning, images })
    }
  }
  return undefined
}

/** What is known of a model's limits and abilities; see `modelDetails`. */
export function capabilitiesOf(provider: string, model: string): Capabilities | undefined {
  return modelDetails(provider, model)
}

/** Models by their names, each with what is known of it. */
type Index = ReadonlyMap<string, () => ModelDetails>

const indexes = new Map<string, Index>()

function lookUp(provider: string, model: string): ModelDetails | undefined {
  let index = indexes.get(provider)
  if (index === undefined) {
    index = indexOf(entriesOf(provider))
    indexes.set(provider, index)
  }
  const details = (index.get(model.toLowerCase()) ?? index.get(plainName(model)))?.()
  return details && model.endsWith(':free') ? { ...details, price: FREE } : details
}

type Entry = readonly [id: string, details: () => ModelDetails]

/** The ids of the models that are known of a provider. */
export function catalogueIds(provider: string): readonly string[] {
  return entriesOf(provider).map(([id]) => id)
}

/** The models of the catalogue, or those that the provider's definition lists. */
function entriesOf(provider: string): readonly Entry[] {
  const lines = LINES[provider]
  if (lines !== undefined) return lines.map((line) => [idOf(line), () => read(line)])
  const { catalogue } = providerById(provider) ?? {}
  if (catalogue === undefined || !('models' in catalogue)) return []
  return Object.entries(catalogue.models).map(([id, { price, ...abilities }]): Entry => {
    const listed = price && known<ListedPrice>({ ...price, checked: 'single' })
    return [id, () => known<ModelDetails>({ ...abilities, price: listed })]
  })
}

/** OpenRouter's `:free` edition of a model that others pay for. */
const FREE: ListedPrice = { input: 0, output: 0, checked: 'agreed' }

/**
 * Models by their whole ids, and by plain names where no id is in the way. A plain name is that of
 * the model without an edition, else of its latest edition: an old one may be smaller.
 */
function indexOf(entries: readonly Entry[]): Index {
  const index = new Map(entries.map(([id, details]) => [id.toLowerCase(), details]))
  for (const [id, details] of entries.toSorted(latestFirst)) {
    const name = plainName(id)
    if (!index.has(name)) index.set(name, details)
  }
  return index
}

function latestFirst([a]: Entry, [b]: Entry): number {
  return rankOf(a) - rankOf(b) || (a < b ? 1 : -1)
}

/** 0: the model itself, then what is called its latest edition, other editions, variants such as `:batch`. */
function rankOf(id: string): number {
  if (/:[a-z]/i.test(id)) return 3
  if (id.endsWith('-latest')) return 1
  return EDITION.test(id) ? 2 : 0
}

function idOf(line: string): string {
  return line.slice(0, line.indexOf(' '))
}

/** Whether users run this provider's servers themselves: its models have the limits that they set. */
export function isLocalProvider(provider: string): boolean {
  return providerById(provider)?.kind === 'local'
}

function read(line: string): ModelDetails {
  const [, contextWindow, maxOutput, abilities = '', ...price] = line.split(' ')
  return known<ModelDetails>({
    contextWindow: Number(contextWindow) || undefined,
    maxOutput: Number(maxOutput) || undefined,
    reasoning: abilities.includes('r'),
    images: abilities.includes('i'),
    price: readPrice(price),
  })
}

const MARKS: Readonly<Record<string, ListedPrice['checked']>> = {
  '=': 'agreed',
  '1': 'single',
  '~': 'differs',
}

/** Numbers for the rates of one step. */
const RATES = 5

/** Reads `= 3 15 0.3 3.75 6 >200000 6 22.5 0.6 7.5 12 $10`. */
function readPrice([mark = '', ...words]: readonly string[]): ListedPrice | undefined {
  const checked = MARKS[mark]
  if (checked === undefined) return undefined
  const searches = words.find((word) => word.startsWith('$'))
  const tiers = words.flatMap((word, at) =>
    word.startsWith('>') ? [{ over: Number(word.slice(1)), ...ratesAt(words, at + 1) }] : [],
  )
  return {
    ...ratesAt(words, 0),
    ...(tiers.length === 0 ? {} : { tiers }),
    ...(searches === undefined ? {} : { webSearches: Number(searches.slice(1)) }),
    checked,
  }
}

function ratesAt(words: readonly string[], at: number): Rates {
  const [input = 0, output = 0, ...cache] = words.slice(at, at + RATES).map(Number)
  const [cacheRead, cacheWrite, cacheWrite1h] = cache.map((rate) => rate || undefined)
  return {
    input,
    output,
    ...known<Omit<Rates, 'input' | 'output'>>({ cacheRead, cacheWrite, cacheWrite1h }),
  }
}

type Partly<T> = { readonly [K in keyof T]?: T[K] | undefined }

function known<T extends object>(facts: Partly<T>): T {
  return Object.fromEntries(Object.entries(facts).filter(([, value]) => value !== undefined)) as T
}

/** Of Bedrock's ids: where it runs, who made it. */
const BEDROCK_PREFIX =
  /^(?:[a-z]{2,6}\.)?(?:ai21|amazon|anthropic|cohere|deepseek|google|meta|minimax|mistral|moonshot(?:ai)?|nvidia|openai|qwen|writer|zai)\./
/** Ends that say which edition it is, not which model. */
const EDITION =
  /(?:@\w+|-v\d|-(?:latest|preview|exp)|-\d{8}|-\d{4}-\d\d-\d\d|-\d\d-(?:\d{4}|\d\d)|-\d{4})$/

/** Previews of GPT-4 Turbo, with its window: https://platform.openai.com/docs/models/gpt-4-turbo */
const TURBO_PREVIEW = /^gpt-4-(?:1106|0125|turbo)-preview$/

/** A model's name without its maker, its edition and its variant: `anthropic/claude-sonnet-4.5:free`. */
function plainName(id: string): string {
  let name = (id.split('/').at(-1) ?? '').toLowerCase().replace(/\[1m\]$|:[^:]*$/, '')
  name = name.replace(BEDROCK_PREFIX, '').replace(TURBO_PREVIEW, 'gpt-4-turbo')
  for (let shorter = ''; shorter !== name;) {
    shorter = name
    name = name.replace(EDITION, '')
  }
  return name.replace(/(\d)[.p](?=\d)/g, '$1-')
}
