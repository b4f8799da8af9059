/** An OpenAI-compatible server of which nothing else is known. */
import { chatRow } from './openai-chat.ts'
import type { Row } from '../row.ts'

const NO_REASONING = 'nothing is known of where such a server takes its reasoning back'

export const row: Row = chatRow({
  name: 'openai-compatible',
  model: 'some-model',
  provider: 'somewhere',
  other: 'elsewhere',
  thoughts: 'nothing',
  notApplicable: {
    'thinking of its own goes back to the model with its call': NO_REASONING,
    'thinking of its own does not go to another provider': NO_REASONING,
    'state that the vendor refuses is left out, and the request sent once more': NO_REASONING,
    'a limit beyond what the model gives is lowered': 'nothing is known of the model',
  },
})
