/** Volcengine's Ark and BytePlus: Doubao and Seed. https://www.volcengine.com/docs/82379/1494384 */
import { defineProvider, sourced } from './definition.ts'

const API = 'https://www.volcengine.com/docs/82379/1494384'

export const volcengine = defineProvider({
  id: 'volcengine',
  names: ['ark', 'doubao', 'byteplus'],
  kind: 'hosted',
  hosts: ['ark.*.volces.com', 'ark.*.bytepluses.com'],
  basePath: '/api/v3',
  protocol: 'openai-chat',
  auth: 'bearer',
  quirks: { reasoningHistory: sourced('reasoning_content', API) },
  // An effort beside disabled thinking is refused.
  reasoning: sourced(
    [
      {
        models: /seed-(1[.-][6-9]|[2-9])/,
        toggle: 'thinking',
        effort: 'reasoning_effort',
        words: { low: 'low', medium: 'medium', high: 'high', xhigh: 'high', max: 'high' },
      },
      { models: /deepseek-v(3[.-][1-9]|[4-9])|glm-[4-9]|kimi-k2[.-][5-9]/, toggle: 'thinking' },
    ],
    API,
  ),
  init: { none: 'the catalogue does not list its models' },
  live: { none: 'it has not been tested with a key yet' },
  catalogue: { none: 'the packages do not know it' },
  docs: { addresses: ['https://ark.cn-beijing.volces.com/api/v3/chat/completions'] },
})
