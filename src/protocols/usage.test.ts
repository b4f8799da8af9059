import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Usage } from '../messages/events.ts'
import { usageOf as converseUsage } from './bedrock-converse/response.ts'
import { usageOf as geminiUsage } from './gemini/response.ts'
import { usageOf as chatUsage } from './openai-chat/response.ts'
import { usageOf as responsesUsage } from './openai-responses/response.ts'

interface Counts {
  readonly prompt: number
  readonly read: number
  readonly written: number
  readonly output: number
}

/** The same counts as each format says them, where they include what was read and written. */
const FORMATS: Readonly<Record<string, (counts: Counts) => Usage | undefined>> = {
  'openai-chat': ({ prompt, read, written, output }) =>
    chatUsage({
      prompt_tokens: prompt,
      completion_tokens: output,
      prompt_tokens_details: { cached_tokens: read, cache_write_tokens: written },
    }),
  'openai-chat of gateways': ({ prompt, read, written, output }) =>
    chatUsage({
      prompt_tokens: prompt,
      completion_tokens: output,
      cache_read_input_tokens: read,
      cache_creation_input_tokens: written,
    }),
  'openai-responses': ({ prompt, read, written, output }) =>
    responsesUsage({
      input_tokens: prompt,
      output_tokens: output,
      input_tokens_details: { cached_tokens: read, cache_write_tokens: written },
    }),
  gemini: ({ prompt, read, output }) =>
    geminiUsage({
      promptTokenCount: prompt,
      candidatesTokenCount: output,
      cachedContentTokenCount: read,
    }),
  'bedrock-converse': ({ prompt, read, written, output }) =>
    converseUsage({
      inputTokens: prompt,
      outputTokens: output,
      totalTokens: prompt + output,
      cacheReadInputTokens: read,
      cacheWriteInputTokens: written,
    }),
}

function sumOf(usage: Usage | undefined): number | undefined {
  if (usage === undefined) return undefined
  return usage.input_tokens + usage.cache_read_input_tokens + usage.cache_creation_input_tokens
}

describe.each(Object.entries(FORMATS))('the prompt of %s', (_, usageOf) => {
  it('is what the provider counts, whatever it says of its caches', () => {
    const count = fc.nat({ max: 2_000_000 })
    fc.assert(
      fc.property(
        fc.record({ prompt: count, read: count, written: count, output: count }),
        (counts) => {
          const usage = usageOf(counts)
          expect(sumOf(usage)).toBe(counts.prompt)
          expect(usage?.cache_read_input_tokens).toBe(Math.min(counts.read, counts.prompt))
        },
      ),
    )
  })
})

it('tokens that were read are not written as well', () => {
  // As OpenRouter counts a prompt of Gemini; hand-written.
  const usage = FORMATS['openai-chat']?.({ prompt: 2168, read: 2161, written: 2161, output: 100 })
  expect(usage).toMatchObject({
    input_tokens: 0,
    cache_read_input_tokens: 2161,
    cache_creation_input_tokens: 7,
  })
})

it('a prompt that is not counted is what its caches are', () => {
  const details = { cached_tokens: 5, cache_write_tokens: 2 }
  expect(sumOf(chatUsage({ prompt_tokens_details: details }))).toBe(7)
})

it('of a prompt that Bedrock counts without its caches all stays as it is', () => {
  const usage = converseUsage({
    inputTokens: 10,
    outputTokens: 5,
    totalTokens: 115,
    cacheReadInputTokens: 60,
    cacheWriteInputTokens: 40,
    cacheDetails: [{ ttl: '1h', inputTokens: 40 }],
  })
  expect(usage).toMatchObject({
    input_tokens: 10,
    cache_read_input_tokens: 60,
    cache_creation_input_tokens: 40,
    cache_creation: { ephemeral_1h_input_tokens: 40 },
  })
})
