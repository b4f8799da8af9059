/** Fireworks AI: open models. https://docs.fireworks.ai */
import { EFFORTS_AND_NONE } from '../protocols/reasoning.ts'
import { defineProvider, GPT_OSS, REASONING_EFFORT, sourced } from './definition.ts'

export const fireworks = defineProvider({
  id: 'fireworks',
  names: ['fireworks-ai'],
  kind: 'hosted',
  hosts: ['api.fireworks.ai'],
  basePath: '/inference/v1',
  protocol: 'openai-chat',
  auth: 'bearer',
  quirks: {
    // Earlier reasoning_content is kept for the model.
    reasoningHistory: sourced('reasoning_content', 'https://docs.fireworks.ai/guides/reasoning'),
  },
  reasoning: sourced(
    [GPT_OSS, { ...REASONING_EFFORT, words: EFFORTS_AND_NONE }],
    'https://docs.fireworks.ai/guides/reasoning',
  ),
  init: {
    variables: ['FIREWORKS_API_KEY'],
    url: 'https://api.fireworks.ai/inference/v1/chat/completions',
    models: ['accounts/fireworks/models/kimi-k3', 'accounts/fireworks/models/glm-5p3'],
    keys: 'https://app.fireworks.ai/settings/users/api-keys',
  },
  live: [{ model: 'accounts/fireworks/models/gpt-oss-20b' }],
  catalogue: { piAi: ['fireworks'], genaiPrices: 'fireworks' },
  docs: { addresses: ['https://api.fireworks.ai/inference/v1/chat/completions'] },
})
