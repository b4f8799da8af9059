import type { Capabilities } from '../formats/format.ts'
import catalogue from './catalogue.json' with { type: 'json' }

/**
 * What models can take and give and what they cost, as far as it is known: data of a date, written
 * by scripts/catalogue.mjs. Each row is indexed when it is first asked for.
 */

/** USD per million tokens; 0 for what has no price of its own. */
interface ListedRates {
  readonly input: number
  readonly output: number
  readonly cacheRead: number
  readonly cacheWrite: number
}

export interface ListedPrice extends ListedRates {
  /** Other rates for requests with more input tokens than `over`. */
  readonly tiers?: readonly (ListedRates & { readonly over: number })[]
}

/** Where the prices come from, and their day. */
export const CATALOGUE_SOURCE = `${catalogue.source} ${catalogue.version}`
export const CATALOGUE_DATE = catalogue.date

export interface ModelFacts extends Capabilities {
  /** Absent where the provider sells no single tokens. */
  readonly price?: ListedPrice
}

const LINES: Readonly<Record<string, readonly string[]>> = catalogue.rows

/** Who makes most models; what a model is does not depend on who serves it. */
const MAKERS = [
  'anthropic',
  'openai',
  'gemini',
  'deepseek',
  'zai',
  'moonshot',
  'minimax',
  'mistral',
  'xai',
  'openrouter',
]

/** Servers whose models come with the limits that their owner set. */
const LOCAL: ReadonlySet<string> = new Set(['ollama', 'lmstudio', 'vllm', 'llamacpp', 'demo'])

/**
 * What is known of a model of a provider row; undefined for nothing. A model that is not listed
 * under the row is looked for under its maker's: then only what does not depend on who serves it.
 * @param model the provider's id for it; maker prefixes, dates and `:variant` do not matter.
 */
export function factsOf(row: string, model: string): ModelFacts | undefined {
  const own = lookUp(row, model)
  if (own !== undefined) return own
  if (LOCAL.has(row)) return undefined
  for (const maker of MAKERS) {
    const { contextWindow, reasoning, images } = lookUp(maker, model) ?? {}
    if (contextWindow !== undefined) return known({ contextWindow, reasoning, images })
  }
  return undefined
}

/** What is known of a model's limits and abilities; see `factsOf`. */
export function capabilitiesOf(row: string, model: string): Capabilities | undefined {
  return factsOf(row, model)
}

type Index = ReadonlyMap<string, string>

const indexes = new Map<string, Index>()

function lookUp(row: string, model: string): ModelFacts | undefined {
  let index = indexes.get(row)
  if (index === undefined) {
    index = indexOf(LINES[row] ?? [])
    indexes.set(row, index)
  }
  const line = index.get(model.toLowerCase()) ?? index.get(plainName(model))
  return line === undefined ? undefined : read(line)
}

/** The lines by their whole ids, and by plain names where no id is in the way. */
function indexOf(lines: readonly string[]): Index {
  const index = new Map(lines.map((line) => [idOf(line).toLowerCase(), line]))
  for (const line of lines) {
    const name = plainName(idOf(line))
    if (!index.has(name)) index.set(name, line)
  }
  return index
}

function idOf(line: string): string {
  return line.slice(0, line.indexOf(' '))
}

/** Whether a row's servers usually stand on the user's own machine. */
export function isLocalRow(row: string): boolean {
  return LOCAL.has(row)
}

function read(line: string): ModelFacts {
  const [listed = '', ...above] = line.split(' >')
  const [, contextWindow, maxOutput, abilities = '', ...numbers] = listed.split(' ')
  const rates = ratesIn(numbers)
  const tiers = above.map((tier) => {
    const [over, ...numbers] = tier.split(' ')
    return { over: Number(over), ...ratesIn(numbers) }
  })
  const price = { ...rates, ...(tiers.length === 0 ? {} : { tiers }) }
  return known({
    contextWindow: Number(contextWindow) || undefined,
    maxOutput: Number(maxOutput) || undefined,
    reasoning: abilities.includes('r'),
    images: abilities.includes('i'),
    price: rates.input + rates.output === 0 ? undefined : price,
  })
}

function ratesIn(numbers: readonly string[]): ListedRates {
  const [input = 0, output = 0, cacheRead = 0, cacheWrite = 0] = numbers.map(Number)
  return { input, output, cacheRead, cacheWrite }
}

type Partly<T> = { readonly [K in keyof T]?: T[K] | undefined }

function known(facts: Partly<ModelFacts>): ModelFacts {
  return Object.fromEntries(Object.entries(facts).filter(([, value]) => value !== undefined))
}

/** Of Bedrock's ids: where it runs, who made it. */
const BEDROCK_PREFIX =
  /^(?:[a-z]{2,6}\.)?(?:ai21|amazon|anthropic|cohere|deepseek|google|meta|minimax|mistral|moonshot(?:ai)?|nvidia|openai|qwen|writer|zai)\./
/** Ends that say which edition it is, not which model. */
const EDITION =
  /(?:@\w+|-v\d|-(?:latest|preview|exp)|-\d{8}|-\d{4}-\d\d-\d\d|-\d\d-(?:\d{4}|\d\d)|-\d{4})$/

/** A model's name without its maker, its edition and its variant: `anthropic/claude-sonnet-4.5:free`. */
function plainName(id: string): string {
  let name = (id.split('/').at(-1) ?? '').toLowerCase().replace(/\[1m\]$|:[^:]*$/, '')
  name = name.replace(BEDROCK_PREFIX, '')
  for (let shorter = ''; shorter !== name;) {
    shorter = name
    name = name.replace(EDITION, '')
  }
  return name.replace(/(\d)[.p](?=\d)/g, '$1-')
}
