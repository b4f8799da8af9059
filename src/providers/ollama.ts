/** Ollama, on the user's machine. https://docs.ollama.com/api/openai-compatibility */
import { defineProvider, GPT_OSS, localHosts, sourced } from './definition.ts'

export const ollama = defineProvider({
  id: 'ollama',
  title: 'Ollama',
  kind: 'local',
  hosts: localHosts(11434),
  otherPaths: ['/api', '/api/chat', '/api/generate'],
  protocol: 'openai-chat',
  auth: 'bearer',
  quirks: {
    schemas: sourced('grammar', 'https://github.com/ggml-org/llama.cpp/tree/master/grammars'),
  },
  reasoning: sourced([GPT_OSS], 'https://docs.ollama.com/api/openai-compatibility'),
  reports: sourced('ollama', 'https://docs.ollama.com/api'),
  init: { origin: 'http://127.0.0.1:11434' },
  live: { none: 'it has no key: `ccr doctor --live` tests it where it runs' },
  catalogue: { none: 'its models have the limits that the user set' },
  docs: { addresses: ['http://localhost:11434/v1/chat/completions'] },
})
