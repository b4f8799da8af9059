/** Cerebras: open models. https://inference-docs.cerebras.ai/resources/openai */
import { EFFORTS_AND_NONE } from '../protocols/reasoning.ts'
import { defineProvider, GPT_OSS, sourced } from './definition.ts'

export const cerebras = defineProvider({
  id: 'cerebras',
  kind: 'hosted',
  hosts: ['api.cerebras.ai'],
  protocol: 'openai-chat',
  auth: 'bearer',
  hasTransformer: true,
  quirks: {
    maxTokens: sourced(
      'max_completion_tokens',
      'https://inference-docs.cerebras.ai/resources/openai',
    ),
    // `reasoning_content` is refused there.
    reasoningHistory: sourced('reasoning', 'https://github.com/vercel/ai/issues/15042'),
  },
  reasoning: sourced(
    [
      GPT_OSS,
      { models: /qwen-?3\.8/, effort: 'reasoning_effort', words: EFFORTS_AND_NONE },
      { models: /glm/, effort: 'reasoning_effort', words: { off: 'none' } },
    ],
    'https://inference-docs.cerebras.ai/capabilities/reasoning',
  ),
  init: {
    variables: ['CEREBRAS_API_KEY'],
    url: 'https://api.cerebras.ai/v1/chat/completions',
    models: ['gpt-oss-120b', 'qwen-3.8-27b'],
    keys: 'https://cloud.cerebras.ai',
  },
  live: [{ model: 'gpt-oss-120b' }],
  catalogue: { piAi: ['cerebras'], genaiPrices: 'cerebras' },
  docs: { addresses: ['https://api.cerebras.ai/v1/chat/completions'] },
})
