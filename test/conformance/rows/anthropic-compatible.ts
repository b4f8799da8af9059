/** Another maker's Messages API, which knows Anthropic's as it once was. */
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
    not: {
      'a name that is too long or has letters that are refused is another one upstream': THROUGH,
      'marks of the prompt cache do not go to who cannot read them':
        'these APIs take them since they were made for this client',
      'a block of no known type is passed over and named': THROUGH,
      'a call without a result is answered, a result without a call is told': THROUGH,
    },
  }),
  proxied: true,
}
