/** xAI: Grok. https://docs.x.ai/docs/api-reference#chat-completions */
import { OPENAI_EFFORTS } from '../protocols/reasoning.ts'
import { defineProvider, REASONING_EFFORT, sourced } from './definition.ts'

export const xai = defineProvider({
  id: 'xai',
  names: ['grok', 'x.ai'],
  kind: 'hosted',
  hosts: ['api.x.ai'],
  protocol: 'openai-chat',
  auth: 'bearer',
  quirks: {
    refusedByThinkers: sourced(['stop'], 'https://docs.x.ai/docs/api-reference#chat-completions'),
  },
  // Grok 4 to 4.2 refuse an effort.
  reasoning: sourced(
    [
      {
        ...REASONING_EFFORT,
        models: /grok-3-mini/,
        words: { ...OPENAI_EFFORTS, medium: 'high' },
      },
      { models: /grok-(4\.[3-9](?!\d)|[5-9]|latest)/, effort: 'reasoning_effort' },
    ],
    'https://docs.x.ai/docs/guides/reasoning',
  ),
  cost: sourced('cost_in_usd_ticks', 'https://docs.x.ai/developers/cost-tracking'),
  init: {
    variables: ['XAI_API_KEY'],
    url: 'https://api.x.ai/v1/chat/completions',
    models: ['grok-4.7', 'grok-4.3'],
    keys: 'https://console.x.ai',
  },
  live: [{ model: 'grok-4-fast' }],
  catalogue: {
    piAi: ['xai'],
    genaiPrices: 'x-ai',
    reference: 'maker',
    closedWeights: /^x-ai\/grok-/,
  },
  docs: { addresses: ['https://api.x.ai/v1/chat/completions'] },
})
