import { describe, expect, it } from 'vitest'
import { usageOf } from './response.ts'

describe('usage of Gemini', () => {
  it('has cached tokens apart, those of tools in the input, thoughts in the output', () => {
    const wire = {
      promptTokenCount: 100,
      cachedContentTokenCount: 40,
      toolUsePromptTokenCount: 7,
      candidatesTokenCount: 5,
      thoughtsTokenCount: 20,
      totalTokenCount: 132,
    }
    expect(usageOf(wire)).toEqual({
      input_tokens: 67,
      output_tokens: 25,
      cache_creation_input_tokens: 0,
      cache_read_input_tokens: 40,
      output_tokens_details: { thinking_tokens: 20 },
    })
  })

  it('counts thoughts once where the total shows that the candidates include them', () => {
    const wire = {
      promptTokenCount: 10,
      candidatesTokenCount: 25,
      thoughtsTokenCount: 20,
      totalTokenCount: 35,
    }
    expect(usageOf(wire)?.output_tokens).toBe(25)
    const withTools = { ...wire, toolUsePromptTokenCount: 7, totalTokenCount: 42 }
    expect(usageOf(withTools)).toMatchObject({ input_tokens: 17, output_tokens: 25 })
  })

  it('is nothing where nothing was counted', () => {
    expect(usageOf({})).toBeUndefined()
    expect(usageOf({ promptTokenCount: 3 })).toMatchObject({ input_tokens: 3, output_tokens: 0 })
  })
})
