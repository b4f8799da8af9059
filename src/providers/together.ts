/** Together AI: open models. https://docs.together.ai/reference/chat-completions-1 */
import { defineProvider, GPT_OSS, sourced } from './definition.ts'

export const together = defineProvider({
  id: 'together',
  names: ['togetherai'],
  kind: 'hosted',
  hosts: ['api.together.xyz', 'api.together.ai'],
  protocol: 'openai-chat',
  auth: 'bearer',
  quirks: {
    reasoningHistory: sourced('reasoning', 'https://docs.together.ai/docs/reasoning-overview'),
  },
  // Hybrid models have a switch.
  reasoning: sourced(
    [
      GPT_OSS,
      {
        models: /deepseek-v(3\.[1-9]|[4-9])|glm-(4\.[5-9]|[5-9])|kimi-k2\.[5-9]|qwen3\.[5-9]/i,
        toggle: 'reasoning',
      },
    ],
    'https://docs.together.ai/docs/reasoning-overview',
  ),
  init: {
    variables: ['TOGETHER_API_KEY'],
    url: 'https://api.together.xyz/v1/chat/completions',
    models: ['moonshotai/Kimi-K3', 'zai-org/GLM-5.3'],
    keys: 'https://api.together.ai/settings/api-keys',
  },
  live: [{ model: 'openai/gpt-oss-20b' }],
  catalogue: { piAi: ['together'], genaiPrices: 'together' },
  docs: { addresses: ['https://api.together.xyz/v1/chat/completions'] },
})
