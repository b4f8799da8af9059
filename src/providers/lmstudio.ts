/** LM Studio, on the user's machine. https://lmstudio.ai/docs/developer/openai-compat */
import { defineProvider, GPT_OSS, localHosts, sourced } from './definition.ts'

export const lmstudio = defineProvider({
  id: 'lmstudio',
  title: 'LM Studio',
  kind: 'local',
  hosts: localHosts(1234),
  protocol: 'openai-chat',
  auth: 'bearer',
  quirks: {
    schemas: sourced('grammar', 'https://github.com/ggml-org/llama.cpp/tree/master/grammars'),
  },
  reasoning: sourced([GPT_OSS], 'https://lmstudio.ai/docs/developer/openai-compat'),
  reports: sourced('lmstudio', 'https://lmstudio.ai/docs/developer/rest'),
  init: { origin: 'http://127.0.0.1:1234' },
  live: { none: 'it has no key: `ccr doctor --live` tests it where it runs' },
  catalogue: { none: 'its models have the limits that the user set' },
  docs: { addresses: ['http://localhost:1234/v1/chat/completions'] },
})
