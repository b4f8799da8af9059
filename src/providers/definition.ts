/** What ccr knows of a provider: the type of the files beside this one, and what several of them share. */
import type { ReportingServer } from '../config/config.ts'
import type { CostField } from '../pricing/reported-cost.ts'
import type { Price } from '../pricing/cost.ts'
import type { ClaudeHostName } from '../protocols/anthropic/hosts.ts'
import { OPENAI_EFFORTS } from '../protocols/reasoning.ts'
import type { GeminiQuirks } from '../protocols/gemini/types.ts'
import type { Quirks, ReasoningQuirk } from '../protocols/openai-chat/types.ts'
import type { Capabilities } from '../protocols/protocol.ts'
import type { AuthName } from './auth/auth.ts'

/** A provider is data: protocol × endpoint × authentication × quirks. docs/adding-a-provider.md leads through it. */
export interface ProviderDefinition {
  /** The name of its file, and the name that a config usually gives it. */
  readonly id: string
  /** What people call it, where that is not the id. */
  readonly title?: string
  /** Other names that configs give this provider; case and punctuation do not matter. */
  readonly names?: readonly string[]
  /** `local`: users run it themselves; their models have the limits that the user set, and cost nothing. */
  readonly kind: 'hosted' | 'local'
  /**
   * Hosts (with a port where it is not the scheme's own) whose endpoints are this provider's; `*`
   * stands for one or more parts of a name.
   */
  readonly hosts: readonly string[]
  /** Where its API is on these hosts, for endpoints that leave it out or give only its beginning: `/api/v1`. */
  readonly basePath?: string
  /** Endpoints on these hosts of another API, whose readers mean this one. */
  readonly otherPaths?: readonly string[]
  /** What it speaks unless the config's URL or a transformer names another protocol. */
  readonly protocol: ProtocolName
  /** Models that this provider has another protocol for. The first that fits counts. */
  readonly modelProtocols?: readonly ModelProtocol[]
  /**
   * Whose the Messages API of these hosts is: Anthropic's, or that of a host of Claude. Absent: another
   * maker's, which only resembles it and refuses what is new.
   */
  readonly messagesApi?: 'anthropic' | ClaudeHostName
  readonly auth: AuthName
  /** Whether the built-in transformer of the same name was written for this provider. */
  readonly hasTransformer?: true
  /** How its Chat Completions differ from `COMPATIBLE`; unused for other protocols. */
  readonly quirks?: ChatQuirks
  /** How its generateContent differs; absent for providers that have none. */
  readonly geminiQuirks?: SourcedFields<GeminiQuirks>
  /**
   * The fields and words by which its Chat Completions take thinking and effort; the first rule that
   * fits a model counts. Which efforts a model knows is in src/protocols/reasoning.ts: it does not
   * depend on who serves the model.
   */
  readonly reasoning: Sourced<readonly ReasoningQuirk[]> | None
  /** How the provider's web search is requested in Chat Completions; absent: it has none. */
  readonly webSearch?: Sourced<NonNullable<Quirks['search']>>
  /** Where the usage of its answers reports what they cost, in any protocol; absent: nowhere. */
  readonly cost?: Sourced<CostField>
  /** How its server reports what it takes of each model (src/providers/model-reports/); absent: it is never queried. */
  readonly reports?: Sourced<ReportingServer>
  /** How `ccr init` and `ccr provider add` set it up. */
  readonly init: HostedInit | LocalInit | None
  /** How `npm run test:live` tests it. */
  readonly live: readonly LiveTest[] | None
  /** Where the limits, abilities and prices of its models come from. */
  readonly catalogue: CatalogueSource | ListedModels | None
  /** For docs/providers.md. */
  readonly docs: ProviderDocs
}

/** Protocols by name; `anthropic` is forwarded. */
export type ProtocolName =
  'openai-chat' | 'openai-responses' | 'anthropic' | 'gemini' | 'bedrock-converse'

/** A fact about a provider, and where it comes from: a page, a fixture of the tests, or the server's words. */
export interface Sourced<T> {
  readonly value: T
  readonly source: string
}

/** Differences from `COMPATIBLE`; reasoning and the web search have fields of their own. */
export type ChatQuirks = SourcedFields<Omit<Quirks, 'reasoning' | 'search'>>

export type SourcedFields<T> = { readonly [K in keyof T]?: Sourced<NonNullable<T[K]>> }

/** Instead of a part that every provider has: why this one has none. */
export interface None {
  readonly none: string
}

/** A protocol for some models of a provider, beside the one for all. */
export interface ModelProtocol {
  readonly models: RegExp
  readonly protocol: ProtocolName
  /** Used where the URL of the config does not itself name a protocol: its path looks like this. */
  readonly path: RegExp
  /** Only at the provider's hosts: another server of the same name may not have it. */
  readonly onlyAtHosts?: true
  readonly source: string
}

export interface HostedInit {
  /** The variables in which its key is looked for; the first is the usual one. */
  readonly variables: readonly string[]
  readonly url: string
  /** A few models worth starting with, the default first; each is in the catalogue. */
  readonly models: readonly string[]
  /** Where to get a key. */
  readonly keys: string
}

export interface LocalInit {
  /** Where it listens by default, without a path. */
  readonly origin: string
}

/** A short conversation with a small model, for users of `npm run test:live`. */
export interface LiveTest {
  /** Absent: the provider's id. */
  readonly name?: string
  /** The variable of the key; absent: the first of `init`. */
  readonly variable?: string
  /** Absent: that of `init`. */
  readonly url?: string
  readonly model: string
}

/** What the packages that `scripts/catalogue.mjs` reads call this provider. */
export interface CatalogueSource {
  /** In @earendil-works/pi-ai; the first that has a model wins. */
  readonly piAi: readonly string[]
  /** In @pydantic/genai-prices; absent: it has no prices of it. */
  readonly genaiPrices?: string
  /**
   * Whether its limits hold for models that another provider serves and does not list. `maker`: it
   * makes models; `reseller`: it serves those of others, and is the last to be consulted.
   */
  readonly reference?: 'maker' | 'reseller'
  /** OpenRouter's ids of models that this maker alone serves: its price for them counts there too. */
  readonly closedWeights?: RegExp
}

/** Models listed by hand, of a provider that the packages do not know. Each has its `contextWindow`. */
export interface ListedModels {
  readonly models: Readonly<Record<string, Capabilities & { readonly price?: Price }>>
  /** The page that the list was taken from. */
  readonly source: string
  /** When: `2026-11-23`. */
  readonly date: string
}

export interface ProviderDocs {
  /** Values of `api_base_url`; what follows a space is a remark. */
  readonly addresses: readonly string[]
  /** How the key is sent, where `auth` does not tell everything. */
  readonly key?: string
  /** A section of its own, in Markdown. */
  readonly section?: { readonly title: string; readonly text: string }
}

/** Describes a provider; list it in index.ts. */
export function defineProvider(definition: ProviderDefinition): ProviderDefinition {
  return definition
}

/** A fact with its source: a URL, `fixture NAME` for a fixture of the tests, or the server's words in quotation marks. */
export function sourced<T>(value: T, source: string): Sourced<T> {
  return { value, source }
}

/** What any server that calls itself OpenAI-compatible understands. */
export const COMPATIBLE: Quirks = {
  maxTokens: 'max_tokens',
  midSystem: 'user',
  streamOptions: true,
  jsonSchema: true,
}

/** What any server that speaks Gemini's generateContent understands, proxies included. */
export const GEMINI_COMPATIBLE: GeminiQuirks = { jsonSchema: false, ids: false }

/** The quirks of a provider's Chat Completions, with the defaults. */
export function chatQuirks(definition: ProviderDefinition): Quirks {
  const { kind, protocol, quirks = {}, reasoning, webSearch } = definition
  // What a company serves under its name takes system messages anywhere; of other servers that is not known.
  const takesSystem = kind === 'hosted' && protocol === 'openai-chat'
  return {
    ...COMPATIBLE,
    ...(takesSystem ? { midSystem: 'system' } : {}),
    ...('none' in reasoning ? {} : { reasoning: reasoning.value }),
    ...(webSearch === undefined ? {} : { search: webSearch.value }),
    ...valuesOf<Quirks>(quirks),
  }
}

/** The quirks of a provider's generateContent, with the defaults. */
export function geminiQuirks({ geminiQuirks: quirks = {} }: ProviderDefinition): GeminiQuirks {
  return { ...GEMINI_COMPATIBLE, ...valuesOf<GeminiQuirks>(quirks) }
}

function valuesOf<T>(fields: SourcedFields<T>): Partial<T> {
  const entries = Object.entries<Sourced<unknown> | undefined>(fields)
  return Object.fromEntries(entries.map(([name, fact]) => [name, fact?.value])) as Partial<T>
}

/** A server on this machine at its default port. */
export function localHosts(port: number): readonly string[] {
  return ['localhost', '127.0.0.1', '[::1]'].map((host) => `${host}:${String(port)}`)
}

/** `reasoning_effort` with the words that most servers know. */
export const REASONING_EFFORT: ReasoningQuirk = {
  effort: 'reasoning_effort',
  words: OPENAI_EFFORTS,
}

/** Open models that take an effort wherever they run. */
export const GPT_OSS: ReasoningQuirk = { ...REASONING_EFFORT, models: /gpt-oss/i }

/** Models whose efforts are known, where `reasoning_effort` is what a server would know. */
export const KNOWN_EFFORTS: ReasoningQuirk = { models: 'known', effort: 'reasoning_effort' }

/** Words of servers that know one effort above `high`. */
export const XHIGH = { xhigh: 'xhigh', max: 'xhigh' } as const
