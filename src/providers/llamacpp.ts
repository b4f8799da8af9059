/** The server of llama.cpp, on the user's machine. https://github.com/ggml-org/llama.cpp/tree/master/tools/server */
import { defineProvider, GPT_OSS, localHosts, sourced } from './definition.ts'

export const llamacpp = defineProvider({
  id: 'llamacpp',
  title: 'llama.cpp',
  names: ['llama-server'],
  kind: 'local',
  hosts: localHosts(8080),
  protocol: 'openai-chat',
  auth: 'bearer',
  quirks: {
    // Anything but a word is taken for `auto`, without an error.
    toolChoiceWords: sourced(
      true,
      'https://github.com/ggml-org/llama.cpp/blob/master/tools/server/server-common.cpp',
    ),
    schemas: sourced('grammar', 'https://github.com/ggml-org/llama.cpp/tree/master/grammars'),
  },
  reasoning: sourced([GPT_OSS], 'https://github.com/ggml-org/llama.cpp/tree/master/tools/server'),
  reports: sourced('llamacpp', 'https://github.com/ggml-org/llama.cpp/tree/master/tools/server'),
  init: { origin: 'http://127.0.0.1:8080' },
  live: { none: 'it has no key: `ccr doctor --live` tests it where it runs' },
  catalogue: { none: 'its models have the limits that the user set' },
  docs: { addresses: ['http://localhost:8080/v1/chat/completions'] },
})
