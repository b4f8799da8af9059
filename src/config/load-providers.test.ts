import { describe, expect, it } from 'vitest'
import { testFolder } from '../../test/support/folder.ts'
import type { Config } from './config.ts'
import type { Env } from '../lib/env.ts'
import { loadConfig } from './load.ts'

const folder = testFolder()
const A = { name: 'a', api_base_url: 'https://a.test/v1', models: ['m'] }

function load(config: object, env: Env = {}): Config {
  return loadConfig(folder.write('config.json', JSON.stringify(config, null, 2)), env)
}

/** The first provider of a config that has this too. */
function first(more: object, env: Env = {}) {
  return load({ Providers: [{ ...A, ...more }] }, env).providers[0]
}

function failureOf(config: object): string {
  try {
    load(config)
  } catch (error) {
    return String(error)
  }
  return 'none'
}

describe('a provider', () => {
  it('has nothing that is not written', () => {
    expect(first({})).toStrictEqual({
      name: 'a',
      url: 'https://a.test/v1',
      apiKey: '',
      models: ['m'],
      missing: [],
    })
  })

  it('offers a model once that is listed as text and as an object', () => {
    const models = ['m', { id: 'm', contextWindow: 9 }, 'n', '*', '*']
    const details = { m: { abilities: { contextWindow: 9 } } }
    expect(first({ models })).toMatchObject({ models: ['m', 'n'], modelDetails: details })
    expect(first({ models })?.takesAny).toBe(true)
  })

  it('without a name is left out, also when it has an endpoint', () => {
    const { providers } = load({ Providers: [A, { api_base_url: 'https://b.test/v1' }] })
    expect(providers.map(({ name }) => name)).toEqual(['a'])
  })

  it('that is the built-in demo may offer fewer models, or others', () => {
    const models = (written: unknown) =>
      load({ Providers: [{ name: 'demo', models: written }] }).providers[0]?.models
    expect(models(['demo-b'])).toEqual(['demo-b'])
    expect(models('x')).toEqual(['x'])
    expect(models([])).toEqual(['demo-a', 'demo-b'])
  })

  it('misses only what it refers to itself', () => {
    const other = { name: 'b', api_base_url: 'https://b.test/v1', api_key: '$B_KEY' }
    const config = {
      providers: [other],
      Providers: [A, { ...other, name: 'c', api_key: '$C_KEY' }],
    }
    expect(load(config).providers).toMatchObject([
      { name: 'a', missing: [] },
      { name: 'c', missing: ['C_KEY'] },
    ])
  })

  it.each([
    [{ idle: 5, connect: null }, { idle: 5 }],
    [{ idle: '$NONE', firstByte: '700' }, { firstByte: 700 }],
    [{}, {}],
  ])('has of the limits %j those that are written', (timeouts, expected) => {
    expect(first({ timeouts })?.timeouts).toStrictEqual(expected)
  })
})

describe('the keys of a provider', () => {
  it('are one where it is the document of a service account, also behind a line end', () => {
    const account = '\n{"type": "service_account", "project_id": "p"}'
    expect(first({ api_key: account })).toMatchObject({ apiKey: account.trim() })
    expect(first({ api_key: account })).not.toHaveProperty('apiKeys')
  })

  it('leave out an entry of the pool without one', () => {
    const read = first({ credentials: [{ priority: 1 }, { apiKey: 'k' }, { api_key: 'l' }] })
    expect(read?.apiKeys).toEqual(['k', 'l'])
  })
})

describe('models', () => {
  it.each([
    [
      [{ id: 'x' }, { name: 'y' }, { model: 'z' }, 'w', null],
      ['x', 'y', 'z', 'w'],
    ],
    [{ x: {}, y: {} }, ['x', 'y']],
    [{ x: true, y: 'Why', z: [1] }, ['x', 'y', 'z']],
    [
      [
        { model: 'x', name: 'The first' },
        { name: '', id: ' y ' },
      ],
      ['x', 'y'],
    ],
    ['x, y', ['x', 'y']],
  ])('%j are %j', (models, expected) => {
    expect(first({ models })?.models).toEqual(expected)
  })
})

describe('a model object', () => {
  const PRICE = { input: 1, output: 2, tiers: [{ over: 9, input: 3, output: 4 }] }
  const WHOLE = {
    ...{ name: 'The first', contextWindow: '32768', maxOutput: 4096, input: ['text', 'IMAGE'] },
    ...{ reasoning: 'false', tools: true, price: PRICE },
  }
  const READ = {
    name: 'The first',
    price: PRICE,
    abilities: {
      ...{ contextWindow: 32_768, maxOutput: 4_096, images: true, reasoning: false, tools: true },
    },
  }

  it.each([
    [[{ id: 'm', ...WHOLE }], { m: READ }],
    [{ m: WHOLE, n: {}, o: 'text' }, { m: READ }],
    [['m', { id: 'n', input: ['text'] }], { n: { abilities: { images: false } } }],
    [
      [{ id: 'm', name: 'm' }, { name: 'n' }, { id: 'o', name: 'O' }],
      { o: { name: 'O', abilities: {} } },
    ],
    [[{ id: 'm', contextWindow: null, name: ' ' }], undefined],
    [['m'], undefined],
    [['*', { id: '*', tools: false }], { '*': { abilities: { tools: false } } }],
    [
      [
        { id: 'm', tools: true },
        { id: 'm', tools: false },
      ],
      { m: { abilities: { tools: true } } },
    ],
  ])('%j says %j', (models, details) => {
    expect(first({ models })?.modelDetails).toEqual(details)
  })

  it.each([
    [{ id: 'm', contextWindow: 'many' }, '.contextWindow is "many"; expected tokens as a whole'],
    [{ id: 'm', contextWindow: 0 }, '.contextWindow is 0; expected tokens'],
    [{ id: 'm', maxOutput: -1 }, '.maxOutput is -1; expected tokens'],
    [{ id: 'm', input: ['text', 'smell'] }, '.input[1] is "smell"; expected a list of "text"'],
    [{ id: 'm', input: 'text' }, '.input is "text"; expected a list of "text" and "image"'],
    [{ id: 'm', input: [] }, '.input is a list; expected a list of "text" and "image"'],
    [{ id: 'm', reasoning: 'often' }, '.reasoning is "often"; expected true or false'],
    [{ id: 'm', tools: {} }, '.tools is an object; expected true or false'],
    [{ id: 'm', price: 2 }, '.price is 2; expected a price in US dollars per million tokens'],
    [{ id: 'm', price: { input: 1 } }, '.price has no output; expected a price'],
    [
      { id: 'm', price: { input: 1, output: 1, in: 1 } },
      '.price.in is not a key of Providers[0].models[0].price; expected a price',
    ],
    [{ id: 'm', name: 5 }, '.name is 5; expected a name as text'],
    [{ id: 5 }, '.id is 5; expected a model id as text'],
    [{}, ' is an object; expected a model id as text'],
    [{ contextWindow: 1 }, ' is an object; expected a model id as text'],
    [[1], ' is a list; expected a model id as text'],
  ])('%j is refused where it is wrong', (model, message) => {
    const failure = failureOf({ Providers: [{ ...A, models: [model, 'n'] }] })
    expect(failure).toContain(`Providers[0].models[0]${message}`)
    expect(failure).toMatch(/config\.json:\d+:\d+: Providers/)
  })

  it('by its key is refused there', () => {
    expect(failureOf({ Providers: [{ ...A, models: { 'a/b': { maxOutput: 'x' } } }] })).toContain(
      'Providers[0].models["a/b"].maxOutput is "x"; expected tokens',
    )
  })
})

describe('the context window', () => {
  it.each([
    [128_000, 128_000],
    ['128000', 128_000],
    [
      { m: '128000', n: 1 },
      { m: 128_000, n: 1 },
    ],
    [{}, {}],
  ])('%j is %j', (contextWindow, expected) => {
    expect(first({ contextWindow })?.contextWindow).toEqual(expected)
  })

  it.each([
    [{ m: 'many', n: 5 }, '.m is "many"'],
    [{ m: 5, n: 0 }, '.n is 0'],
    [{ m: 1.5, n: 5 }, '.m is 1.5'],
  ])('%j is refused at the model', (contextWindow, message) => {
    expect(failureOf({ Providers: [{ ...A, contextWindow }] })).toContain(
      `Providers[0].contextWindow${message}; expected tokens as a whole number`,
    )
  })
})

describe('what is wrong', () => {
  it('is one place where it is one', () => {
    const config = { PORT: 0 }
    const file = folder.write('config.json', JSON.stringify(config, null, 2))
    expect(() => loadConfig(file, {})).toThrow(
      expect.objectContaining({ line: 2, column: 11, hint: `Correct line 2 in ${file}.` }),
    )
  })

  it('with a provider is told with that provider', () => {
    const { providerWarnings, file } = load({
      Providers: [
        { ...A, colour: 1, api_key: '$NONE' },
        { ...A, name: 'b' },
      ],
    })
    expect(Object.keys(providerWarnings)).toEqual(['a'])
    expect(providerWarnings['a']).toEqual([
      expect.stringMatching(/^.*Providers\[0\]\.colour is not a key ccr knows/),
      expect.stringContaining('Providers[0].api_key refers to NONE'),
    ])
    for (const line of providerWarnings['a'] ?? []) expect(line.startsWith(`${file}:`)).toBe(true)
  })
})
