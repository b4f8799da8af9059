/**
 * Every key that the schema says is read: another value than its default arrives in the config.
 * A key that is added needs a row here, or a place in the list of those that are not read.
 */
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { CERTIFICATE } from '../../test/support/certificate.ts'
import { testFolder } from '../../test/support/folder.ts'
import { emptyConfig, sessionPorts } from './defaults.ts'
import type { Config, ProviderConfig } from './config.ts'
import { loadConfig } from './load.ts'
import { configEntries, configSchema, providerEntries, routerEntries } from './schema/schema.ts'

const folder = testFolder()

function load(written: object): Config {
  return loadConfig(folder.write('config.json', JSON.stringify(written)), {})
}
const there = (name: string): string => join(folder.path, name)

interface Row {
  readonly key: string
  readonly written: unknown
  readonly read: (config: Config) => unknown
  /** What arrives; the written value where absent. */
  readonly expected?: unknown
}

const SETTINGS: readonly Row[] = [
  { key: 'PORT', written: 4001, read: ({ port }) => port },
  { key: 'HOST', written: '0.0.0.0', read: ({ host }) => host },
  { key: 'APIKEY', written: 'a-secret', read: ({ apiKey }) => apiKey },
  { key: 'REQUIRE_TOKEN', written: true, read: ({ requireToken }) => requireToken },
  { key: 'REQUIRE_TOKEN', written: false, read: ({ requireToken }) => requireToken },
  { key: 'LOG', written: false, read: ({ log }) => log },
  { key: 'LOG_LEVEL', written: 'trace', read: ({ logLevel }) => logLevel },
  { key: 'API_TIMEOUT_MS', written: 1_234, read: ({ apiTimeoutMs }) => apiTimeoutMs },
  { key: 'PING_AFTER_MS', written: 2_345, read: ({ pingAfterMs }) => pingAfterMs },
  { key: 'REQUEST_CACHE', written: false, read: ({ requestCache }) => requestCache },
  { key: 'Retry.attempts', written: 7, read: ({ retry }) => retry.repeats },
  { key: 'Retry.attempts', written: 0, read: ({ retry }) => retry.repeats },
  { key: 'Retry.withinMs', written: 3_456, read: ({ retry }) => retry.repeatWithinMs },
  { key: 'Retry.afterSend', written: true, read: ({ retry }) => retry.afterSend },
  ...['PROXY_URL', 'HTTPS_PROXY', 'https_proxy', 'httpsProxy'].map((key) => ({
    key,
    written: `http://${key.toLowerCase().replace('_', '-')}.test:1`,
    read: ({ proxyUrl }: Config) => proxyUrl,
  })),
  { key: 'CLAUDE_PATH', written: '/opt/claude', read: ({ claudePath }) => claudePath },
  { key: 'NON_INTERACTIVE_MODE', written: true, read: ({ nonInteractive }) => nonInteractive },
  { key: 'Preferences', written: { fast: 'p,n' }, read: ({ preferences }) => preferences },
  {
    key: 'fallback',
    written: { default: ['p,n'], think: ['p,m', 'p,n'], preference: ['p,o'] },
    read: ({ fallback }) => fallback,
  },
  {
    key: 'forceUseImageAgent',
    written: true,
    read: ({ lend }) => lend.onlyDescribesImages,
  },
  { key: 'Lend.vision', written: 'p,n', read: ({ lend }) => lend.vision },
  { key: 'Lend.webSearch', written: ' p,n ', read: ({ lend }) => lend.webSearch, expected: 'p,n' },
  {
    key: 'Lend.webSearch',
    written: { service: 'searxng', url: 'http://127.0.0.1:8080', api_key: 'k' },
    read: ({ lend }) => lend.webSearch,
    expected: { service: 'searxng', url: 'http://127.0.0.1:8080', apiKey: 'k', missing: [] },
  },
  { key: 'Usage.record', written: false, read: ({ usage }) => usage.record },
  { key: 'Usage.keepDays', written: 30, read: ({ usage }) => usage.keepDays },
  { key: 'Usage.keepDays', written: 0, read: ({ usage }) => usage.keepDays },
]

const PRICE = { input: 1, output: 2, cacheRead: 3, cacheWrite: 4, cacheWrite1h: 5 }
const TIER = { over: 1_000, input: 6, output: 7, cacheRead: 8, cacheWrite: 9, cacheWrite1h: 10 }
const BUDGET = { per: 'month', limit: 20, warn: 11, provider: 'p', session: 'fast', strict: true }

const WHOLE: readonly Row[] = [
  {
    key: 'Prices',
    written: { 'p,m': { ...PRICE, tiers: [TIER], date: '2026-11-01' } },
    read: ({ prices }) => prices,
  },
  { key: 'Budgets', written: [BUDGET, { limit: 1 }], read: ({ budgets }) => budgets },
  ...Object.keys(routerEntries).map((key) => ({
    key: `Router.${key}`,
    written: key === 'longContextThreshold' ? 12_345 : `p,${key}`,
    read: ({ router }: Config) => router[key],
  })),
]

/** Of a provider: what is written beside its name and URL, and what arrives. */
const OF_PROVIDER: readonly {
  readonly key: string
  readonly written: unknown
  readonly expected: Partial<ProviderConfig>
}[] = [
  { key: 'name', written: 'other', expected: { name: 'other' } },
  {
    key: 'api_base_url',
    written: 'https://other.test/v1/chat/completions',
    expected: { url: 'https://other.test/v1/chat/completions' },
  },
  { key: 'api_key', written: 'k', expected: { apiKey: 'k' } },
  { key: 'api_key', written: ['k', 'l'], expected: { apiKey: 'k', apiKeys: ['k', 'l'] } },
  { key: 'api_key', written: 'k, l', expected: { apiKey: 'k', apiKeys: ['k', 'l'] } },
  { key: 'api_key', written: '{"a": 1, "b": 2}', expected: { apiKey: '{"a": 1, "b": 2}' } },
  {
    key: 'credentials',
    written: [
      { apiKey: 'third' },
      { api_key: 'second', priority: 2 },
      { apiKey: 'off', priority: 0, enabled: false },
      { apiKey: 'first', priority: 1, enabled: true },
    ],
    expected: { apiKey: 'first', apiKeys: ['first', 'second', 'third'] },
  },
  { key: 'models', written: ['m', 'n'], expected: { models: ['m', 'n'] } },
  { key: 'models', written: ['m', '*'], expected: { models: ['m'], takesAny: true } },
  { key: 'models', written: { m: {}, n: {} }, expected: { models: ['m', 'n'] } },
  { key: 'models', written: 'm, n', expected: { models: ['m', 'n'] } },
  {
    key: 'models',
    written: [{ id: 'm' }, { name: 'n' }, { model: 'o' }],
    expected: { models: ['m', 'n', 'o'] },
  },
  {
    key: 'models',
    written: [{ id: 'm', contextWindow: 32_768, input: ['text'] }],
    expected: {
      models: ['m'],
      modelDetails: { m: { abilities: { contextWindow: 32_768, images: false } } },
    },
  },
  { key: 'contextWindow', written: 32_768, expected: { contextWindow: 32_768 } },
  {
    key: 'contextWindow',
    written: { m: 1_000, '*': 2_000 },
    expected: { contextWindow: { m: 1_000, '*': 2_000 } },
  },
  { key: 'fallback', written: ['p,n', 'p,o'], expected: { fallback: ['p,n', 'p,o'] } },
  { key: 'fallback', written: 'p,n', expected: { fallback: ['p,n'] } },
  { key: 'timeouts.connect', written: 11, expected: { timeouts: { connect: 11 } } },
  { key: 'timeouts.firstByte', written: 22, expected: { timeouts: { firstByte: 22 } } },
  { key: 'timeouts.idle', written: 33, expected: { timeouts: { idle: 33 } } },
  {
    key: 'headers',
    written: { 'X-Team': 'search' },
    expected: { headers: { 'x-team': 'search' } },
  },
  {
    key: 'transformer',
    written: { use: ['tooluse'] },
    expected: { transformer: { use: ['tooluse'] } },
  },
]

/** Keys that name files, each with a test of its own below. */
const FILES = ['CA_FILE', 'ca_file', 'CUSTOM_ROUTER_PATH', 'REWRITE_SYSTEM_PROMPT', 'transformers']
const LISTS = ['Providers', 'providers']

/** What existing configs hold and nothing reads, as their descriptions or warnings say. */
const NOT_READ = [
  '$schema',
  'ANTHROPIC_SMALL_FAST_MODEL',
  'StatusLine',
  'plugins',
  'Plugins',
  'tokenizer',
  'HOT_RELOAD',
  'OPENAI_API_KEY',
  'OPENAI_BASE_URL',
  'OPENAI_MODEL',
  'log',
]

/** `a.b` with a value as an object. */
function nested(key: string, value: unknown): object {
  const [first = '', ...rest] = key.split('.')
  return { [first]: rest.length === 0 ? value : nested(rest.join('.'), value) }
}

describe('every key of the config', () => {
  it.each([...SETTINGS, ...WHOLE])('$key: $written arrives', ({ key, written, read, expected }) => {
    const wanted = expected ?? written
    expect(read(emptyConfig()), 'the test uses the default').not.toEqual(wanted)
    expect(read(load(nested(key, written)))).toEqual(wanted)
  })

  it.each(OF_PROVIDER)('$key of a provider: $written arrives', ({ key, written, expected }) => {
    const base = { name: 'p', api_base_url: 'https://p.test/v1/chat/completions' }
    const bare = { name: 'p', url: base.api_base_url, apiKey: '', models: [], missing: [] }
    for (const list of LISTS) {
      const config = load({ [list]: [{ ...base, ...nested(key, written) }] })
      expect(config.providers).toEqual([{ ...bare, ...expected }])
    }
  })

  it('and each file that it names, from its own folder', () => {
    for (const name of ['all.pem', 'own.pem']) folder.write(name, CERTIFICATE)
    const config = load({
      CA_FILE: 'all.pem',
      CUSTOM_ROUTER_PATH: './router.js',
      REWRITE_SYSTEM_PROMPT: 'sub/prompt.txt',
      transformers: [{ path: 'own.js', options: { a: 1 } }, { path: '/abs.js' }],
      Providers: [{ name: 'p', api_base_url: 'https://p.test/v1', ca_file: 'own.pem' }],
    })
    expect(config.caFile).toBe(there('all.pem'))
    expect(config.providers[0]?.caFile).toBe(there('own.pem'))
    expect(config.extensions).toEqual({
      router: there('router.js'),
      systemPrompt: there('sub/prompt.txt'),
      transformers: [
        { path: there('own.js'), options: { a: 1 } },
        { path: '/abs.js', options: {} },
      ],
    })
  })

  it('is in these tables', () => {
    const rows = [...SETTINGS, ...WHOLE, ...OF_PROVIDER].map(({ key }) => key.split('.')[0])
    const known = new Set([...rows, ...FILES, ...LISTS, ...NOT_READ])
    const keys = [...Object.keys(configEntries), ...Object.keys(providerEntries)]
    expect(keys.filter((key) => !known.has(key))).toEqual([])
    const parts = new Map(Object.entries(partsOf(configSchema as unknown as Part)))
    expect([...(parts.get('Retry') ?? [])]).toEqual(['attempts', 'withinMs', 'afterSend'])
    expect([...(parts.get('Usage') ?? [])]).toEqual(['record', 'keepDays'])
    expect([...(parts.get('Prices') ?? [])]).toEqual([...Object.keys(PRICE), 'tiers', 'date'])
    expect([...(parts.get('Budgets') ?? [])]).toEqual(Object.keys(BUDGET))
    expect([...(parts.get('Lend') ?? [])]).toEqual(['vision', 'webSearch'])
  })
})

it.each([
  ['api_key', { api_key: '$GONE' }, ['GONE']],
  ['credentials', { credentials: [{ apiKey: '$GONE' }] }, ['GONE']],
  ['headers', { headers: { 'x-team': '$GONE' } }, ['GONE']],
  ['ca_file', { ca_file: '$GONE' }, ['GONE']],
  ['models', { models: ['$GONE', 'm'] }, []],
  ['fallback', { fallback: ['$GONE'] }, []],
])(
  'a variable of %s that is not set keeps a provider from being called, or does not',
  (_, more, missing) => {
    const base = { name: 'p', api_base_url: 'https://p.test/v1/chat/completions' }
    expect(load({ Providers: [{ ...base, ...more }] }).providers[0]?.missing).toEqual(missing)
  },
)

it('the variables that keys are taken from are told from all others', () => {
  const Providers = [
    {
      name: 'p',
      api_base_url: 'https://$HOST.test/v1',
      api_key: ['$KEY_1', '${KEY_2}'],
      models: ['$MODEL'],
    },
  ]
  const config = loadConfig(
    folder.write('config.json', JSON.stringify({ Providers, Router: { default: 'p,$MODEL' } })),
    { HOST: 'p', KEY_1: 'a', KEY_2: 'b', MODEL: 'm' },
  )
  expect(config.variables).toEqual(['HOST', 'KEY_1', 'KEY_2', 'MODEL'])
  expect(config.keyVariables).toEqual(['KEY_1', 'KEY_2'])
})

it('the ports of sessions are the hundred behind PORT, or before it at the end of all ports', () => {
  expect(sessionPorts(3456)).toEqual(Array.from({ length: 100 }, (_, n) => 3457 + n))
  const last = sessionPorts(65_530)
  expect(last.slice(0, 5)).toEqual([65_531, 65_532, 65_533, 65_534, 65_535])
  expect([last.length, new Set(last).size, Math.min(...last)]).toEqual([100, 100, 65_435])
  expect(Math.max(...last)).toBe(65_535)
  expect(last).not.toContain(65_530)
})

describe('the order among several', () => {
  it.each([
    [{ PROXY_URL: 'http://a.test', HTTPS_PROXY: 'http://b.test' }, 'http://a.test'],
    [{ HTTPS_PROXY: 'http://b.test', https_proxy: 'http://c.test' }, 'http://b.test'],
    [{ https_proxy: 'http://c.test', httpsProxy: 'http://d.test' }, 'http://c.test'],
  ])('of proxies is that of the documentation: %o', (written, expected) => {
    expect(load(written).proxyUrl).toBe(expected)
  })

  it('of keys has credentials before api_key, unless all are switched off', () => {
    const keyOf = (more: object): string | undefined =>
      load({ Providers: [{ name: 'p', api_base_url: 'https://p.test/v1', api_key: 'k', ...more }] })
        .providers[0]?.apiKey
    expect(keyOf({ credentials: [{ apiKey: 'c' }] })).toBe('c')
    expect(keyOf({ credentials: [{ apiKey: 'c', enabled: false }] })).toBe('k')
  })
})

interface Part {
  readonly pipe?: readonly Part[]
  readonly wrapped?: Part
  readonly item?: Part
  readonly value?: Part
  readonly entries?: Readonly<Record<string, Part>>
}

/** The keys of each object below the first level, through lists and records. */
function partsOf(schema: Part): Record<string, string[]> {
  const entries = Object.entries(inner(schema)?.entries ?? {})
  return Object.fromEntries(
    entries.map(([key, part]) => [key, Object.keys(inner(part)?.entries ?? {})]),
  )
}

/** The object that a schema is, or is a list, a record or a choice of. */
function inner(part: Part | undefined): Part | undefined {
  if (part === undefined || part.entries) return part
  const below = [
    part.wrapped,
    part.item,
    part.value,
    ...(part.pipe ?? []).filter((one) => one !== part),
  ]
  return below.map((one) => inner(one)).find((one) => one?.entries)
}
