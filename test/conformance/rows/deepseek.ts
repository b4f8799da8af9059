/** Chat Completions of a provider that requires its reasoning in later requests and knows no JSON schemas. */
import { chatRow } from './openai-chat.ts'
import type { Row } from '../row.ts'

export const row: Row = chatRow({
  name: 'deepseek',
  model: 'deepseek-v4-pro',
  provider: 'deepseek',
  other: 'Deep-Seek',
  thoughts: 'text',
  notApplicable: {
    'state that the vendor refuses is left out, and the request sent once more':
      'the text of the reasoning is its state, and no provider refuses text',
  },
})
