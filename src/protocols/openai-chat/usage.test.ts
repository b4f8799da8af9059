import { expect, it } from 'vitest'
import { chatBytes, chatEvents, reads } from '../../../test/support/stream.ts'
import { usageOf } from './response.ts'

// Hand-written counts in the shapes of several providers.
it.each([
  ['nothing cached', { prompt_tokens: 10, completion_tokens: 3 }, [10, 3, 0, 0]],
  [
    'cached tokens inside the prompt',
    { prompt_tokens: 100, completion_tokens: 3, prompt_tokens_details: { cached_tokens: 80 } },
    [20, 3, 80, 0],
  ],
  [
    'cached under the name of DeepSeek, said twice',
    {
      prompt_tokens: 100,
      completion_tokens: 3,
      prompt_cache_hit_tokens: 80,
      prompt_tokens_details: { cached_tokens: 80 },
    },
    [20, 3, 80, 0],
  ],
  [
    'reasoning inside the completion',
    {
      prompt_tokens: 10,
      completion_tokens: 50,
      total_tokens: 60,
      completion_tokens_details: { reasoning_tokens: 40 },
    },
    [10, 50, 0, 0, 40],
  ],
  [
    'reasoning beside the completion',
    {
      prompt_tokens: 12,
      completion_tokens: 2,
      total_tokens: 354,
      completion_tokens_details: { reasoning_tokens: 340 },
    },
    [12, 342, 0, 0, 340],
  ],
  ['nulls', { prompt_tokens: null, prompt_tokens_details: null }, [0, 0, 0, 0]],
])('counts every token once: %s', (_, wire, [input, output, read, written, reasoning]) => {
  expect(usageOf(wire)).toEqual({
    input_tokens: input,
    output_tokens: output,
    cache_read_input_tokens: read,
    cache_creation_input_tokens: written,
    ...(reasoning === undefined ? {} : { output_tokens_details: { thinking_tokens: reasoning } }),
  })
})

it('is found beside the choice that ends the answer too, as Moonshot sends it', async () => {
  const usage = { prompt_tokens: 10, completion_tokens: 3, cached_tokens: 4 }
  const end = { choices: [{ delta: { content: 'hi' }, finish_reason: 'stop', usage }] }
  const events = await chatEvents(reads(chatBytes(end, '[DONE]')))
  expect(events.find(({ type }) => type === 'message_delta')).toMatchObject({
    usage: { input_tokens: 6, cache_read_input_tokens: 4, output_tokens: 3 },
  })
})
