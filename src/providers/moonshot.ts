/** Moonshot AI's Kimi. https://platform.moonshot.ai/docs */
import type { ReasoningQuirk } from '../protocols/openai-chat/types.ts'
import { type ChatQuirks, defineProvider, sourced } from './definition.ts'

const THINKING = 'https://platform.moonshot.ai/docs/guide/use-kimi-k2-thinking-model'

/** Kimi's models, wherever their maker serves them: those that think have fixed sampling. */
export const KIMI_MODELS: ChatQuirks = {
  reasoningHistory: sourced('reasoning_content', THINKING),
  reasoningRequired: sourced(true, THINKING),
  thinksOrIsForced: sourced(true, THINKING),
  refusedByThinkers: sourced(['temperature', 'top_p'], THINKING),
  schemas: sourced('moonshot', 'https://github.com/MoonshotAI/walle/blob/main/docs/mfjs-spec.md'),
}

/** From K2.5 on thinking can be turned off; K3 takes an effort and has no switch. */
export const KIMI_REASONING = sourced<readonly ReasoningQuirk[]>(
  [
    { models: /kimi-k2\.[5-9]|for-coding-highspeed/, toggle: 'thinking' },
    { models: /(^|kimi-)k[3-9]|kimi-for-coding/, effort: 'reasoning_effort' },
  ],
  'https://platform.kimi.ai/docs/guide/use-kimi-k2-thinking-model',
)

export const moonshot = defineProvider({
  id: 'moonshot',
  names: ['moonshotai', 'kimi'],
  kind: 'hosted',
  hosts: ['api.moonshot.ai', 'api.moonshot.cn'],
  protocol: 'openai-chat',
  auth: 'bearer',
  quirks: KIMI_MODELS,
  reasoning: KIMI_REASONING,
  init: {
    variables: ['MOONSHOT_API_KEY'],
    url: 'https://api.moonshot.ai/v1/chat/completions',
    models: ['kimi-k3', 'kimi-k2.7-code'],
    keys: 'https://platform.moonshot.ai/console/api-keys',
  },
  live: [{ model: 'kimi-k2.6' }],
  catalogue: {
    piAi: ['moonshotai', 'moonshotai-cn'],
    genaiPrices: 'moonshotai',
    reference: 'maker',
    closedWeights: /^moonshotai\/kimi-k3/,
  },
  docs: {
    addresses: ['https://api.moonshot.ai/v1/chat/completions', 'https://api.moonshot.ai/anthropic'],
  },
})
