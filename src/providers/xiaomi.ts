/** Xiaomi: MiMo. https://platform.xiaomimimo.com/docs */
import { defineProvider, sourced } from './definition.ts'

const API = 'https://platform.xiaomimimo.com/docs'

export const xiaomi = defineProvider({
  id: 'xiaomi',
  names: ['mimo', 'xiaomi-mimo'],
  kind: 'hosted',
  hosts: ['api.xiaomimimo.com', '*.xiaomimimo.com'],
  protocol: 'openai-chat',
  auth: 'bearer',
  // Thinking, calls without text and reasoning as at DeepSeek.
  quirks: {
    reasoningHistory: sourced('reasoning_content', API),
    reasoningRequired: sourced(true, API),
  },
  reasoning: sourced([{ models: /mimo-v2/, toggle: 'thinking' }], API),
  init: { none: 'the catalogue does not list its models' },
  live: { none: 'it has not been tested with a key yet' },
  catalogue: { none: 'the packages do not know it' },
  docs: { addresses: ['https://api.xiaomimimo.com/v1/chat/completions'] },
})
