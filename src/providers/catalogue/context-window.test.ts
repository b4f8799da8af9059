/** Whose word counts for a model: that of its object in the config, of its provider, of the catalogue. */
import { describe, expect, it } from 'vitest'
import type { ProviderConfig } from '../../config/config.ts'
import { providerOf } from '../configured/provider.ts'
import { knownCapabilities } from './context-window.ts'

const OPENAI: ProviderConfig = {
  name: 'openai',
  url: 'https://api.openai.com/v1/chat/completions',
  apiKey: 'k',
  models: [],
  missing: [],
}

describe('what is known of a model', () => {
  it.each<[string, Partial<ProviderConfig>, object]>([
    ['is what the catalogue says', {}, { contextWindow: 128_000, images: true, reasoning: false }],
    [
      'has the window of the provider before it',
      { contextWindow: 9_000 },
      { contextWindow: 9_000, images: true, reasoning: false },
    ],
    [
      'has the window of the model before both',
      { contextWindow: 9_000, modelDetails: { 'gpt-4o': { abilities: { contextWindow: 8_000 } } } },
      { contextWindow: 8_000, images: true },
    ],
    [
      'keeps what the object of the model does not say',
      {
        contextWindow: { 'gpt-4o': 9_000 },
        modelDetails: { 'gpt-4o': { abilities: { images: false } } },
      },
      { contextWindow: 9_000, images: false, reasoning: false },
    ],
    [
      'has all that the object says',
      {
        modelDetails: { 'gpt-4o': { abilities: { maxOutput: 7, reasoning: true, tools: false } } },
      },
      { contextWindow: 128_000, maxOutput: 7, reasoning: true, tools: false },
    ],
    [
      'has what is said of all models, where nothing is said of this one',
      { modelDetails: { '*': { abilities: { tools: false } }, other: { abilities: {} } } },
      { contextWindow: 128_000, tools: false },
    ],
    [
      'has nothing of what is said of another',
      { contextWindow: { other: 1 }, modelDetails: { other: { abilities: { tools: false } } } },
      { contextWindow: 128_000 },
    ],
  ])('%s', (_, more, expected) => {
    const config = { ...OPENAI, ...more }
    const known = knownCapabilities(config, 'gpt-4o')
    expect(known).toMatchObject(expected)
    expect(providerOf(config).to('gpt-4o').can('gpt-4o')).toEqual(known)
  })

  it('is all that the config says of a model that no catalogue knows', () => {
    const modelDetails = { mine: { name: 'Mine', abilities: { contextWindow: 5 } } }
    const config = { ...OPENAI, url: 'http://127.0.0.1:9/v1', name: 'x', modelDetails }
    expect(knownCapabilities(config, 'mine')).toEqual({ contextWindow: 5 })
    expect(knownCapabilities(config, 'constructor')).toEqual({})
    expect(knownCapabilities({ ...config, contextWindow: {} }, 'constructor')).toEqual({})
    expect(knownCapabilities(undefined, 'mine')).toEqual({})
  })
})
