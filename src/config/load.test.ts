import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import JSON5 from 'json5'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ConfigError } from './config-error.ts'
import type { Config } from './config.ts'
import { DEFAULTS, defaultConfigFile, emptyConfig, NO_EXTENSIONS } from './defaults.ts'
import type { Env } from '../lib/env.ts'
import { loadConfig } from './load.ts'
import { STARTING_EXAMPLE, unreadable } from './parse/read.ts'

let dir = ''
let count = 0
beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), 'ccr-config-'))
})
afterAll(() => {
  rmSync(dir, { recursive: true, force: true })
})

function written(source: string | Buffer): string {
  count += 1
  const file = join(dir, `config-${count}.json`)
  writeFileSync(file, source)
  return file
}

function load(source: string | object, env: Env = {}): Config {
  const text = typeof source === 'string' ? source : JSON.stringify(source, null, 2)
  return loadConfig(written(text), env)
}

function failure(run: () => unknown): ConfigError {
  try {
    run()
  } catch (error) {
    expect(error).toBeInstanceOf(ConfigError)
    return error as ConfigError
  }
  throw new Error('no ConfigError was thrown')
}

function failureOf(source: string | object, env: Env = {}): ConfigError {
  return failure(() => load(source, env))
}

/** The message without the folder of the test. */
function messageOf(error: ConfigError): string {
  return error.message.replaceAll(`${error.file}:`, '')
}

function warningsOf(source: string | object, env: Env = {}): string[] {
  const config = load(source, env)
  return config.warnings.map((warning) => warning.replaceAll(`${config.file}:`, ''))
}

const OPENAI = { name: 'openai', api_base_url: 'https://api.openai.com/v1/chat/completions' }

describe('configs as users write them', () => {
  it('reads the one of a first-time user, with comments and trailing commas', () => {
    const config = load(
      `{
        // my first config
        "APIKEY": "a-secret",
        "PROXY_URL": "http://127.0.0.1:7890",
        "LOG": true,
        "API_TIMEOUT_MS": 600000,
        "NON_INTERACTIVE_MODE": false,
        "Providers": [
          {
            "name": "openrouter",
            "api_base_url": "https://openrouter.ai/api/v1/chat/completions",
            "api_key": "sk-x",
            "models": ["google/gemini-2.5-pro-preview", "anthropic/claude-sonnet-4",],
            "transformer": { "use": ["openrouter"] },
          },
          {
            "name": "ollama",
            "api_base_url": "http://localhost:11434/v1/chat/completions",
            "api_key": "ollama",
            "models": ["qwen2.5-coder:latest"],
          },
        ],
        "Router": {
          "default": "openrouter,anthropic/claude-sonnet-4",
          "background": "ollama,qwen2.5-coder:latest",
          "longContext": "openrouter,google/gemini-2.5-pro-preview",
          "longContextThreshold": 60000,
        },
      }`,
    )
    expect(config).toMatchObject({
      apiKey: 'a-secret',
      proxyUrl: 'http://127.0.0.1:7890',
      log: true,
      apiTimeoutMs: 600_000,
      port: 3456,
      variables: [],
      keyVariables: [],
      warnings: [],
    })
    expect(config.providers).toEqual([
      {
        name: 'openrouter',
        url: 'https://openrouter.ai/api/v1/chat/completions',
        apiKey: 'sk-x',
        models: ['google/gemini-2.5-pro-preview', 'anthropic/claude-sonnet-4'],
        transformer: { use: ['openrouter'] },
        missing: [],
      },
      {
        name: 'ollama',
        url: 'http://localhost:11434/v1/chat/completions',
        apiKey: 'ollama',
        models: ['qwen2.5-coder:latest'],
        missing: [],
      },
    ])
    expect(config.router).toEqual({
      default: 'openrouter,anthropic/claude-sonnet-4',
      background: 'ollama,qwen2.5-coder:latest',
      longContext: 'openrouter,google/gemini-2.5-pro-preview',
      longContextThreshold: 60_000,
    })
  })

  it("reads what the old router's UI writes: numbers as text, empty text for what is unset", () => {
    const config = load({
      LOG: 'false',
      LOG_LEVEL: 'DEBUG',
      CLAUDE_PATH: '',
      HOST: '',
      PORT: '3460',
      APIKEY: '',
      API_TIMEOUT_MS: '600000',
      PROXY_URL: '',
      transformers: [],
      Providers: [{ ...OPENAI, api_key: '', models: ['gpt-4o'] }],
      StatusLine: { enabled: false, currentStyle: 'default', default: { modules: [] } },
      Router: { default: 'openai,gpt-4o', background: '', think: '', longContext: '', image: '' },
      CUSTOM_ROUTER_PATH: '',
      REWRITE_SYSTEM_PROMPT: '',
      forceUseImageAgent: false,
    })
    expect(config).toEqual({
      ...DEFAULTS,
      file: config.file,
      log: false,
      logLevel: 'debug',
      port: 3460,
      providers: [
        { name: 'openai', url: OPENAI.api_base_url, apiKey: '', models: ['gpt-4o'], missing: [] },
      ],
      router: { default: 'openai,gpt-4o' },
      preferences: {},
      prices: {},
      budgets: [],
      lend: {},
      usage: { record: true, keepDays: 365 },
      fallback: {},
      extensions: NO_EXTENSIONS,
      variables: [],
      keyVariables: [],
      mistakes: [],
      providerWarnings: {},
      warnings: [],
    })
  })

  it('reads one in the relaxed spelling of JSON5', () => {
    const config = load(`/* mine */ {
      PORT: 0xD80, LOG: 0, 'REQUIRE_TOKEN': "true", PING_AFTER_MS: +5e3,
      providers: [{ name: 'local', api_base_url: 'http://localhost:8080/v1/chat/completions',
        models: 'llama' }], }`)
    expect(config).toMatchObject({ port: 3456, log: false, requireToken: true, pingAfterMs: 5000 })
    expect(config.providers).toMatchObject([{ name: 'local', models: ['llama'] }])
  })

  it('reads one that keeps its keys in the environment', () => {
    const config = load(
      {
        APIKEY: '${CCR_KEY}',
        HOST: '0.0.0.0',
        PROXY_URL: '$HTTPS_PROXY',
        Providers: [
          { ...OPENAI, api_key: '$OPENAI_API_KEY', models: ['gpt-4o'] },
          {
            name: 'azure',
            api_base_url: 'https://${RESOURCE}.openai.azure.com/x',
            api_key: '${azure-key}',
          },
        ],
        Router: { default: 'openai,${MODEL}' },
      },
      {
        CCR_KEY: 'c',
        HTTPS_PROXY: 'http://p:1',
        OPENAI_API_KEY: 'sk-1',
        RESOURCE: 'mine',
        'azure-key': 'az',
        MODEL: 'gpt-4o',
      },
    )
    expect(config).toMatchObject({
      apiKey: 'c',
      host: '0.0.0.0',
      proxyUrl: 'http://p:1',
      providers: [{ apiKey: 'sk-1' }, { url: 'https://mine.openai.azure.com/x', apiKey: 'az' }],
      router: { default: 'openai,gpt-4o' },
      warnings: [],
    })
    expect(config.variables).toEqual([
      'CCR_KEY',
      'HTTPS_PROXY',
      'OPENAI_API_KEY',
      'RESOURCE',
      'azure-key',
      'MODEL',
    ])
  })

  it('reads one with the built-in demo beside a real provider', () => {
    const config = load({ Providers: [{ name: 'Demo' }, OPENAI] })
    expect(config.providers).toEqual([
      { name: 'demo', url: '', apiKey: '', models: ['demo-a', 'demo-b'], missing: [] },
      { name: 'openai', url: OPENAI.api_base_url, apiKey: '', models: [], missing: [] },
    ])
    expect(config.warnings).toEqual([])
  })

  it('reads an ollama user without models', () => {
    const config = load({
      Providers: [
        { name: 'ollama', api_base_url: 'http://127.0.0.1:11434/v1/chat/completions', models: [] },
      ],
      Router: { default: 'ollama,qwen3:8b' },
    })
    expect(config.providers[0]).toMatchObject({ models: [], apiKey: '', missing: [] })
  })

  it('reads one without Providers and Router, and an empty one', () => {
    expect(load({ PORT: 4000 })).toMatchObject({ port: 4000, providers: [], router: {} })
    expect(load('{}')).toMatchObject({ ...DEFAULTS, providers: [], router: {} })
    expect(load({ Router: null, Providers: null })).toMatchObject({ providers: [], router: {} })
  })

  it('keeps transformers, tokenizers and own scenarios as written', () => {
    const transformer = {
      use: [['maxtoken', { max_tokens: 16384 }]],
      'm-1': { use: ['tooluse', ''] },
    }
    const config = load({
      Providers: [{ ...OPENAI, transformer, tokenizer: { default: { type: 'tiktoken' } } }],
      Router: { default: 'openai,m-1', mine: { a: '' } },
      fallback: { default: ['openai,m-2'] },
      plugins: [{ name: 'token-speed', enabled: true }],
      tokenizer: {},
    })
    expect(config.providers[0]?.transformer).toEqual(transformer)
    expect(config.router['mine']).toEqual({ a: '' })
    expect(config.warnings.map((text) => text.replace(/^.*?: /, ''))).toEqual([
      'plugins is not read; the log has the tokens and times of every request',
    ])
  })

  it('reads one that an editor of Windows saved, with a byte order mark and CRLF', () => {
    expect(load('\uFEFF{\r\n  "PORT": 3999\r\n}\r\n').port).toBe(3999)
    const error = failureOf('\uFEFF{\r\n  "PORT": 0\r\n}\r\n')
    expect(error).toMatchObject({ line: 2, column: 11 })
  })

  it('trims what was pasted with blanks around it', () => {
    const provider = {
      name: ' openai ',
      api_base_url: ` ${OPENAI.api_base_url}\n`,
      api_key: ' sk-1\n',
      models: [' gpt-4o ', '', null],
    }
    expect(failureOf({ Providers: [{ ...provider, models: [' a ', 7] }] }).message).toContain(
      'Providers[0].models[1] is 7; expected a model id as text',
    )
    expect(load({ Providers: [provider] }).providers).toEqual([
      { name: 'openai', url: OPENAI.api_base_url, apiKey: 'sk-1', models: ['gpt-4o'], missing: [] },
    ])
  })

  it('takes the proxy under the other names the old router knew', () => {
    expect(load({ httpsProxy: 'http://p:1' }).proxyUrl).toBe('http://p:1')
    expect(load({ PROXY_URL: '', HTTPS_PROXY: 'http://p:2' }).proxyUrl).toBe('http://p:2')
  })

  it('takes the example of its own message', () => {
    const config = load(STARTING_EXAMPLE, { OPENROUTER_API_KEY: 'k' })
    expect(config).toMatchObject({ warnings: [], providers: [{ apiKey: 'k', missing: [] }] })
  })
})

describe('variables that are not set', () => {
  const provider = { name: 'or', api_base_url: 'https://x.test/v1', api_key: '${OR_KEY}' }

  it('leave a provider without its key, named in `missing` and in a warning', () => {
    for (const env of [{}, { OR_KEY: '' }]) {
      const config = load({ Providers: [provider, { ...OPENAI, api_key: 'k' }] }, env)
      expect(config.providers).toMatchObject([
        { name: 'or', apiKey: '', missing: ['OR_KEY'] },
        { name: 'openai', apiKey: 'k', missing: [] },
      ])
      expect(config.warnings).toEqual([
        `${config.file}:6:18: Providers[0].api_key refers to OR_KEY, which is not set; ` +
          'this provider cannot be used until it is (export OR_KEY=…, or let ccr store it: ccr key set or)',
      ])
      expect(config.variables).toEqual(['OR_KEY'])
    }
  })

  it('leave a provider without its endpoint the same way', () => {
    const config = load({ Providers: [{ ...provider, api_base_url: 'https://$H/v1' }] }, {})
    expect(config.providers).toMatchObject([{ url: '', apiKey: '', missing: ['H', 'OR_KEY'] }])
  })

  it('name `ccr key set` only for the one variable that it can keep', () => {
    const errorMessage = (more: object, env = {}): string =>
      load({ Providers: [{ ...provider, ...more }] }, env).warnings.join('\n')
    expect(errorMessage({}, { CCR_CONFIG: '/a b.json' })).toContain(
      "ccr --config '/a b.json' key set or)",
    )
    const others = [
      { api_key: ['$OR_KEY', '$OTHER'] },
      { api_key: 'Bearer $OR_KEY' },
      { api_key: 'k', headers: { 'x-key': '$OR_KEY' } },
      { api_key: 'k', api_base_url: 'https://$OR_KEY/v1' },
      { api_key: undefined, credentials: [{ apiKey: '$OR_KEY' }] },
      { credentials: [{ apiKey: '$OTHER' }] },
    ]
    for (const more of others) {
      expect(errorMessage(more)).toContain('(export OR_KEY=…)')
      expect(errorMessage(more)).not.toContain('key set')
    }
  })

  it('stop everything where APIKEY should have locked the door', () => {
    const error = failureOf({ HOST: '0.0.0.0', APIKEY: '$CCR_KEY' })
    expect(messageOf(error)).toBe(
      "3:13: APIKEY refers to CCR_KEY, which is not set; expected it to hold the clients' key",
    )
  })

  it('count as unset in other settings and stay as written in what is passed on', () => {
    const warnings = warningsOf({
      PROXY_URL: '$NO_SUCH',
      LOG_LEVEL: '$NO_SUCH',
      Router: { default: '${NO_SUCH}' },
      Providers: [{ ...OPENAI, models: ['$NO_SUCH', 'b'], transformer: { use: ['$NO_SUCH'] } }],
      REWRITE_SYSTEM_PROMPT: '$NO_SUCH',
    })
    expect(warnings).toEqual([
      '2:16: PROXY_URL refers to NO_SUCH, which is not set; it counts as unset',
      '3:16: LOG_LEVEL refers to NO_SUCH, which is not set; it counts as unset',
      '5:16: Router.default refers to NO_SUCH, which is not set; it counts as unset',
      '12:9: Providers[0].models[0] refers to NO_SUCH, which is not set; it counts as unset',
      '17:11: Providers[0].transformer.use[0] refers to NO_SUCH, which is not set; the text stays as written',
      '22:28: REWRITE_SYSTEM_PROMPT refers to NO_SUCH, which is not set; it counts as unset',
    ])
  })

  it('name themselves where a value is required', () => {
    const error = failureOf({ Providers: [{ ...OPENAI, name: '$NAME' }] })
    expect(messageOf(error)).toBe(
      '4:15: Providers[0].name refers to NAME, which is not set; expected a name',
    )
  })
})

describe('warnings', () => {
  it('name unknown keys with what they may mean', () => {
    const warnings = warningsOf(
      `{
  "Provders": [],
  "router": {},
  "frobnicate": 1,
  "Router": {"defualt": "a,b", "mine": "x"},
  "Providers": [
    {"name": "a", "api_base_url": "https://a.test", "apiKey": "x", "model": ["m"], "colour": 1}
  ]
}`,
    )
    expect(warnings).toEqual([
      '2:3: Provders is not a key ccr knows; it is ignored; did you mean Providers?',
      '3:3: router is not a key ccr knows; it is ignored; did you mean Router?',
      '4:3: frobnicate is not a key ccr knows; it is ignored',
      '5:14: Router.defualt is not a key ccr knows; it is ignored; did you mean default?',
      '7:53: Providers[0].apiKey is read as api_key',
      '7:68: Providers[0].model is read as models',
      '7:84: Providers[0].colour is not a key ccr knows; it is ignored',
    ])
  })

  it('tell that of two providers with one name the first counts', () => {
    const config = load({ Providers: [OPENAI, { ...OPENAI, api_base_url: 'https://other.test' }] })
    expect(config.providers.map(({ url }) => url)).toEqual([OPENAI.api_base_url])
    expect(config.warnings).toEqual([
      `${config.file}:8:15: a provider named "openai" is already there; this one is ignored`,
    ])
  })

  it('tell of keys written twice, two lists of providers, and settings of the built-in demo', () => {
    const warnings = warningsOf(
      `{"PORT": 1, "PORT": 2, "providers": [], "Providers": [{"name": "demo", "api_base_url": "http://x.test"}]}`,
    )
    expect(warnings).toEqual([
      '1:13: PORT is written twice; the last one counts',
      '1:24: providers is ignored, because Providers is there too',
      '1:88: demo is built in; its api_base_url is ignored',
    ])
  })
})

describe('a config that is wrong', () => {
  it.each([
    [{ PORT: 0 }, '2:11: PORT is 0; expected a port from 1 to 65535'],
    [{ PORT: 65536 }, 'PORT is 65536; expected a port from 1 to 65535'],
    [{ PORT: 'http' }, 'PORT is "http"; expected a port from 1 to 65535'],
    [{ PORT: 34.5 }, 'PORT is 34.5; expected a port'],
    [{ PORT: [3456] }, 'PORT is a list; expected a port'],
    [{ HOST: 'http://0.0.0.0' }, 'HOST is "http://0.0.0.0"; expected an address without scheme'],
    [{ HOST: '127.0.0.1:3456' }, 'HOST is "127.0.0.1:3456"; expected an address without scheme'],
    [{ HOST: 127 }, 'HOST is 127; expected an address, such as "127.0.0.1"'],
    [{ LOG: 'maybe' }, 'LOG is "maybe"; expected true or false'],
    [{ LOG_LEVEL: 'loud' }, 'LOG_LEVEL is "loud"; expected one of fatal, error, warn, info'],
    [{ API_TIMEOUT_MS: 'ten' }, 'API_TIMEOUT_MS is "ten"; expected milliseconds'],
    [{ API_TIMEOUT_MS: -1 }, 'API_TIMEOUT_MS is -1; expected milliseconds'],
    [{ PROXY_URL: '127.0.0.1:7890' }, 'PROXY_URL is "127.0.0.1:7890"; expected the URL of an http'],
    [{ PROXY_URL: 'socks4://127.0.0.1:1' }, 'expected the URL of an http, https or socks5 proxy'],
    [{ CLAUDE_PATH: 1 }, 'CLAUDE_PATH is 1; expected a path as text'],
    [{ APIKEY: 12345 }, 'APIKEY is a number; expected a secret as text'],
    [{ Providers: { a: 1 } }, 'Providers is an object; expected a list of providers'],
    [{ Providers: 'openai' }, 'Providers is "openai"; expected a list of providers'],
    [{ Providers: ['openai'] }, 'Providers[0] is "openai"; expected a provider, such as {'],
    [{ Providers: [null] }, 'Providers[0] is null; expected a provider, such as {'],
    [{ Providers: [[]] }, 'Providers[0] is a list; expected a provider, such as {'],
    [{ Providers: [{}] }, '3:5: Providers[0] has no name; expected a name'],
    [{ providers: [{ name: 'a' }] }, 'providers[0] has no api_base_url; expected the complete'],
    [
      { Providers: [{ name: 'a', api_base_url: '' }] },
      'has no api_base_url; expected the complete',
    ],
    [
      { Providers: [{ name: 'a', api_bas_url: 'https://x' }] },
      'Providers[0] has no api_base_url (it has api_bas_url, which is not read); expected the complete',
    ],
    [
      { Providers: [{ nam: 'a', api_base_url: 'https://x' }] },
      'Providers[0] has no name (it has nam, which is not read); expected a name',
    ],
    [
      { Providers: [{ ...OPENAI, api_base_url: 'api.openai.com' }] },
      '5:23: Providers[0].api_base_url is "api.openai.com"; expected the complete http(s) endpoint',
    ],
    [{ Providers: [{ ...OPENAI, api_base_url: 'ftp://x' }] }, 'expected the complete http(s)'],
    [{ Providers: [{ ...OPENAI, api_base_url: 'https://' }] }, 'expected the complete http(s)'],
    [
      { Providers: [{ ...OPENAI, api_key: true }] },
      'Providers[0].api_key is a boolean; expected the key',
    ],
    [{ Providers: [{ ...OPENAI, models: 5 }] }, 'models is 5; expected a list of model ids'],
    [{ Router: 'openai,gpt-4o' }, 'Router is "openai,gpt-4o"; expected an object, such as'],
    [{ Router: ['openai,gpt-4o'] }, 'Router is a list; expected an object'],
    [{ Router: { default: ['a,b'] } }, 'Router.default is a list; expected "provider,model"'],
    [[OPENAI], '1:1: the config is a list; expected an object'],
    ['"text"', '1:1: the config is "text"; expected an object'],
    ['null', '1:1: the config is null; expected an object'],
    ['', '1:1: the file is empty; expected an object'],
    [' \n', '1:1: the file is empty; expected an object'],
  ])('%j: %s', (source, message) => {
    const error = failureOf(source)
    expect(messageOf(error)).toContain(message)
    expect(
      error.message.startsWith(`${error.file}:${error.line ?? ''}:${error.column ?? ''}: `),
    ).toBe(true)
    expect(error.hint).toContain(error.file)
  })

  it('reads "*" among the models as any other, and a limit of 0 as none', () => {
    const { providers, apiTimeoutMs } = load({
      API_TIMEOUT_MS: '0',
      Providers: [{ ...OPENAI, models: ['*', 'a'] }],
    })
    expect(providers).toMatchObject([{ models: ['a'], takesAny: true }])
    expect(apiTimeoutMs).toBe(2_147_483_647)
  })

  it.each([
    ['thinking', 'think'],
    ['reasoning', 'think'],
    ['vision', 'image'],
  ])('asks whether Router.%s means %s', (key, meant) => {
    const warnings = warningsOf({ Providers: [OPENAI], Router: { [key]: 'openai,o3' } })
    expect(warnings.join()).toContain(`Router.${key} is not a key ccr knows`)
    expect(warnings.join()).toContain(`did you mean ${meant}?`)
  })

  it.each([
    ['Anthropic', 'https://h.example/v1/chat/completions', 'Chat Completions'],
    ['openai-responses', 'https://h.example/v1/messages', 'Anthropic Messages'],
    ['OpenAI', 'https://h.example/v1/responses', 'Responses'],
  ])('is told that %s contradicts %s', (name, url, api) => {
    const provider = { ...OPENAI, api_base_url: url, transformer: { use: [name] } }
    expect(warningsOf({ Providers: [provider] }).join()).toContain(
      `although its api_base_url is an endpoint of ${api}`,
    )
  })

  it('is told of a provider that is not filled in to the end, which is left out', () => {
    const { providers, warnings } = load({
      Providers: [{ name: 'new', api_base_url: '', api_key: '' }, OPENAI, { api_key: 'k' }],
    })
    expect(providers.map(({ name }) => name)).toEqual([OPENAI.name])
    expect(warnings.map((line) => line.replace(/^.*?: /, ''))).toEqual([
      expect.stringMatching(/^Providers\[0\] has no api_base_url; .*; this provider is left out$/),
      'Providers[2] has no name; expected a name; this provider is left out',
      expect.stringMatching(/^Providers\[2\] has no api_base_url; .*; this provider is left out$/),
    ])
  })

  it('is told everything that is wrong at once, in the order of the file', () => {
    const error = failureOf(`{
  PORT: 'x', // nonsense
  Providers: [
    { name: 'a', api_base_url: 'a' },
    { api_base_url: "https://b" },
  ],
  LOG: 'perhaps',
}`)
    expect(messageOf(error).split('\n')).toEqual([
      expect.stringMatching(/^2:9: PORT is "x"; /),
      expect.stringMatching(/^4:32: Providers\[0\]\.api_base_url is "a"; /),
      '7:8: LOG is "perhaps"; expected true or false',
    ])
    expect(error).toMatchObject({ line: 2, column: 9 })
    expect(error.hint).toBe(`Correct line 2 and 2 other places in ${error.file}.`)
  })

  it.each([
    ['{\n  "PORT": 3456\n  "LOG": true\n}', '3:3', `unexpected '"'; expected ',' or '}'`, '"LOG"'],
    ['{\n  "PORT": ,\n}', '2:11', `unexpected ','; expected a value`, '"PORT": ,'],
    ['{\n  "PORT" = 1\n}', '2:10', `unexpected '='; expected ':' after the key`, '"PORT" ='],
    ['{\n  “PORT”: 1\n}', '2:3', `unexpected '“'; expected a key or '}'`, '“PORT”'],
    ['{\n  "LOG": True\n}', '2:10', `unexpected 'T'; expected a value`, 'True'],
    ['{"a": [1, 2}', '1:12', `unexpected '}'; expected ',' or ']'`, '{"a"'],
    ['{\n"a": {\n', '3:1', `the file ends too early; expected '}' to close the '{' of line 2`, '|'],
    [
      '{"a": "x\n}',
      '1:7',
      'the string that begins here is not closed; expected " at its end',
      '"x',
    ],
    ['{"a": "\\x1"}', '1:11', 'this is not valid JSON', '"a"'],
  ])('breaks in %j at %s: %s', (source, location, message, line) => {
    const error = failureOf(source)
    const [head, shown, caret] = messageOf(error).split('\n')
    expect(head).toContain(`${location}: ${message}`)
    expect(shown).toContain(line)
    expect(caret).toMatch(/^ +\^$/)
    expect(`${error.line ?? ''}:${error.column ?? ''}`).toBe(location)
  })

  it('is told where a comma may be missing', () => {
    const error = failureOf('{\n  "PORT": 3456\n\n  "LOG": true\n}')
    expect(error.hint).toBe(`A comma may be missing at the end of line 2 of ${error.file}.`)
  })

  it('never shows a key or the value of a variable', () => {
    const secret = 'sk-or-v1-TOPSECRET77'
    const env = { SECRET: secret }
    const errors = [
      failureOf(`{"Providers": [{"name": "a", "api_key": "${secret}" "models": []}]}`),
      failureOf(`{"Providers": [{"name": "a", "api_key": "${secret}, "models": []}]}`),
      failureOf(`{"Providers": [{"name": "a", "api_key":\n"${secret}\n}]}`),
      failureOf(`{api_key: ${secret}}`),
      failureOf({ Providers: [{ name: 'a', api_key: [secret], api_base_url: secret }] }),
      failureOf({ PORT: '$SECRET', HOST: '${SECRET}:1', LOG_LEVEL: '$SECRET' }, env),
      failureOf({ Providers: [{ name: 'a', api_base_url: '$SECRET', api_key: 1 }] }, env),
      failureOf({ PROXY_URL: 'socks4://me:TOPSECRET@proxy:80' }),
      failureOf({ PROXY_URL: 'me:TOPSECRET@proxy:80' }),
      failureOf({ Providers: [{ name: 'a', api_base_url: 'htps://x/?key=TOPSECRET' }] }),
    ]
    for (const error of errors) {
      expect(`${error.message}${error.hint}`).not.toContain('TOPSECRET')
    }
    expect(errors[5]?.message).toContain('PORT is "$SECRET"')
    const warnings = warningsOf({ Providers: [{ ...OPENAI, api_key: `${secret}$NO_SUCH` }] })
    expect(warnings.join()).not.toContain('TOPSECRET')
  })
})

describe('any file', () => {
  const key = fc.constantFrom(
    ...[
      'Providers',
      'providers',
      'Router',
      'PORT',
      'HOST',
      'LOG',
      'LOG_LEVEL',
      'APIKEY',
      'default',
    ],
    ...['PROXY_URL', 'name', 'api_base_url', 'api_key', 'models', '__proto__', 'constructor', 'x'],
  )
  const { tree } = fc.letrec((tie) => ({
    tree: fc.oneof(
      { maxDepth: 4 },
      fc.constantFrom<unknown>(
        '',
        'a',
        '$X',
        '${Y}',
        'demo',
        'https://x.test',
        3456,
        0,
        true,
        null,
      ),
      fc.array(tie('tree'), { maxLength: 3 }),
      fc.dictionary(key, tie('tree'), { maxKeys: 5 }),
    ),
  }))

  it('gives a config or a ConfigError with a place', () => {
    const file = written('')
    const outcome = (source: string) => {
      writeFileSync(file, source)
      try {
        return loadConfig(file, { X: 'x' }).file
      } catch (error) {
        expect(error).toBeInstanceOf(ConfigError)
        return (error as ConfigError).message
      }
    }
    fc.assert(
      fc.property(tree, (data) => {
        expect(outcome(JSON5.stringify(data))).toContain(file)
      }),
    )
    fc.assert(
      fc.property(tree, fc.nat(), fc.string({ maxLength: 3 }), (data, at, scrap) => {
        const whole = JSON5.stringify(data, null, 2)
        const cut = at % (whole.length + 1)
        expect(outcome(whole.slice(0, cut) + scrap + whole.slice(cut + 1))).toContain(file)
      }),
    )
  })
})

describe('a config that cannot be read', () => {
  it('is told to be missing, with an example, and nothing is written', () => {
    const empty = mkdtempSync(join(dir, 'empty-'))
    const file = defaultConfigFile(empty)
    const error = failure(() => loadConfig(file, {}))
    expect(error.message).toBe(`there is no config at ${join(empty, 'config.json')}`)
    expect(error.hint).toContain(STARTING_EXAMPLE)
    expect(error.hint).toContain('${OPENROUTER_API_KEY}')
    expect(error.hint).toContain('ccr code --pref demo,demo-a')
    expect(error.line).toBeUndefined()
    expect(readdirSync(empty)).toEqual([])
  })

  it('is told to be a directory', () => {
    const folder = join(dir, 'folder.json')
    mkdirSync(folder)
    expect(failure(() => loadConfig(folder, {})).message).toBe(
      `${folder}: this is a directory; expected a config file`,
    )
  })

  it('is told to be closed to this user', () => {
    const denied = Object.assign(new Error('no'), { code: 'EACCES' })
    const error = unreadable('/x/config.json', denied)
    expect(error.message).toBe('/x/config.json: no permission to read the config')
    expect(error.hint).toContain('chmod u+r')
    const strange = Object.assign(new Error('no'), { code: 'EIO' })
    expect(unreadable('/x', strange).message).toBe('/x: the config cannot be read (EIO)')
  })

  it('is read in UTF-16, as Windows writes it, with places as in the editor', () => {
    const file = written(Buffer.from('\uFEFF{\r\n  "PORT": 3999\r\n}\r\n', 'utf16le'))
    expect(loadConfig(file, {}).port).toBe(3999)
    const wrong = written(Buffer.from('\uFEFF{\r\n  "PORT": 0\r\n}\r\n', 'utf16le'))
    expect(failure(() => loadConfig(wrong, {})).message).toContain(`${wrong}:2:11: PORT is 0`)
  })
})

describe('without a file', () => {
  it('everything has its default', () => {
    expect(emptyConfig()).toEqual({ ...load('{}'), file: '' })
  })

  it('the config is looked for in the home folder', () => {
    expect(defaultConfigFile('/home/me/.claude-code-router')).toBe(
      join('/home/me/.claude-code-router', 'config.json'),
    )
  })
})

it('reads several keys of a provider, and what to fall back on', () => {
  const config = load(
    JSON.stringify({
      Providers: [{ ...OPENAI, api_key: ['${A}', 'b', ''], fallback: ['openai,o3'] }],
      fallback: { default: ['openai,gpt-4o'], think: [] },
    }),
    { A: 'a' },
  )
  expect(config.providers).toMatchObject([
    { apiKey: 'a', apiKeys: ['a', 'b'], fallback: ['openai,o3'] },
  ])
  expect(config.fallback).toEqual({ default: ['openai,gpt-4o'], think: [] })
})
