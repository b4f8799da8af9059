/** Perplexity: its models search the web for every answer. https://docs.perplexity.ai */
import { defineProvider, sourced } from './definition.ts'

export const perplexity = defineProvider({
  id: 'perplexity',
  kind: 'hosted',
  hosts: ['api.perplexity.ai'],
  protocol: 'openai-chat',
  auth: 'bearer',
  // Roles must alternate.
  quirks: { midSystem: sourced('user', 'https://docs.perplexity.ai') },
  reasoning: { none: 'no field for it has been verified' },
  webSearch: sourced('always', 'https://docs.perplexity.ai'),
  init: { none: 'its models search, and call no tools' },
  live: { none: 'its models call no tools, which the test needs' },
  catalogue: { none: 'the packages do not know it' },
  docs: { addresses: ['https://api.perplexity.ai/chat/completions'] },
})
