import { describe, expect, it } from 'vitest'
import type { Config, ProviderConfig } from '../../config/config.ts'
import { emptyConfig } from '../../config/defaults.ts'
import type { NamedModel } from './model-argument.ts'
import { priceText, sessionPrices } from './session-prices.ts'

const CLAUDE = provider('anthropic', 'https://api.anthropic.com/v1/messages')
const SHOP = provider('shop', 'https://llm.example/v1/chat/completions')

function provider(name: string, url: string): ProviderConfig {
  return { name, url, models: [], apiKey: 'k', missing: [] }
}

const CONFIG: Config = {
  ...emptyConfig(),
  providers: [CLAUDE, SHOP],
  prices: { 'shop,x': { input: 2, output: 10, cacheWrite: 2.5, cacheWrite1h: 4 } },
}

const ALIAS = 'ccr-a3f2d8e1'
const X = { provider: 'shop', model: 'x' }
const SESSION = {
  baseUrl: 'http://127.0.0.1:3457',
  token: 't',
  alias: ALIAS,
  target: X,
  preference: 'shop,x',
  firstParty: false,
  apiTimeoutMs: 1,
  contextWindow: undefined,
  maxOutput: undefined,
}

function prices(parts: object = {}, more: { env?: object; named?: NamedModel } = {}) {
  const { env = {}, named } = more
  return sessionPrices({ ...SESSION, ...parts }, CONFIG, {
    charges: new Map(),
    env: env as Record<string, string>,
    named,
  })
}

const usd = (
  of: ReturnType<typeof prices>,
  name: string,
  models = [{ name: ALIAS, target: X }],
) => {
  const { multiplier = 1, overrides = {} } = of.of(models) ?? {}
  const row = overrides[name]
  return row && [row.input, row.output, row.cacheWrite].map((rate) => rate * multiplier)
}

describe('the prices of a session', () => {
  it("are those of the session's model, by its alias and by the name of the config", () => {
    const of = prices()
    expect(of).toMatchObject({ target: X, price: { input: 2, output: 10 } })
    expect(usd(of, ALIAS)).toEqual([2, 10, 2.5])
    expect(usd(of, 'shop,x')).toEqual([2, 10, 2.5])
  })

  it('are those of the model that the user names, by that name', () => {
    const named = { name: 'shop/y', choice: { provider: 'shop', model: 'y' }, notes: [] }
    const of = prices({}, { named })
    expect(of.target).toEqual(named.choice)
    expect(of.price).toBeUndefined()
    const listed = [
      { name: ALIAS, target: named.choice },
      { name: 'shop,x', target: X },
    ]
    expect(usd(of, 'shop/y', listed)).toBeUndefined()
    const known = prices({}, { named: { ...named, name: 'SHOP/X', choice: X } })
    expect(usd(known, 'SHOP/X')).toEqual([2, 10, 2.5])
  })

  it('are those of the model that answers, where the user names one that is not configured', () => {
    const of = prices({}, { named: { name: 'nope', choice: null, notes: [] } })
    expect(of.price).toMatchObject({ input: 2, output: 10 })
    expect(usd(of, 'nope')).toEqual([2, 10, 2.5])
    expect(usd(of, ALIAS)).toEqual([2, 10, 2.5])
    const alias = prices({}, { named: { name: 'default', choice: null, notes: [] } })
    expect(usd(alias, ALIAS)).toEqual([2, 10, 2.5])
    expect(usd(alias, 'default')).toBeUndefined()
  })

  it('are also those of a name that the config gives a model, which the user may type', () => {
    const details = { x: { name: 'X of the shop', abilities: {} } }
    const config = { ...CONFIG, providers: [{ ...SHOP, modelDetails: details }] }
    const sources = { charges: new Map(), env: {}, named: undefined }
    const of = sessionPrices(SESSION, config, sources)
    expect(usd(of, 'X of the shop')).toEqual([2, 10, 2.5])
  })

  it("are those of the client's list on Anthropic's own API", () => {
    const target = { provider: 'anthropic', model: 'claude-opus-4-8' }
    const of = prices({ target, firstParty: true, preference: 'anthropic,claude-opus-4-8' })
    expect(of.price).toBe('listed')
    expect(usd(of, 'claude-opus-4-8', [{ name: ALIAS, target }])).toBeUndefined()
  })

  it('have the rate of an hour where the user asks for such caches', () => {
    expect(usd(prices({}, { env: { ENABLE_PROMPT_CACHING_1H: '1' } }), ALIAS)).toEqual([2, 10, 4])
    expect(usd(prices({}, { env: { ENABLE_PROMPT_CACHING_1H: '0' } }), ALIAS)).toEqual([2, 10, 2.5])
  })

  it('name no model that is not listed, because its name may hold a secret', () => {
    const of = prices()
    expect(usd(of, ALIAS, [])).toEqual([2, 10, 2.5])
    expect(JSON.stringify(of.of([]))).not.toContain('shop')
  })

  it('name no model whose id is too long for an argument', () => {
    const target = { provider: 'shop', model: 'x'.repeat(100_000) }
    const pricing = prices().of([{ name: 'ccr-m-0123456789ab', target }])
    expect(JSON.stringify(pricing).length).toBeLessThan(10_000)
  })
})

it('a price in words', () => {
  expect(priceText(undefined)).toBe('price unknown')
  expect(priceText({ input: 0, output: 0 })).toBe('free')
  expect(priceText({ input: 0.1, output: 0.075 })).toBe('$0.10 in, $0.075 out per million tokens')
  expect(priceText({ input: 1.25, output: 10 })).toBe('$1.25 in, $10 out per million tokens')
  expect(priceText({ input: 1 / 3, output: 1e-9 })).toBe('$0.3333 in, $1e-9 out per million tokens')
})
