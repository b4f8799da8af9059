/** The demo provider that is built in: src/demo/. */
import { defineProvider, sourced } from './definition.ts'

export const demo = defineProvider({
  id: 'demo',
  kind: 'local',
  hosts: [],
  protocol: 'openai-chat',
  auth: 'bearer',
  quirks: { midSystem: sourced('system', 'src/demo/request.ts') },
  reasoning: { none: 'its model does not think' },
  init: { none: '`ccr demo` starts it' },
  live: { none: 'it has no key' },
  catalogue: { none: 'its model has no limits' },
  docs: { addresses: [] },
})
