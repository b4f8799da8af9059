/** Z.ai, formerly Zhipu: GLM. https://docs.z.ai */
import { defineProvider, sourced } from './definition.ts'

export const zai = defineProvider({
  id: 'zai',
  title: 'z.ai',
  names: ['z.ai', 'glm', 'zhipu', 'bigmodel'],
  kind: 'hosted',
  hosts: ['api.z.ai', 'open.bigmodel.cn'],
  basePath: '/api/paas/v4',
  protocol: 'openai-chat',
  auth: 'bearer',
  quirks: {
    // Thinking goes back with tool results.
    reasoningHistory: sourced(
      'reasoning_content',
      'https://docs.z.ai/guides/capabilities/thinking-mode',
    ),
    // json_object only
    jsonSchema: sourced(false, 'https://docs.z.ai/guides/capabilities/struct-output'),
  },
  reasoning: sourced(
    [{ toggle: 'thinking', effort: 'reasoning_effort' }],
    'https://docs.z.ai/guides/capabilities/thinking-mode',
  ),
  webSearch: sourced('zai', 'https://docs.z.ai/guides/tools/web-search'),
  init: {
    variables: ['ZAI_API_KEY'],
    url: 'https://api.z.ai/api/paas/v4/chat/completions',
    models: ['glm-5.3', 'glm-5.3-flash'],
    keys: 'https://z.ai/manage-apikey/apikey-list',
  },
  live: [{ model: 'glm-4.7' }],
  catalogue: { piAi: ['zai', 'zai-coding-cn'], genaiPrices: 'zai', reference: 'maker' },
  docs: {
    addresses: ['https://api.z.ai/api/paas/v4/chat/completions', 'https://api.z.ai/api/anthropic'],
  },
})
