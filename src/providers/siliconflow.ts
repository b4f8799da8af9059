/** SiliconFlow: open models. https://docs.siliconflow.com/en/api-reference/chat-completions/chat-completions */
import { defineProvider, sourced } from './definition.ts'

const API = 'https://docs.siliconflow.com/en/api-reference/chat-completions/chat-completions'

export const siliconflow = defineProvider({
  id: 'siliconflow',
  kind: 'hosted',
  hosts: ['api.siliconflow.cn', 'api.siliconflow.com'],
  protocol: 'openai-chat',
  auth: 'bearer',
  quirks: { jsonSchema: sourced(false, API) },
  // Only models that can do both take the switch.
  reasoning: sourced(
    [
      {
        models:
          /qwen3-\d+b(-a\d+b)?$|glm-4\.[5-9]|glm-[5-9]|deepseek-v3\.[1-9]|deepseek-v[4-9]|hunyuan-a13b/i,
        toggle: 'enable_thinking',
      },
    ],
    API,
  ),
  init: { none: 'the catalogue does not list its models' },
  live: [
    {
      variable: 'SILICONFLOW_API_KEY',
      url: 'https://api.siliconflow.cn/v1/chat/completions',
      model: 'Qwen/Qwen3-8B',
    },
  ],
  catalogue: { none: 'the packages do not know it' },
  docs: { addresses: ['https://api.siliconflow.cn/v1/chat/completions'] },
})
