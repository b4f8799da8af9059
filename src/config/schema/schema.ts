/**
 * The schema of a config file, with a description of every key. It is as tolerant as existing files
 * need: numbers and booleans may be strings. The message of each rule says what was expected.
 */
import * as v from 'valibot'
import { LOG_LEVELS } from '../config.ts'
import { budgets } from './budgets.ts'
import { lend } from './lend.ts'
import { models, TOKENS, tokens } from './models.ts'
import { prices } from './prices.ts'
import { usage } from './usage.ts'
import {
  described,
  flag,
  httpUrl,
  integer,
  isHost,
  objectRule,
  kept,
  limit,
  milliseconds,
  proxy,
  text,
} from './values.ts'

const LAST_PORT = 65_535

function texts(written: readonly string[]): string[] {
  return written.map((text) => text.trim()).filter((text) => text !== '')
}

const PROVIDER = 'a provider, such as { "name": …, "api_base_url": …, "api_key": …, "models": […] }'

export const ENDPOINT =
  'the complete http(s) endpoint, such as "https://openrouter.ai/api/v1/chat/completions"'

const KEY = 'the key as text, such as "${OPENROUTER_API_KEY}", or a list of keys'
const keys = v.pipe(
  v.union([v.string(), v.number(), v.array(v.unknown())], KEY),
  v.transform((written): unknown[] => (Array.isArray(written) ? written : keysIn(String(written)))),
  v.array(v.union([v.string(), v.number()], 'a key as text')),
  v.transform((written) => texts(written.map(String))),
)

/** Keys contain no commas; the document of a service account, which starts with a brace, does. */
function keysIn(written: string): string[] {
  return written.trimStart().startsWith('{') ? [written] : written.split(',')
}

const CREDENTIALS = 'a list of keys, such as [{ "apiKey": "${KEY_1}", "priority": 1 }]'
const credential = v.looseObject(
  {
    apiKey: v.optional(text('the key as text')),
    api_key: v.optional(text('the key as text')),
    priority: v.optional(v.number('a number, the lowest first')),
    enabled: v.optional(flag),
  },
  CREDENTIALS,
)
const credentials = v.pipe(
  v.array(credential, CREDENTIALS),
  v.transform((written) =>
    written
      .filter(({ enabled }) => enabled !== false)
      .sort((a, b) => (a.priority ?? Infinity) - (b.priority ?? Infinity) || 0)
      .map(({ apiKey, api_key: other }) => apiKey ?? other ?? ''),
  ),
  v.transform((written) => texts(written)),
)

const CHOICES = 'a list of "provider,model"'
const choices = v.pipe(
  v.union([v.string(), v.array(v.unknown())], CHOICES),
  v.transform((written) => (typeof written === 'string' ? [written] : written)),
  v.array(text('"provider,model"'), CHOICES),
)

const timeouts = v.strictObject(
  {
    connect: described(milliseconds, 'Until the connection is established, in ms (10000).'),
    firstByte: described(
      milliseconds,
      'From the request to the first byte of the response, in ms (API_TIMEOUT_MS).',
    ),
    idle: described(milliseconds, 'Between two chunks of the response, in ms (API_TIMEOUT_MS).'),
  },
  'an object with connect, firstByte or idle in ms, such as { "firstByte": 60000 }',
)

const contextWindow = v.pipe(
  v.union([tokens, v.record(v.string(), v.unknown())], `${TOKENS}, or an object of them by model`),
  v.rawTransform(({ dataset, addIssue }) => {
    const { value } = dataset
    if (typeof value === 'number') return value
    const read = Object.entries(value).map(([key, written]) => {
      const result = v.safeParse(tokens, written)
      if (result.success) return [key, result.output] as const
      const pathItem = {
        type: 'object',
        origin: 'value',
        input: value,
        key,
        value: written,
      } as const
      addIssue({ message: TOKENS, input: written, path: [pathItem] })
      return [key, 0] as const
    })
    return Object.fromEntries(read)
  }),
)

const HEADERS = 'an object of header names and texts, such as { "x-team": "search" }'
const headers = v.pipe(
  v.record(
    v.pipe(v.string(), v.regex(/^[\w!#$%&'*+.^`|~-]+$/, 'a header name'), v.toLowerCase()),
    v.pipe(text('a text'), v.regex(/^[\t\x20-\x7e\x80-\xff]*$/, 'a text of one line')),
    HEADERS,
  ),
)

export const providerEntries = {
  name: described(
    text('a name as text'),
    'The name by which preferences and Router refer to this provider.',
  ),
  api_base_url: described(
    httpUrl(ENDPOINT),
    'The complete URL of the endpoint; requests are posted to it.',
  ),
  api_key: described(
    keys,
    'The API key. Write "${NAME}" to take it from the environment variable NAME; a bare NAME would be sent as it is. With several keys, the next one is used when one is refused or has reached its limit.',
  ),
  credentials: described(
    credentials,
    'Several keys in the form of version 3, in the order of their priority; used instead of api_key.',
  ),
  models: described(
    models,
    'The models this provider serves: their ids, or objects that say what a model takes, gives and costs; "*" accepts any other id as well.',
  ),
  contextWindow: described(
    contextWindow,
    'The context window in tokens, for all models or by model id ({ "MODEL": 32768, "*": 128000 }); takes precedence over the built-in catalogue.',
  ),
  fallback: described(choices, 'Models to try when a model of this provider fails.'),
  timeouts: described(timeouts, 'How long this provider may take to respond.'),
  ca_file: described(
    text('the path of a file as text'),
    "A file of certificate authorities (PEM) to trust for this provider, in addition to CA_FILE and Node's own; relative to this file.",
  ),
  headers: described(headers, 'Headers sent with every request to this provider.'),
  transformer: kept('Transformers that change requests and responses, as in existing configs.'),
  tokenizer: kept('How tokens are counted for this provider.'),
}

const provider = v.pipe(objectRule(PROVIDER), v.looseObject(providerEntries, PROVIDER))
const providers = v.array(
  provider,
  `a list of providers: [${PROVIDER.slice('a provider, such as '.length)}]`,
)

const ROUTER = 'an object, such as { "default": "openrouter,openai/gpt-4o" }'

export const routerEntries = {
  default: described(
    text('"provider,model", such as "openrouter,openai/gpt-4o"'),
    'The model for requests that no other rule matches.',
  ),
  background: kept('The model for auxiliary requests.'),
  think: kept('The model for requests in plan mode or with high effort.'),
  longContext: kept('The model for requests with more than longContextThreshold tokens.'),
  longContextThreshold: kept('In tokens (60000).'),
  webSearch: kept('The model for web searches.'),
  image: kept('The model for requests with images.'),
}

const router = v.pipe(objectRule(ROUTER), v.looseObject(routerEntries, ROUTER))

const NAMES = 'an object of names, such as { "fast": "openrouter,openai/gpt-4o-mini" }'
const meaning = text('"provider,model", such as "openrouter,openai/gpt-4o"')
const names = v.pipe(objectRule(NAMES), v.record(v.string(), meaning, NAMES))

const retry = v.strictObject(
  {
    attempts: described(
      integer(0, 10, 'a whole number from 0 to 10'),
      'How often a request is retried after the first attempt (2); 0 for never.',
    ),
    withinMs: described(
      milliseconds,
      'No retry begins later than this after the request arrived, in ms (10000).',
    ),
    afterSend: described(
      flag,
      'Whether to retry, and to try other keys and models, even when the provider may already have read the request and may bill it: the connection broke, or a time limit passed, before any response (false).',
    ),
  },
  'an object with attempts, withinMs or afterSend, such as { "attempts": 2, "withinMs": 10000 }',
)

/** The settings that ccr itself reads. */
export const settingEntries = {
  PORT: described(
    integer(1, LAST_PORT, `a port from 1 to ${LAST_PORT}`),
    'The port of the default session. Sessions with a preference use the 100 ports after it; where fewer than 100 follow, they also use ports before it.',
  ),
  HOST: described(
    v.pipe(
      text('an address, such as "127.0.0.1"'),
      v.check(isHost, 'an address without scheme or port, such as "127.0.0.1"'),
    ),
    'The address to listen on; always loopback unless APIKEY is set.',
  ),
  APIKEY: described(text('a secret as text'), 'The key that clients must send to use the router.'),
  REQUIRE_TOKEN: described(
    flag,
    "Whether clients need the session's token or APIKEY: true for every session, false for none. When unset, the default session is open to this machine; sessions with a preference count requests without a token, and will refuse them from the next version on.",
  ),
  LOG: described(flag, 'Whether to write logs.'),
  LOG_LEVEL: described(
    v.pipe(
      text(`one of ${LOG_LEVELS.join(', ')}`),
      v.toLowerCase(),
      v.picklist(LOG_LEVELS, `one of ${LOG_LEVELS.join(', ')}`),
    ),
    'The least severe level that is logged.',
  ),
  API_TIMEOUT_MS: described(
    limit,
    'How long the client waits for an answer, in ms; 0 for no limit.',
  ),
  PING_AFTER_MS: described(
    milliseconds,
    'How long a provider may be silent before the client gets a ping, in ms.',
  ),
  REQUEST_CACHE: described(
    flag,
    'Whether a session keeps the last request of a running conversation in memory, for a minute, so that the next one takes only the time of what is new in it (true).',
  ),
  Retry: described(
    retry,
    'How often a request that fails before its first byte is retried, once no other key or model is left.',
  ),
  PROXY_URL: described(proxy, 'The HTTP or SOCKS5 proxy for calls to providers.'),
  HTTPS_PROXY: described(proxy, 'The same as PROXY_URL.'),
  https_proxy: described(proxy, 'The same as PROXY_URL.'),
  httpsProxy: described(proxy, 'The same as PROXY_URL.'),
  CA_FILE: described(
    text('the path of a file as text'),
    "A file of certificate authorities (PEM) to trust in addition to Node's own; relative to this file.",
  ),
  CLAUDE_PATH: described(text('a path as text'), 'The claude executable.'),
  NON_INTERACTIVE_MODE: described(
    flag,
    'For CI: ccr code runs claude with CI=true, without colours and with its standard input closed.',
  ),
  CUSTOM_ROUTER_PATH: described(
    text('the path of a module as text'),
    'A module of your own that chooses the model; relative to this file.',
  ),
  REWRITE_SYSTEM_PROMPT: described(
    text('the path of a file as text'),
    "A text file that replaces the client's system prompt; relative to this file.",
  ),
}

/** Keys of existing configs whose values stay as written. */
const keptEntries = {
  $schema: kept('The JSON Schema, for editors.'),
  transformers: kept('Modules with transformers of your own: [{ "path": …, "options": { … } }].'),
  ANTHROPIC_SMALL_FAST_MODEL: kept('Passed on to the client.'),
  forceUseImageAgent: kept(
    'Whether Router.image describes images rather than take the requests that show one (false).',
  ),
  StatusLine: kept('What the status line shows.'),
  plugins: kept('Plugins.'),
  Plugins: kept('Plugins.'),
  tokenizer: kept('How tokens are counted.'),
  HOT_RELOAD: kept('From forks; not read.'),
  OPENAI_API_KEY: kept('From very old configs; not read.'),
  OPENAI_BASE_URL: kept('From very old configs; not read.'),
  OPENAI_MODEL: kept('From very old configs; not read.'),
  log: kept('From very old configs; not read.'),
}

const CONFIG = 'an object, such as { "Providers": […], "Router": { "default": "provider,model" } }'

export const configEntries = {
  ...settingEntries,
  Providers: described(providers, 'The providers whose models can be used.'),
  providers: described(providers, 'The same as Providers.'),
  Router: described(router, 'Which model serves which kind of request.'),
  Preferences: described(
    names,
    'Aliases for CCR_MODEL_PREFERENCE, and the model that each stands for.',
  ),
  Prices: described(
    prices,
    'The price of tokens, by "provider,model" or "provider"; takes precedence over the built-in catalogue.',
  ),
  Budgets: described(budgets, 'How much may be spent, across all sessions.'),
  Usage: described(usage, 'What is recorded about requests.'),
  Lend: described(
    lend,
    'Which models and services do what another model cannot: describe images, search the web.',
  ),
  fallback: described(
    v.record(
      v.string(),
      choices,
      'an object of lists, such as { "default": ["openrouter,openai/gpt-4o"] }',
    ),
    'Models to try when the first one fails, by scenario of Router; "preference" is for sessions with a preference.',
  ),
  ...keptEntries,
}

export const configSchema = v.pipe(
  objectRule(CONFIG),
  v.looseObject(configEntries, CONFIG),
  v.description('The configuration of ccr.'),
)

export type ConfigInput = v.InferOutput<typeof configSchema>
export type ProviderInput = NonNullable<ConfigInput['Providers']>[number]
