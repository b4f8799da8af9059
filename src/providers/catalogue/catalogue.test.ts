/** What the catalogue knows of models, and that its data are whole. */
import { describe, expect, it } from 'vitest'
import catalogue from './catalogue.json' with { type: 'json' }
import { capabilitiesOf, modelDetails } from './catalogue.ts'

describe('the catalogue', () => {
  it('knows limits, abilities and prices of a model by its id', () => {
    expect(modelDetails('openai', 'gpt-4o')).toEqual({
      contextWindow: 128_000,
      maxOutput: 16_384,
      reasoning: false,
      images: true,
      price: { input: 2.5, output: 10, cacheRead: 1.25, webSearches: 10, checked: 'agreed' },
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

  it.each([
    ['openrouter', 'gpt-4', 8_191],
    ['openrouter', 'openai/gpt-4-0314', 8_191],
    ['openai', 'gpt-4-1106-preview', 128_000],
    ['azure', 'gpt-4-0125-preview', 128_000],
    ['mistral', 'mistral-medium', 262_144],
    ['mistral', 'mistral-small', 262_144],
    ['mistral', 'mistral-medium-2505', 131_072],
    ['openrouter', 'qwen/qwen3.8-max', 1_000_000],
  ])('%s: %s takes what it takes itself, never what an old edition did', (row, model, window) => {
    expect(capabilitiesOf(row, model)?.contextWindow).toBe(window)
  })

  it('takes from the maker what does not depend on who serves the model', () => {
    const facts = modelDetails('siliconflow', 'zai-org/GLM-4.7')
    expect(facts).toEqual({ contextWindow: 204_800, reasoning: true, images: false })
    expect(modelDetails('openai-compatible', 'claude-sonnet-4-6')).not.toHaveProperty('maxOutput')
  })

  it('knows nothing of a model nobody lists, and nothing of servers whose owner sets the limits', () => {
    expect(modelDetails('openai', 'my-finetune')).toBeUndefined()
    expect(modelDetails('nowhere', 'constructor')).toBeUndefined()
    expect(modelDetails('ollama', 'gpt-4o')).toBeUndefined()
  })

  it('knows what cached tokens cost, read and written for five minutes or an hour', () => {
    expect(modelDetails('anthropic', 'claude-opus-5-5')?.price).toEqual({
      input: 4,
      output: 20,
      cacheRead: 0.2,
      cacheWrite: 5,
      cacheWrite1h: 8,
      webSearches: 10,
      checked: 'agreed',
    })
  })

  it('knows that long requests cost more', () => {
    expect(modelDetails('gemini', 'gemini-2.5-pro')?.price?.tiers).toEqual([
      { over: 200_000, input: 2.5, output: 15, cacheRead: 0.25 },
    ])
  })

  it('takes for a model that OpenRouter passes on what its maker asks, when the sources differ', () => {
    expect(modelDetails('openrouter', 'moonshotai/kimi-k3')?.price).toMatchObject({
      input: 3,
      output: 15,
      checked: 'agreed',
    })
    expect(modelDetails('openrouter', 'qwen/qwen3-32b')?.price?.checked).toBe('differs')
  })

  it('asks nothing for a free edition', () => {
    expect(modelDetails('openrouter', 'qwen/qwen3-32b:free')?.price).toMatchObject({
      input: 0,
      output: 0,
    })
  })

  it('gives no price where tokens are not sold one by one', () => {
    expect(modelDetails('dashscope', 'qwen3.6-plus')).toMatchObject({ reasoning: true })
    expect(modelDetails('dashscope', 'qwen3.6-plus')).not.toHaveProperty('price')
  })

  it('has whole lines, each id once in its row', () => {
    const rates = '(?: \\d+(?:\\.\\d+)?){5}'
    const whole = new RegExp(
      `^\\S+ \\d+ \\d+ (?:r|i|ri|-)(?: [=1~]${rates}(?: >\\d+${rates})*(?: \\$\\d+(?:\\.\\d+)?)?)?$`,
    )
    for (const lines of Object.values(catalogue.rows)) {
      for (const line of lines) expect(line).toMatch(whole)
      expect(new Set(lines.map((line) => line.split(' ')[0])).size).toBe(lines.length)
    }
  })

  it('has no price that cannot be: cached tokens dearer than fresh ones, answers for nothing', () => {
    for (const [row, lines] of Object.entries(catalogue.rows)) {
      for (const line of lines) {
        const id = line.slice(0, line.indexOf(' '))
        const price = modelDetails(row, id)?.price
        if (price === undefined || id.endsWith(':free')) continue
        expect(price.output, `${row},${id}`).toBeGreaterThan(0)
        expect(price.output / price.input, `${row},${id}`).toBeLessThanOrEqual(20)
        expect(price.cacheRead ?? 0, `${row},${id}`).toBeLessThanOrEqual(price.input * 1.04)
      }
    }
  })

  it('says where its data come from', () => {
    expect(catalogue).toMatchObject({ licence: 'MIT', source: '@earendil-works/pi-ai' })
    expect(catalogue.date).toMatch(/^\d{4}-\d\d-\d\d$/)
  })
})
