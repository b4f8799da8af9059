import { describe, expect, it } from 'vitest'
import catalogue from './catalogue.json' with { type: 'json' }
import { capabilitiesOf, factsOf } from './catalogue.ts'

describe('the catalogue', () => {
  it('knows limits, abilities and prices of a model by its id', () => {
    expect(factsOf('openai', 'gpt-4o')).toEqual({
      contextWindow: 128_000,
      maxOutput: 16_384,
      reasoning: false,
      images: true,
      price: { input: 2.5, output: 10, cacheRead: 1.25, cacheWrite: 0 },
    })
  })

  it.each([
    ['openai', 'gpt-4.1-2025-04-14', 1_047_576],
    ['anthropic', 'claude-sonnet-4-5-20250929', 200_000],
    ['vertex', 'gemini-2.5-pro@default', 1_048_576],
    ['gemini', 'models/gemini-2.5-pro', 1_048_576],
    ['gemini', 'gemini-2.5-pro-preview-05-06', 1_048_576],
    ['bedrock', 'apac.anthropic.claude-sonnet-4-5-20250929-v1:0', 200_000],
    ['openrouter', 'anthropic/claude-sonnet-4.5:nitro', 1_000_000],
    ['azure', 'gpt-4o-mini-2024-07-18', 128_000],
    ['deepseek', 'DeepSeek-V4-Pro', 1_000_000],
  ])('%s finds %s', (row, model, contextWindow) => {
    expect(capabilitiesOf(row, model)).toMatchObject({ contextWindow })
  })

  it('takes from the maker what does not depend on who serves the model', () => {
    const facts = factsOf('siliconflow', 'zai-org/GLM-4.7')
    expect(facts).toEqual({ contextWindow: 204_800, reasoning: true, images: false })
    expect(factsOf('openai-compatible', 'claude-sonnet-4-6')).not.toHaveProperty('maxOutput')
  })

  it('knows nothing of a model nobody lists, and nothing of servers whose owner sets the limits', () => {
    expect(factsOf('openai', 'my-finetune')).toBeUndefined()
    expect(factsOf('nowhere', 'constructor')).toBeUndefined()
    expect(factsOf('ollama', 'gpt-4o')).toBeUndefined()
  })

  it('knows the prices of long requests', () => {
    const { price } = factsOf('gemini', 'gemini-2.5-pro') ?? {}
    expect(price).toMatchObject({ input: 1.25, tiers: [{ over: 200_000, input: 2.5, output: 15 }] })
  })

  it('gives no price where tokens are not sold one by one', () => {
    const free = Object.values(catalogue.rows)
      .flat()
      .filter((line) => line.endsWith(' 0 0 0 0'))
    expect(free.length).toBeGreaterThan(0)
    expect(factsOf('dashscope', 'qwen3.6-plus')).not.toHaveProperty('price')
  })

  it('has whole lines, each id once in its row', () => {
    for (const lines of Object.values(catalogue.rows)) {
      for (const line of lines)
        expect(line).toMatch(
          /^\S+ \d+ \d+ (?:r|i|ri|-)(?: \d+(?:\.\d+)?){4}(?: >\d+(?: \d+(?:\.\d+)?){4})*$/,
        )
      expect(new Set(lines.map((line) => line.split(' ')[0])).size).toBe(lines.length)
    }
  })

  it('says where its data come from', () => {
    expect(catalogue).toMatchObject({ licence: 'MIT', source: '@earendil-works/pi-ai' })
    expect(catalogue.date).toMatch(/^\d{4}-\d\d-\d\d$/)
  })
})
