/** OpenAI's and Claude's models on Azure. https://learn.microsoft.com/azure/ai-foundry/openai/reference */
import { defineProvider, sourced } from './definition.ts'
import { OPENAI_MODELS, OPENAI_REASONING } from './openai.ts'

export const azure = defineProvider({
  id: 'azure',
  title: 'Azure OpenAI',
  names: ['azure-openai'],
  kind: 'hosted',
  hosts: ['*.openai.azure.com', '*.services.ai.azure.com', '*.cognitiveservices.azure.com'],
  basePath: '/openai/v1',
  protocol: 'openai-chat',
  messagesApi: 'messages',
  auth: 'api-key',
  quirks: {
    ...OPENAI_MODELS,
    promptCacheKey: sourced(true, 'https://learn.microsoft.com/azure/ai-foundry/openai/reference'),
  },
  reasoning: OPENAI_REASONING,
  init: { none: 'its address holds the name of the user’s resource' },
  live: { none: 'its address holds the name of the user’s resource' },
  catalogue: { piAi: ['azure'], genaiPrices: 'azure' },
  docs: {
    addresses: [
      'https://NAME.openai.azure.com/openai/deployments/DEPLOYMENT/chat/completions?api-version=2024-10-21',
      '…/openai/v1/chat/completions',
      '…/openai/v1/responses',
      'https://NAME.services.ai.azure.com/anthropic (Claude)',
    ],
    key: '`api-key`, `x-api-key`',
  },
})
