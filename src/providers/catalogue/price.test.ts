/** Which price counts: that of the config, nothing for servers on this machine, that of the catalogue. */
import { describe, expect, it } from 'vitest'
import { priceTagOf } from './price.ts'

const OPENAI = { name: 'mine', url: 'https://api.openai.com/v1/chat/completions' }
const OLLAMA = { name: 'ollama', url: 'http://localhost:11434/v1/chat/completions' }

describe('the price of a model', () => {
  it('is the one of the catalogue, with its origin and day', () => {
    const tag = priceTagOf(OPENAI, 'gpt-4o')
    expect(tag?.price).toMatchObject({ input: 2.5, output: 10, cacheRead: 1.25 })
    expect(tag?.source).toMatch(/^@earendil-works\/pi-ai \d/)
    expect(tag?.date).toMatch(/^\d{4}-\d\d-\d\d$/)
  })

  it('has the tiers of the catalogue', () => {
    const gemini = {
      name: 'google',
      url: 'https://generativelanguage.googleapis.com/v1beta/models/',
    }
    expect(priceTagOf(gemini, 'gemini-2.5-pro')?.price.tiers?.[0]).toMatchObject({ over: 200_000 })
  })

  it('is the config’s own where it has one, for a model or all of a provider', () => {
    const prices = {
      'mine,gpt-4o': { input: 1, output: 2, date: '2026-01-01' },
      mine: { input: 0, output: 0 },
    }
    expect(priceTagOf(OPENAI, 'gpt-4o', prices)).toEqual({
      price: { input: 1, output: 2 },
      source: 'config',
      date: '2026-01-01',
    })
    expect(priceTagOf(OPENAI, 'else', prices)).toMatchObject({ source: 'config', date: null })
  })

  it('is the one of the model object, unless Prices names the very model', () => {
    const modelDetails = {
      'gpt-4o': { price: { input: 3, output: 4, date: '2026-02-02' }, abilities: {} },
      o3: { abilities: {} },
    }
    const seller = { ...OPENAI, modelDetails }
    const written = { price: { input: 3, output: 4 }, source: 'config', date: '2026-02-02' }
    expect(priceTagOf(seller, 'gpt-4o')).toEqual(written)
    expect(priceTagOf(seller, 'gpt-4o', { mine: { input: 0, output: 0 } })).toEqual(written)
    const prices = { 'mine,gpt-4o': { input: 1, output: 2 } }
    expect(priceTagOf(seller, 'gpt-4o', prices)?.price).toEqual({ input: 1, output: 2 })
    expect(priceTagOf(seller, 'o3')).toEqual(priceTagOf(OPENAI, 'o3'))
    const local = { ...OLLAMA, modelDetails: { m: { price: written.price, abilities: {} } } }
    expect(priceTagOf(local, 'm')).toMatchObject({ price: written.price, source: 'config' })
  })

  it('is unknown where nobody names it, even for a model that its maker sells', () => {
    expect(priceTagOf(OPENAI, 'my-finetune')).toBeUndefined()
    const reseller = { name: 'reseller', url: 'https://llm.example.com/v1/chat/completions' }
    expect(priceTagOf(reseller, 'gpt-4o')).toBeUndefined()
    expect(priceTagOf({ name: 'broken', url: '' }, 'gpt-4o')).toBeUndefined()
  })

  it('is nothing for the demo and for a model server on this machine', () => {
    const free = { price: { input: 0, output: 0 }, source: 'local' }
    expect(priceTagOf({ name: 'demo', url: '' }, 'demo-a')).toMatchObject(free)
    expect(priceTagOf(OLLAMA, 'qwen3')).toMatchObject(free)
    const elsewhere = { name: 'ollama', url: 'https://ollama.example.com/v1/chat/completions' }
    expect(priceTagOf(elsewhere, 'qwen3')).toBeUndefined()
  })
})
