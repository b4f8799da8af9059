/** DeepSeek. https://api-docs.deepseek.com */
import { defineProvider, sourced } from './definition.ts'

export const deepseek = defineProvider({
  id: 'deepseek',
  kind: 'hosted',
  hosts: ['api.deepseek.com'],
  otherPaths: ['/beta'],
  protocol: 'openai-chat',
  auth: 'bearer',
  hasTransformer: true,
  quirks: {
    reasoningHistory: sourced(
      'reasoning_content',
      'https://api-docs.deepseek.com/guides/thinking_mode',
    ),
    reasoningRequired: sourced(
      true,
      '"The reasoning_content in the thinking mode must be passed back"',
    ),
    thinksOrIsForced: sourced(true, 'https://api-docs.deepseek.com/guides/thinking_mode'),
    // json_object only
    jsonSchema: sourced(false, 'https://api-docs.deepseek.com/guides/json_mode'),
  },
  reasoning: sourced(
    [
      {
        toggle: 'thinking',
        effort: 'reasoning_effort',
        words: { low: 'low', medium: 'high', high: 'high', xhigh: 'high', max: 'max' },
      },
    ],
    'https://api-docs.deepseek.com/guides/thinking_mode',
  ),
  init: {
    variables: ['DEEPSEEK_API_KEY'],
    url: 'https://api.deepseek.com/chat/completions',
    models: ['deepseek-v4-pro', 'deepseek-flash'],
    keys: 'https://platform.deepseek.com/api_keys',
  },
  live: [{ model: 'deepseek-chat' }],
  catalogue: { piAi: ['deepseek'], genaiPrices: 'deepseek', reference: 'maker' },
  docs: {
    addresses: ['https://api.deepseek.com/chat/completions', 'https://api.deepseek.com/anthropic'],
  },
})
