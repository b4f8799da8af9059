/** Another vendor's Messages API, which knows an older version of Anthropic's. */
import type { Row } from '../row.ts'
import { messagesRow } from './anthropic.ts'

const THROUGH = 'as Anthropic has it'

export const row: Row = {
  ...messagesRow({
    name: 'anthropic-compatible',
    model: 'glm-4.7',
    provider: () => ({ name: 'zai', url: 'http://api.z.ai/api/anthropic' }),
    path: '/api/anthropic/v1/messages?beta=true',
    key: ['authorization', (key) => `Bearer ${key}`],
    notApplicable: {
      'a name that is too long or has letters that are refused is another one upstream': THROUGH,
      'marks of the prompt cache are not sent to providers that cannot read them':
        'these APIs take them since they were made for this client',
      'a block of no known type is passed over and named': THROUGH,
      'a call without a result is answered, a result without a call becomes text': THROUGH,
    },
  }),
  proxied: true,
}
