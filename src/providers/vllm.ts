/** vLLM, on the user's machine. https://docs.vllm.ai/en/latest/serving/openai_compatible_server.html */
import { defineProvider, KNOWN_EFFORTS, localHosts, sourced } from './definition.ts'

export const vllm = defineProvider({
  id: 'vllm',
  title: 'vLLM',
  kind: 'local',
  hosts: localHosts(8000),
  protocol: 'openai-chat',
  auth: 'bearer',
  quirks: {
    schemas: sourced('grammar', 'https://docs.vllm.ai/en/latest/features/structured_outputs.html'),
  },
  // Hands it to the template.
  reasoning: sourced(
    [KNOWN_EFFORTS],
    'https://docs.vllm.ai/en/latest/features/reasoning_outputs.html',
  ),
  reports: sourced(
    'openai',
    'https://docs.vllm.ai/en/latest/serving/openai_compatible_server.html',
  ),
  init: { origin: 'http://127.0.0.1:8000' },
  live: { none: 'it has no key: `ccr doctor --live` tests it where it runs' },
  catalogue: { none: 'its models have the limits that the user set' },
  docs: { addresses: ['http://localhost:8000/v1/chat/completions'] },
})
