import { describe, expect, it } from 'vitest'
import type { Config, ProviderConfig } from '../../config/config.ts'
import { emptyConfig } from '../../config/defaults.ts'
import { costOf, type Tokens } from '../../pricing/cost.ts'
import { priceTagOf } from '../../providers/catalogue/price.ts'
import { clientPrices, type ModelPricing, type PricedSession } from './client-prices.ts'

const ALIAS = 'ccr-a3f2d8e1'
const OPENROUTER = provider('openrouter', 'https://openrouter.ai/api/v1/chat/completions')
const OPENAI = provider('openai', 'https://api.openai.com/v1/chat/completions')
const OLLAMA = provider('ollama', 'http://127.0.0.1:11434/v1/chat/completions')
const OTHER = provider('other', 'https://llm.example/v1/chat/completions')
const CLAUDE = provider('anthropic', 'https://api.anthropic.com/v1/messages')
const PROVIDERS = [OPENROUTER, OPENAI, OLLAMA, OTHER, CLAUDE]

function provider(name: string, url: string): ProviderConfig {
  return { name, url, models: [], apiKey: 'k', missing: [] }
}

function session(parts: Partial<PricedSession> = {}, config: Partial<Config> = {}): PricedSession {
  return {
    preference: 'openai,gpt-5',
    alias: ALIAS,
    firstParty: false,
    config: { ...emptyConfig(), providers: PROVIDERS, ...config },
    ...parts,
  }
}

const named = (name: string, provider: string, model: string) => ({
  name,
  target: { provider, model },
})
const GPT_5 = named(ALIAS, 'openai', 'gpt-5')

const TOKENS: Tokens = {
  input: 12_345,
  output: 678,
  cacheRead: 54_321,
  cacheWrite5m: 4_000,
  cacheWrite1h: 0,
}

/** The cost of an answer as the child computes it; undefined: it knows no price of the model. */
function clientCost(
  pricing: ModelPricing | undefined,
  name: string,
  tokens = TOKENS,
  searches = 0,
): number | undefined {
  const { multiplier = 1, overrides = {} } = pricing ?? {}
  const row = overrides[name]
  if (row === undefined) return undefined
  const usd =
    (tokens.input * row.input +
      tokens.output * row.output +
      tokens.cacheRead * row.cacheRead +
      (tokens.cacheWrite5m + tokens.cacheWrite1h) * row.cacheWrite) /
    1e6
  return (usd + searches * 0.01) * multiplier
}

/** The cost of an answer as the usage record has it. */
function recordedCost(of: ProviderConfig, model: string, tokens = TOKENS): number | null {
  return costOf(tokens, priceTagOf(of, model)?.price)
}

describe('the prices of the claude child', () => {
  it('give what the usage record has, cached tokens and web searches included', () => {
    const { modelPricing, unknown } = clientPrices(
      [GPT_5, named('ccr-2', 'openrouter', 'google/gemini-2.5-pro')],
      session(),
    )
    const searched = { ...TOKENS, webSearches: 3 }
    expect(clientCost(modelPricing, ALIAS, TOKENS, 3)).toBeCloseTo(
      recordedCost(OPENAI, 'gpt-5', searched) ?? NaN,
      12,
    )
    expect(clientCost(modelPricing, 'ccr-2')).toBeCloseTo(
      recordedCost(OPENROUTER, 'google/gemini-2.5-pro') ?? NaN,
      12,
    )
    expect(unknown).toEqual([])
  })

  it('are 0 for the demo and for a server of this machine', () => {
    for (const target of [
      { provider: 'demo', model: 'demo-a' },
      { provider: 'ollama', model: 'qwen3-coder' },
    ]) {
      const preference = `${target.provider},${target.model}`
      const listed = [{ name: ALIAS, target }]
      const { modelPricing, unknown } = clientPrices(listed, session({ preference }))
      expect(clientCost(modelPricing, ALIAS)).toBe(0)
      expect(clientCost(modelPricing, ALIAS, TOKENS, 9)).toBeLessThan(1e-6)
      expect(unknown).toEqual([])
    }
  })

  it('are those of the config before all others', () => {
    const prices = { 'openai,gpt-5': { input: 3, output: 4 }, other: { input: 0.5, output: 1 } }
    const { modelPricing } = clientPrices(
      [GPT_5, named('ccr-2', 'other', 'x')],
      session({}, { prices }),
    )
    const { overrides = {}, multiplier = 1 } = modelPricing ?? {}
    const usd = (name: string) =>
      Object.values(overrides[name] ?? {}).map((rate) => rate * multiplier)
    expect(usd(ALIAS)).toEqual([3, 4, 3, 3])
    expect(usd('ccr-2')).toEqual([0.5, 1, 0.5, 0.5])
  })

  it('have no row where none is known, and count next to nothing for it', () => {
    const models = [named(ALIAS, 'other', 'x'), named('ccr-2', 'openai', 'gpt-5')]
    const { modelPricing, unknown } = clientPrices(models, session({ preference: 'other,x' }))
    expect(unknown).toEqual([ALIAS])
    expect(modelPricing?.overrides?.[ALIAS]).toBeUndefined()
    // A million tokens at the highest rate of a Claude model, 150 USD.
    expect(150 * (modelPricing?.multiplier ?? 1)).toBeLessThan(0.5)
    expect(clientCost(modelPricing, 'ccr-2')).toBeCloseTo(recordedCost(OPENAI, 'gpt-5') ?? NaN, 12)
  })

  it('are a multiplier alone where nothing is known', () => {
    const { modelPricing } = clientPrices(
      [{ name: ALIAS, target: null }],
      session({ preference: '' }),
    )
    expect(modelPricing).toEqual({ multiplier: 2 ** -30 })
  })

  it('leave web searches out rather than count Claude for another model', () => {
    const models = [GPT_5, named('ccr-2', 'other', 'x')]
    const { modelPricing, unknown } = clientPrices(models, session())
    expect(unknown).toEqual(['ccr-2'])
    expect(modelPricing?.multiplier).toBeLessThan(0.01)
    const rest = clientCost(modelPricing, ALIAS, TOKENS, 5) ?? NaN
    expect(rest).toBeCloseTo(recordedCost(OPENAI, 'gpt-5') ?? NaN, 3)
  })

  it('keep a rate that is too high for the price of a search', () => {
    const prices = {
      openai: { input: 1, output: 2, webSearches: 1 },
      other: { input: 50_000, output: 2 },
    }
    const models = [GPT_5, named('ccr-2', 'other', 'x')]
    const { multiplier = 1, overrides = {} } =
      clientPrices(models, session({}, { prices })).modelPricing ?? {}
    expect((overrides['ccr-2']?.input ?? 0) * multiplier).toBeCloseTo(50_000, 6)
  })

  it('cover a name of Anthropic that the user gives, where other providers are used too', () => {
    const listed = [named('claude-opus-4-8', 'anthropic', 'claude-opus-4-8')]
    const { modelPricing } = clientPrices(listed, session())
    expect(clientCost(modelPricing, 'claude-opus-4-8')).toBeCloseTo(
      recordedCost(CLAUDE, 'claude-opus-4-8') ?? NaN,
      12,
    )
  })

  it('cover the names of Anthropic, which the client asks for by itself', () => {
    const { modelPricing } = clientPrices([GPT_5], session())
    expect(modelPricing?.overrides?.['claude-haiku-4-5']).toEqual(modelPricing?.overrides?.[ALIAS])
    expect(modelPricing?.overrides?.['claude-haiku-4-5-20251001']).toBeUndefined()
  })

  it('keep the digits of small rates, and fit large ones into what the client takes', () => {
    const prices = {
      openai: { input: 0.07, output: 0.3 },
      other: { input: 50_000, output: 600_000 },
    }
    const models = [GPT_5, named('ccr-2', 'other', 'x')]
    const { multiplier = 1, overrides = {} } =
      clientPrices(models, session({}, { prices })).modelPricing ?? {}
    expect(multiplier).toBeLessThanOrEqual(10)
    for (const row of Object.values(overrides)) {
      for (const rate of Object.values(row)) expect(rate).toBeLessThanOrEqual(10_000)
    }
    const small = { openai: prices.openai }
    const usual = clientPrices([GPT_5], session({}, { prices: small })).modelPricing
    expect((usual?.overrides?.[ALIAS]?.input ?? 0) * (usual?.multiplier ?? 1)).toBe(0.07)
    expect(Math.log2(usual?.multiplier ?? 0)).toSatisfy(Number.isInteger)
  })

  it('take the rate of an hour where the client asks for caches of an hour', () => {
    const prices = { openai: { input: 3, output: 15, cacheWrite: 3.75, cacheWrite1h: 6 } }
    const tokens = { ...TOKENS, cacheWrite5m: 0, cacheWrite1h: 4_000 }
    const { modelPricing } = clientPrices([GPT_5], session({ hourCache: true }, { prices }))
    expect(clientCost(modelPricing, ALIAS, tokens)).toBeCloseTo(
      costOf(tokens, prices.openai) ?? NaN,
      12,
    )
  })

  it('follow what the provider charged', () => {
    const model = 'some-lab/unlisted'
    const charges = new Map([[`openrouter,${model}`, [{ tokens: TOKENS, usd: 0.02 }]]])
    const listed = [named(ALIAS, 'openrouter', model)]
    const { modelPricing, unknown } = clientPrices(listed, session({ charges }))
    expect(unknown).toEqual([])
    expect(clientCost(modelPricing, ALIAS)).toBeCloseTo(0.02, 12)
  })

  it('of two names that differ only in case take the first', () => {
    const models = [named('P,M', 'openai', 'gpt-5'), named('p,m', 'ollama', 'm')]
    const { modelPricing } = clientPrices(models, session())
    expect(Object.keys(modelPricing?.overrides ?? {}).filter((key) => /^p,m$/i.test(key))).toEqual([
      'P,M',
    ])
  })
})

describe("the prices on Anthropic's own API", () => {
  const preference = 'anthropic,claude-opus-4-8'
  const opus = named('claude-opus-4-8', 'anthropic', 'claude-opus-4-8')

  it('are those of the list that the client has', () => {
    const { modelPricing, unknown } = clientPrices(
      [opus],
      session({ preference, firstParty: true }),
    )
    expect(modelPricing?.multiplier).toBeUndefined()
    expect(modelPricing?.overrides?.['claude-opus-4-8']).toBeUndefined()
    expect(unknown).toEqual([])
  })

  it('are those of the model that answers where the client names another', () => {
    const { modelPricing } = clientPrices([opus], session({ preference, firstParty: true }))
    expect(modelPricing?.overrides?.['claude-haiku-4-5']).toMatchObject({ input: 5, output: 25 })
  })

  it('are those of the config where it has some', () => {
    const prices = { anthropic: { input: 1, output: 2 } }
    const { modelPricing } = clientPrices(
      [opus],
      session({ preference, firstParty: true }, { prices }),
    )
    expect(clientCost(modelPricing, 'claude-opus-4-8')).toBeCloseTo(
      costOf(TOKENS, prices.anthropic) ?? NaN,
      12,
    )
  })

  it('are nothing for another model without a known price', () => {
    const { modelPricing, unknown } = clientPrices(
      [opus, named('ccr-2', 'other', 'x')],
      session({ preference, firstParty: true }),
    )
    expect(unknown).toEqual(['ccr-2'])
    expect(clientCost(modelPricing, 'ccr-2')).toBe(0)
  })
})
