/** The config as the rest of the product sees it: every value checked, every default filled in. */
import type { UserTransformerConfig } from './schema/transformer.ts'

export const LOG_LEVELS = ['fatal', 'error', 'warn', 'info', 'debug', 'trace'] as const
export type LogLevel = (typeof LOG_LEVELS)[number]

/** How long a provider may take, in ms; what is absent has the default of the whole config. */
export interface ProviderTimeouts {
  /** Until the connection stands. */
  readonly connect?: number
  /** From the request to the first byte of the answer. */
  readonly firstByte?: number
  /** Between two pieces of the answer. */
  readonly idle?: number
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
  /** `"*"` among the models: any other is taken as well. */
  readonly takesAny?: true
  /** Tokens that its models take, or each of them by its id (`*`: any other); the catalogue's where absent. */
  readonly contextWindow?: number | Readonly<Record<string, number>>
  readonly timeouts?: ProviderTimeouts
  /** A file of certificate authorities that this provider's certificate may be of; absolute. */
  readonly caFile?: string
  /** Sent along with every request, names in small letters. */
  readonly headers?: Readonly<Record<string, string>>
  /** `transformer` as written. */
  readonly transformer?: unknown
  /**
   * Environment variables that `api_key` or `api_base_url` refer to and that are unset or empty.
   * A provider with any cannot be called; one that a session does not use must not stop it.
   */
  readonly missing: readonly string[]
  /** The one variable that `api_key` is, as a whole: what `ccr key set` keeps. */
  readonly keyVariable?: string
}

/** How often a request that fails before its first byte is repeated, beyond other keys and models. */
export interface RetryConfig {
  readonly repeats: number
  /** No repetition begins later than this after the request came, ms. */
  readonly repeatWithinMs: number
  /** Whether a request that the provider may have read, and bill, is sent again. */
  readonly afterSend: boolean
}

export interface RouterConfig {
  /** `provider,model`: where requests go that nothing else claims. */
  readonly default?: string
  readonly [scenario: string]: unknown
}

/** What tokens cost, in USD per million. */
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

/** A price of the user's own. */
export interface PriceConfig extends PriceRates {
  /** Other rates for requests with more input tokens than `over`. */
  readonly tiers?: readonly (PriceRates & { readonly over: number })[] | undefined
  /** Of the price, as written. */
  readonly date?: string | undefined
}

/** How much may be spent. */
export interface BudgetConfig {
  /** `day` when absent. */
  readonly per?: 'day' | 'month' | undefined
  /** USD: nothing more is spent from here on. */
  readonly limit?: number | undefined
  /** USD: it is told from here on. */
  readonly warn?: number | undefined
  /** Only what this provider takes; `*`: each on its own. */
  readonly provider?: string | undefined
  /** Only what the session of this preference spends; `*`: each on its own. */
  readonly session?: string | undefined
  /** Refuse requests while nobody can say what was spent. */
  readonly strict?: boolean | undefined
}

/** Files of the user's own that a config names. Paths are absolute; relative ones in a config start at its folder. '' stands for none. */
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
  /** `Preferences`: names for preferences, and what each stands for (another name, or a model). */
  readonly preferences: Readonly<Record<string, string>>
  /** `provider,model` to try when the first fails: by scenario, `default`, or `preference`. */
  readonly fallback: Readonly<Record<string, readonly string[]>>
  /** `Prices`: by `provider,model` or `provider`; they beat the built-in catalogue. */
  readonly prices: Readonly<Record<string, PriceConfig>>
  /** `Retry`: repetitions of what may be over in a moment. */
  readonly retry: RetryConfig
  /** `Usage`: whether, and for how many days (0: for ever), it is kept what requests took. */
  readonly usage: { readonly record: boolean; readonly keepDays: number }
  /** `Budgets`: how much may be spent. */
  readonly budgets: readonly BudgetConfig[]
  /** The user's own files that route, transform or replace the system prompt. */
  readonly extensions: Extensions
  /** Port of the default session; sessions with a preference use the 100 ports after it. */
  readonly port: number
  readonly host: string
  /** `APIKEY`: what clients must send; '' when unset. */
  readonly apiKey: string
  /**
   * `REQUIRE_TOKEN`: whether every client needs the session's token or `APIKEY`. Null when the file
   * does not say: see `accessOf` of the guard.
   */
  readonly requireToken: boolean | null
  readonly log: boolean
  readonly logLevel: LogLevel
  /** `API_TIMEOUT_MS`: how long the client waits for an answer, and a provider may be silent, in ms. */
  readonly apiTimeoutMs: number
  /** `PROXY_URL`: HTTP or SOCKS5 proxy for calls to providers; '' when unset. */
  readonly proxyUrl: string
  /** `CA_FILE`: a file of certificate authorities to be trusted besides Node's own; '' when unset. */
  readonly caFile: string
  /** `CLAUDE_PATH`: the claude executable; '' when unset. */
  readonly claudePath: string
  /** `NON_INTERACTIVE_MODE`: claude runs in CI, where nobody types and nothing is drawn. */
  readonly nonInteractive: boolean
  /** `PING_AFTER_MS`: silence of the provider, in ms, after which headers and a ping go out. */
  readonly pingAfterMs: number
  /** Names of the environment variables the file refers to, set or not. */
  readonly variables: readonly string[]
  /** Those of them that keys are taken from. */
  readonly keyVariables: readonly string[]
  /** What does not stop a session but should be told; each names file, line and column. */
  readonly warnings: readonly string[]
  /**
   * Those of the warnings that matter only to who uses a provider, by its name: a key that is not set,
   * a transformer that is not known.
   */
  readonly providerWarnings: Readonly<Record<string, readonly string[]>>
  /** Those of the warnings with which `ccr config check` fails: something is not as it was meant. */
  readonly mistakes: readonly string[]
}
