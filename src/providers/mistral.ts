/** Mistral AI. https://docs.mistral.ai/api */
import { OPENAI_EFFORTS } from '../protocols/reasoning.ts'
import { MISTRAL_ID } from '../protocols/tools.ts'
import { defineProvider, KNOWN_EFFORTS, sourced } from './definition.ts'

export const mistral = defineProvider({
  id: 'mistral',
  kind: 'hosted',
  hosts: ['api.mistral.ai', 'codestral.mistral.ai'],
  protocol: 'openai-chat',
  auth: 'bearer',
  quirks: {
    reasoningHistory: sourced('refused', '"Extra inputs are not permitted"'),
    // Refuses unknown fields, and sends usage without a request for it.
    streamOptions: sourced(false, 'recorded streams end with "usage" though it was not requested'),
    midSystem: sourced('user', 'docs/decisions/0003-system-messages.md'),
    noUserBehindTool: sourced(true, "\"Unexpected role 'user' after role 'tool'\""),
    // "Tool call id … must be a-z, A-Z, 0-9, with a length of 9"
    toolIds: sourced(MISTRAL_ID, 'https://github.com/langchain-ai/langchain/pull/24668'),
  },
  reasoning: sourced(
    [
      // `none` and `high` alone, for models that can do both.
      {
        models: /mistral-(small-(latest|[4-9]|26)|medium-(3[.-]5|latest|[4-9]|26))/,
        effort: 'reasoning_effort',
        words: {
          off: 'none',
          low: 'none',
          medium: 'high',
          high: 'high',
          xhigh: 'high',
          max: 'high',
        },
      },
      { models: /mistral-large-[4-9]/, effort: 'reasoning_effort', words: OPENAI_EFFORTS },
      KNOWN_EFFORTS,
    ],
    'https://docs.mistral.ai/capabilities/reasoning',
  ),
  init: {
    variables: ['MISTRAL_API_KEY'],
    url: 'https://api.mistral.ai/v1/chat/completions',
    models: ['devstral-latest', 'mistral-large-latest', 'mistral-small-latest'],
    keys: 'https://console.mistral.ai/api-keys',
  },
  live: [{ model: 'mistral-small-latest' }],
  catalogue: { piAi: ['mistral'], genaiPrices: 'mistral', reference: 'maker' },
  docs: { addresses: ['https://api.mistral.ai/v1/chat/completions'] },
})
