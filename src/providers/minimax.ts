/** MiniMax. https://platform.minimax.io/docs/api-reference/text-openai-api */
import { defineProvider, sourced } from './definition.ts'

const API = 'https://platform.minimax.io/docs/api-reference/text-openai-api'

export const minimax = defineProvider({
  id: 'minimax',
  kind: 'hosted',
  hosts: ['api.minimax.io', 'api.minimaxi.com'],
  protocol: 'openai-chat',
  auth: 'bearer',
  quirks: {
    maxTokens: sourced('max_completion_tokens', API),
    // Otherwise reasoning stands in the text between tags.
    reasoningSplit: sourced(/minimax-m[2-9]/i, API),
    jsonSchema: sourced(false, API),
  },
  reasoning: { none: 'no field of its API for an effort is known' },
  init: {
    variables: ['MINIMAX_API_KEY'],
    url: 'https://api.minimax.io/v1/chat/completions',
    models: ['MiniMax-M3', 'MiniMax-M3.1-Flash'],
    keys: 'https://platform.minimax.io',
  },
  live: [{ model: 'MiniMax-M2.7' }],
  catalogue: { piAi: ['minimax', 'minimax-cn'], genaiPrices: 'minimax', reference: 'maker' },
  docs: {
    addresses: ['https://api.minimax.io/v1/chat/completions', 'https://api.minimax.io/anthropic'],
  },
})
