/** Groq: open models. https://console.groq.com/docs */
import { EFFORTS_AND_NONE } from '../protocols/reasoning.ts'
import { defineProvider, GPT_OSS, sourced } from './definition.ts'

/** Thinking is on or off, for models that know no degrees. */
const ON_OR_OFF = {
  off: 'none',
  low: 'default',
  medium: 'default',
  high: 'default',
  xhigh: 'default',
  max: 'default',
} as const

export const groq = defineProvider({
  id: 'groq',
  kind: 'hosted',
  hosts: ['api.groq.com'],
  basePath: '/openai/v1',
  protocol: 'openai-chat',
  auth: 'bearer',
  hasTransformer: true,
  quirks: {
    // max_tokens is deprecated.
    maxTokens: sourced(
      'max_completion_tokens',
      'https://console.groq.com/docs/api-reference#chat-create',
    ),
    reasoningHistory: sourced('refused', '"property \'reasoning_content\' is unsupported"'),
  },
  // Qwen before 3.8 knows on and off only.
  reasoning: sourced(
    [
      GPT_OSS,
      { models: /qwen3\.8/, effort: 'reasoning_effort', words: EFFORTS_AND_NONE },
      { models: /qwen3/, effort: 'reasoning_effort', words: ON_OR_OFF },
    ],
    'https://console.groq.com/docs/reasoning',
  ),
  webSearch: sourced('groq', 'https://console.groq.com/docs/browser-search'),
  init: {
    variables: ['GROQ_API_KEY'],
    url: 'https://api.groq.com/openai/v1/chat/completions',
    models: ['openai/gpt-oss-120b', 'qwen/qwen3.8-27b'],
    keys: 'https://console.groq.com/keys',
  },
  live: [{ model: 'openai/gpt-oss-20b' }],
  catalogue: { piAi: ['groq'], genaiPrices: 'groq' },
  docs: { addresses: ['https://api.groq.com/openai/v1/chat/completions'] },
})
