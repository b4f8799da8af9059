/**
 * The config as the rest of ccr sees it: values are checked and defaults filled in. Only `Router`
 * (but for its default) and `transformer` stay as written, since custom routers and transformers may
 * read keys that ccr does not know.
 */
import type { UserTransformerConfig } from './schema/transformer.ts'

export const LOG_LEVELS = ['fatal', 'error', 'warn', 'info', 'debug', 'trace'] as const
export type LogLevel = (typeof LOG_LEVELS)[number]

/** How long a provider may take, in ms; an absent limit is that of the whole config. */
export interface ProviderTimeouts {
  /** Until the connection is established. */
  readonly connect?: number
  /** From the request to the first byte of the response. */
  readonly firstByte?: number
  /** Between two chunks of the response. */
  readonly idle?: number
}

/** What the config says of one model of a provider. */
export interface ModelConfig {
  /** The name under which it is shown. */
  readonly name?: string
  readonly price?: PriceConfig
  /** What it takes and gives; what is not said is absent. */
  readonly abilities: {
    /** Tokens of prompt and answer together. */
    readonly contextWindow?: number
    /** Most tokens of one answer. */
    readonly maxOutput?: number
    readonly images?: boolean
    readonly reasoning?: boolean
    readonly tools?: boolean
  }
}

/** The servers of models that can be queried about them; `openai`: any that lists limits in `/v1/models`. */
export type ReportingServer = 'ollama' | 'llamacpp' | 'lmstudio' | 'openai'

/** What the server of a provider reports of one of its models. Absent: it does not say. */
export interface ReportedModel {
  readonly server: ReportingServer
  /** Tokens of prompt and answer together, as far as `basis` says. */
  readonly contextWindow?: number
  /**
   * What `contextWindow` is: `running`: what the server takes now; `seen`: what it took when the model
   * was last loaded; `set`: what it will take once it loads the model; `model`: what the model was made
   * for, where the server may take less.
   */
  readonly basis?: 'running' | 'seen' | 'set' | 'model'
  /** Tokens that the model was made for, whatever the server takes. */
  readonly modelWindow?: number
  readonly images?: boolean
  readonly reasoning?: boolean
  readonly tools?: boolean
  /** Whether a window that is too small is a parameter of the model itself (Ollama's `num_ctx`). */
  readonly isParameter?: true
}

export interface ProviderConfig {
  readonly name: string
  /** `api_base_url`: the complete endpoint; '' for the built-in demo or while `missing` says why. */
  readonly url: string
  /** `api_key` with its variables replaced; '' when there is none. */
  readonly apiKey: string
  /** All keys, where the config lists several; `apiKey` is the first. */
  readonly apiKeys?: readonly string[]
  /** `provider,model` to try when a model of this provider fails. */
  readonly fallback?: readonly string[]
  /** Model ids as the provider knows them; empty when the config lists none. */
  readonly models: readonly string[]
  /** The config lists `"*"` among the models: any other id is accepted as well. */
  readonly takesAny?: true
  /** What `models` says of single ones, by their ids; absent when it lists only ids. */
  readonly modelDetails?: Readonly<Record<string, ModelConfig>>
  /** The context window of its models in tokens, or of each by its id (`*`: any other); that of the catalogue when absent. */
  readonly contextWindow?: number | Readonly<Record<string, number>>
  /**
   * What its server reports, by model id (`*`: any other); never in the file: see `withReports`. A
   * daemon's map changes while it runs.
   */
  readonly reported?: ReadonlyMap<string, ReportedModel>
  readonly timeouts?: ProviderTimeouts
  /** A file of certificate authorities to trust for this provider; absolute. */
  readonly caFile?: string
  /** Headers sent with every request; names in lower case. */
  readonly headers?: Readonly<Record<string, string>>
  /** `transformer` as written. */
  readonly transformer?: unknown
  /**
   * Environment variables that `api_key` or `api_base_url` refer to and that are unset or empty.
   * A provider with any cannot be called; one that a session does not use must not stop it.
   */
  readonly missing: readonly string[]
  /** The variable that `api_key` consists of, if it is only that: `ccr key set` keeps its value. */
  readonly keyVariable?: string
}

/** How often a request that fails before its first byte is retried, once no other key or model is left. */
export interface RetryConfig {
  readonly repeats: number
  /** No retry begins later than this after the request arrived, in ms. */
  readonly repeatWithinMs: number
  /** Whether a request that the provider may have read, and bill, is sent again. */
  readonly afterSend: boolean
}

export interface RouterConfig {
  /** `provider,model`: the model for requests that no other rule matches. */
  readonly default?: string
  readonly [scenario: string]: unknown
}

/** The price of tokens, in USD per million. */
export interface PriceRates {
  readonly input: number
  readonly output: number
  /** Absent: as `input`. */
  readonly cacheRead?: number | undefined
  /** Absent: as `input`. */
  readonly cacheWrite?: number | undefined
  /** Writes that live an hour. Absent: twice `input`. */
  readonly cacheWrite1h?: number | undefined
}

/** A price that the config sets. */
export interface PriceConfig extends PriceRates {
  /** Other rates for requests with more input tokens than `over`. */
  readonly tiers?: readonly (PriceRates & { readonly over: number })[] | undefined
  /** The day on which the price was valid, as written. */
  readonly date?: string | undefined
}

/** A limit to what may be spent. */
export interface BudgetConfig {
  /** `day` when absent. */
  readonly per?: 'day' | 'month' | undefined
  /** USD: once this much is spent, further requests are refused. */
  readonly limit?: number | undefined
  /** USD: once this much is spent, a warning is shown. */
  readonly warn?: number | undefined
  /** Counts only what this provider costs; `*`: a budget for each provider. */
  readonly provider?: string | undefined
  /** Counts only what the session of this preference spends; `*`: a budget for each session. */
  readonly session?: string | undefined
  /** Whether to refuse requests while the amount spent is unknown. */
  readonly strict?: boolean | undefined
}

/** What other models and services do for models that cannot. */
export interface LendConfig {
  /** `provider,model` that describes images for models that take none; absent: none. */
  readonly vision?: string
  /** `provider,model` with a web search, or a search service; absent: none. */
  readonly webSearch?: string | SearchServiceConfig
  /** `forceUseImageAgent`: `Router.image` describes images, and takes no request as a whole. */
  readonly onlyDescribesImages?: true
}

export interface SearchServiceConfig {
  readonly service: 'searxng' | 'brave' | 'tavily'
  /** Its address; absent: that of the public service. */
  readonly url?: string
  /** `api_key` with its variables replaced; '' when there is none. */
  readonly apiKey: string
  /** USD per 1000 searches; absent: not known. */
  readonly price?: number
  /** Environment variables that `url` or `api_key` refer to and that are unset or empty. */
  readonly missing: readonly string[]
}

/** Files of the user that a config names. Paths are absolute (a config may write them relative to its folder); '' stands for none. */
export interface Extensions {
  /** `transformers`: modules with transformers. */
  readonly transformers: readonly UserTransformerConfig[]
  /** `CUSTOM_ROUTER_PATH`: a module that chooses the model. */
  readonly router: string
  /** `REWRITE_SYSTEM_PROMPT`: a text that replaces the client's system prompt. */
  readonly systemPrompt: string
}

export interface Config {
  /** Absolute path of the file; '' when there is none (the demo needs none). */
  readonly file: string
  readonly providers: readonly ProviderConfig[]
  readonly router: RouterConfig
  /** `Preferences`: aliases for preferences, and what each stands for (another alias, or a model). */
  readonly preferences: Readonly<Record<string, string>>
  /** `provider,model` to try when the first fails: by scenario, `default`, or `preference`. */
  readonly fallback: Readonly<Record<string, readonly string[]>>
  /** `Prices`: by `provider,model` or `provider`; they take precedence over the built-in catalogue. */
  readonly prices: Readonly<Record<string, PriceConfig>>
  /** `Retry`: retries of failures that may be temporary. */
  readonly retry: RetryConfig
  /** `Usage`: whether requests are recorded, and for how many days the records are kept (0: for ever). */
  readonly usage: { readonly record: boolean; readonly keepDays: number }
  /** `Budgets`: limits to what may be spent. */
  readonly budgets: readonly BudgetConfig[]
  /** `Lend`: what other models and services do for models that cannot. */
  readonly lend: LendConfig
  /** The user's files that route requests, transform them or replace the system prompt. */
  readonly extensions: Extensions
  /** Port of the default session; sessions with a preference use the 100 ports after it. */
  readonly port: number
  readonly host: string
  /** `APIKEY`: what clients must send; '' when unset. */
  readonly apiKey: string
  /**
   * `REQUIRE_TOKEN`: whether every client needs the session's token or `APIKEY`. Null when the file
   * does not set it: see `accessOf` of the guard.
   */
  readonly requireToken: boolean | null
  readonly log: boolean
  readonly logLevel: LogLevel
  /** `API_TIMEOUT_MS`: how long the client waits for an answer, and a provider may be silent, in ms. */
  readonly apiTimeoutMs: number
  /** `PROXY_URL`: HTTP or SOCKS5 proxy for calls to providers; '' when unset. */
  readonly proxyUrl: string
  /** `CA_FILE`: a file of certificate authorities to trust in addition to Node's own; '' when unset. */
  readonly caFile: string
  /** `CLAUDE_PATH`: the claude executable; '' when unset. */
  readonly claudePath: string
  /** `NON_INTERACTIVE_MODE`: claude runs in CI, without a terminal. */
  readonly nonInteractive: boolean
  /** `PING_AFTER_MS`: silence of the provider, in ms, after which headers and a ping go out. */
  readonly pingAfterMs: number
  /** `REQUEST_CACHE`: whether requests are read by what is new in them. */
  readonly requestCache: boolean
  /** Names of the environment variables the file refers to, set or not. */
  readonly variables: readonly string[]
  /** Those of them that keys are taken from. */
  readonly keyVariables: readonly string[]
  /** Problems that do not stop a session; each begins with file, line and column. */
  readonly warnings: readonly string[]
  /**
   * The warnings that matter only to sessions that use a provider, by its name: a key that is not set,
   * a transformer that is not known.
   */
  readonly providerWarnings: Readonly<Record<string, readonly string[]>>
  /** The warnings that make `ccr config check` fail: something is certainly not as intended. */
  readonly mistakes: readonly string[]
}
