/** What providers count, each number another: every token in its own place, once. Hand-written. */
import { describe, expect, it } from 'vitest'
import { usageOf as ofConverse } from './bedrock-converse/response.ts'
import { usageOf as ofGemini } from './gemini/response.ts'
import { usageOf as ofChat } from './openai-chat/response.ts'
import { usageOf as ofResponses } from './openai-responses/response.ts'

/** input, cache read, cache written, output, thinking */
type Counts = readonly [number, number, number, number, number?]

function counted([input, read, written, output, thinking]: Counts): object {
  return {
    input_tokens: input,
    cache_read_input_tokens: read,
    cache_creation_input_tokens: written,
    output_tokens: output,
    ...(thinking === undefined ? {} : { output_tokens_details: { thinking_tokens: thinking } }),
  }
}

describe('the tokens of Chat Completions', () => {
  const base = { prompt_tokens: 1_000, completion_tokens: 200 }

  it.each<[string, object, Counts]>([
    ['nothing but both sums', base, [1_000, 0, 0, 200]],
    ['nothing', {}, [0, 0, 0, 0]],
    [
      'the usual fields',
      { ...base, prompt_tokens_details: { cached_tokens: 30 } },
      [970, 30, 0, 200],
    ],
    ['DeepSeek’s field', { ...base, prompt_cache_hit_tokens: 31 }, [969, 31, 0, 200]],
    ['Moonshot’s field', { ...base, cached_tokens: 32 }, [968, 32, 0, 200]],
    ['a gateway’s fields', { ...base, cache_read_input_tokens: 33 }, [967, 33, 0, 200]],
    [
      'what was written',
      { ...base, prompt_tokens_details: { cached_tokens: 30, cache_write_tokens: 7 } },
      [963, 30, 7, 200],
    ],
    [
      'what was written, in DashScope’s field',
      { ...base, prompt_tokens_details: { cached_tokens: 30, cache_creation_input_tokens: 8 } },
      [962, 30, 8, 200],
    ],
    [
      'what was written, in a gateway’s field',
      { ...base, cache_read_input_tokens: 30, cache_creation_input_tokens: 9 },
      [961, 30, 9, 200],
    ],
    [
      'reasoning within the output',
      { ...base, total_tokens: 1_200, completion_tokens_details: { reasoning_tokens: 150 } },
      [1_000, 0, 0, 200, 150],
    ],
    [
      'reasoning beside the output',
      { ...base, total_tokens: 1_350, completion_tokens_details: { reasoning_tokens: 150 } },
      [1_000, 0, 0, 350, 150],
    ],
    [
      'the usual fields before all others',
      {
        ...base,
        prompt_tokens_details: { cached_tokens: 1, cache_write_tokens: 2 },
        prompt_cache_hit_tokens: 500,
        cached_tokens: 500,
        cache_read_input_tokens: 500,
        cache_creation_input_tokens: 500,
      },
      [997, 1, 2, 200],
    ],
  ])('are right where there is %s', (_, wire, counts) => {
    expect(ofChat(wire)).toEqual(counted(counts))
  })
})

describe('the tokens of Responses', () => {
  it.each<[string, object, Counts]>([
    ['both sums', { input_tokens: 1_000, output_tokens: 200 }, [1_000, 0, 0, 200]],
    ['nothing', {}, [0, 0, 0, 0]],
    [
      'all details',
      {
        input_tokens: 1_000,
        output_tokens: 200,
        input_tokens_details: { cached_tokens: 30, cache_write_tokens: 7 },
        output_tokens_details: { reasoning_tokens: 150 },
      },
      [963, 30, 7, 200, 150],
    ],
  ])('are right where there is %s', (_, wire, counts) => {
    expect(ofResponses(wire)).toEqual(counted(counts))
  })
})

describe('the tokens of Gemini', () => {
  const base = { promptTokenCount: 1_000, candidatesTokenCount: 200 }

  it.each<[string, object, Counts]>([
    ['both sums', base, [1_000, 0, 0, 200]],
    ['only a prompt', { promptTokenCount: 5 }, [5, 0, 0, 0]],
    ['only an answer', { candidatesTokenCount: 6 }, [0, 0, 0, 6]],
    ['cached content', { ...base, cachedContentTokenCount: 30 }, [970, 30, 0, 200]],
    ['tools of the server', { ...base, toolUsePromptTokenCount: 11 }, [1_011, 0, 0, 200]],
    ['thoughts beside the answer', { ...base, thoughtsTokenCount: 150 }, [1_000, 0, 0, 350, 150]],
    [
      'thoughts within the answer',
      { ...base, thoughtsTokenCount: 150, totalTokenCount: 1_200 },
      [1_000, 0, 0, 200, 150],
    ],
    [
      'all of it',
      {
        ...base,
        cachedContentTokenCount: 30,
        toolUsePromptTokenCount: 11,
        thoughtsTokenCount: 150,
        totalTokenCount: 1_361,
      },
      [981, 30, 0, 350, 150],
    ],
  ])('are right where there is %s', (_, wire, counts) => {
    expect(ofGemini(wire)).toEqual(counted(counts))
  })

  it('are not known where only the kind of traffic is told', () => {
    expect(ofGemini({ totalTokenCount: 5 })).toBeUndefined()
  })
})

describe('the tokens of Converse', () => {
  const base = { inputTokens: 1_000, outputTokens: 200 }
  const cached = { cacheReadInputTokens: 30, cacheWriteInputTokens: 11 }

  it.each<[string, object, Counts]>([
    ['both sums', base, [1_000, 0, 0, 200]],
    ['nothing', {}, [0, 0, 0, 0]],
    [
      'the cache beside the input',
      { ...base, ...cached, totalTokens: 1_241 },
      [1_000, 30, 11, 200],
    ],
    ['the cache within the input', { ...base, ...cached, totalTokens: 1_200 }, [959, 30, 11, 200]],
  ])('are right where there is %s', (_, wire, counts) => {
    expect(ofConverse(wire)).toEqual(counted(counts))
  })

  it('tell what was written for five minutes from what was written for an hour', () => {
    const cacheDetails = [
      { ttl: '1h', inputTokens: 7 },
      { ttl: '5m', inputTokens: 4 },
    ]
    const usage = ofConverse({ ...base, ...cached, totalTokens: 1_241, cacheDetails })
    expect(usage.cache_creation).toEqual({
      ephemeral_5m_input_tokens: 4,
      ephemeral_1h_input_tokens: 7,
    })
  })
})
