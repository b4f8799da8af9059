/** Anthropic itself: requests are forwarded as they are. https://docs.anthropic.com/en/api/messages */
import { defineProvider } from './definition.ts'

export const anthropic = defineProvider({
  id: 'anthropic',
  kind: 'hosted',
  hosts: ['api.anthropic.com'],
  protocol: 'anthropic',
  messagesApi: 'anthropic',
  auth: 'x-api-key',
  reasoning: { none: 'requests are forwarded with the thinking and the effort of the client' },
  init: {
    variables: ['ANTHROPIC_API_KEY'],
    url: 'https://api.anthropic.com/v1/messages',
    models: ['claude-sonnet-5-5', 'claude-opus-5-5', 'claude-haiku-5-5'],
    keys: 'https://console.anthropic.com/settings/keys',
  },
  live: [{ model: 'claude-haiku-4-5' }],
  catalogue: {
    piAi: ['anthropic'],
    genaiPrices: 'anthropic',
    reference: 'maker',
    closedWeights: /^anthropic\/claude-/,
  },
  docs: { addresses: ['https://api.anthropic.com/v1/messages'] },
})
