/** Any server of Chat Completions that ccr does not recognise. */
import { defineProvider, KNOWN_EFFORTS, sourced } from './definition.ts'

const UNKNOWN = 'nothing is known about it: what most servers understand'

export const openaiCompatible = defineProvider({
  id: 'openai-compatible',
  kind: 'hosted',
  hosts: [],
  protocol: 'openai-chat',
  auth: 'bearer',
  quirks: {
    midSystem: sourced('user', UNKNOWN),
    schemas: sourced('grammar', UNKNOWN),
    // A gateway passes Claude's cache markers on; a server that refuses them is called again without.
    cacheControl: sourced(/claude/i, UNKNOWN),
  },
  // Most servers pass the field on, and one that refuses it is called again without.
  reasoning: sourced([KNOWN_EFFORTS], UNKNOWN),
  init: { none: 'its address is the user’s' },
  live: { none: 'its address is the user’s' },
  catalogue: { none: 'nothing is known about its models' },
  docs: { addresses: [] },
})
