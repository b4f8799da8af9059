/** OpenRouter: models of most makers under one key. https://openrouter.ai/docs */
import { EFFORTS_AND_NONE } from '../protocols/reasoning.ts'
import { defineProvider, sourced, XHIGH } from './definition.ts'

/** OpenRouter's words, which it translates into those of makers: https://github.com/enricoros/big-AGI/issues/940 */
const TRANSLATED = { ...EFFORTS_AND_NONE, xhigh: 'xhigh', max: 'max' } as const

export const openrouter = defineProvider({
  id: 'openrouter',
  kind: 'hosted',
  hosts: ['openrouter.ai'],
  basePath: '/api/v1',
  protocol: 'openai-chat',
  auth: 'bearer',
  hasTransformer: true,
  quirks: {
    reasoningHistory: sourced('reasoning', 'https://openrouter.ai/docs/use-cases/reasoning-tokens'),
    reasoningDetails: sourced(true, 'https://openrouter.ai/docs/use-cases/reasoning-tokens'),
    cacheControl: sourced(
      /^(anthropic\/|google\/gemini|~anthropic\/)|claude/,
      'https://openrouter.ai/docs/features/prompt-caching',
    ),
    files: sourced(true, 'https://openrouter.ai/docs/features/multimodal/pdfs'),
  },
  // A model whose reasoning is mandatory refuses `none`: https://github.com/musistudio/claude-code-router/issues/1238
  reasoning: sourced(
    [
      {
        models: /deepseek-v4-(flash|pro)(:|$)|glm-5\.2/,
        effort: 'reasoning',
        words: { ...TRANSLATED, low: 'high', medium: 'high', ...XHIGH },
      },
      {
        models: /deepseek-v4-(flash|pro)-|kimi-k3/,
        effort: 'reasoning',
        words: { ...TRANSLATED, medium: 'high', xhigh: 'high' },
      },
      {
        models: /qwen3\.8-max/,
        effort: 'reasoning',
        words: { ...TRANSLATED, off: 'low', ...XHIGH },
      },
      {
        models:
          /gemini-((2\.5|3(\.1)?)-pro|3\.[5-9]|[4-9]|(flash|pro)-latest)|aion-|deepseek-r1|lfm-|muse-|-thinking|flint-|beam-|step-|inkling-2|grok-build/,
        effort: 'reasoning',
        words: { ...TRANSLATED, off: 'low' },
      },
      // These know no `low` either.
      { models: /nex-n2\.6/, effort: 'reasoning', words: { ...TRANSLATED, off: 'medium' } },
      { models: /fugu-/, effort: 'reasoning', words: { ...TRANSLATED, off: 'high' } },
      { effort: 'reasoning', words: TRANSLATED },
    ],
    'https://openrouter.ai/docs/guides/best-practices/reasoning-tokens',
  ),
  webSearch: sourced('plugins', 'https://openrouter.ai/docs/features/web-search'),
  cost: sourced('cost', 'https://openrouter.ai/docs/use-cases/usage-accounting'),
  init: {
    variables: ['OPENROUTER_API_KEY'],
    url: 'https://openrouter.ai/api/v1/chat/completions',
    models: [
      'anthropic/claude-sonnet-5.5',
      'openai/gpt-6.1-sol',
      'google/gemini-4-argon',
      'deepseek/deepseek-v4.1-flash',
      'moonshotai/kimi-k3',
      'z-ai/glm-5.3',
    ],
    keys: 'https://openrouter.ai/keys',
  },
  live: [{ model: 'openai/gpt-4o-mini' }],
  catalogue: { piAi: ['openrouter'], genaiPrices: 'openrouter', reference: 'reseller' },
  docs: { addresses: ['https://openrouter.ai/api/v1/chat/completions'] },
})
