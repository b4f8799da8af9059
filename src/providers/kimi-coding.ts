/** The coding plan of Moonshot AI. https://www.kimi.com/coding/docs/en/ */
import { defineProvider } from './definition.ts'
import { KIMI_MODELS, KIMI_REASONING } from './moonshot.ts'

export const kimiCoding = defineProvider({
  id: 'kimi-coding',
  names: ['kimi-for-coding'],
  kind: 'hosted',
  hosts: ['api.kimi.com'],
  basePath: '/coding/v1',
  protocol: 'openai-chat',
  auth: 'bearer',
  quirks: KIMI_MODELS,
  reasoning: KIMI_REASONING,
  init: { none: 'a subscription; users with a key start with `moonshot`' },
  live: { none: 'a subscription, which has not been tested yet' },
  catalogue: { piAi: ['kimi-coding'] },
  docs: { addresses: ['https://api.kimi.com/coding/v1/chat/completions'] },
})
