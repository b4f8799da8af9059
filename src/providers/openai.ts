/** OpenAI: Chat Completions and Responses. https://platform.openai.com/docs/api-reference */
import type { ReasoningQuirk } from '../protocols/openai-chat/types.ts'
import { type ChatQuirks, defineProvider, REASONING_EFFORT, sourced } from './definition.ts'

/** OpenAI's models, wherever they are served: those that reason refuse `max_tokens`. */
export const OPENAI_MODELS: ChatQuirks = {
  maxTokens: sourced(
    'max_completion_tokens',
    '"Unsupported parameter: \'max_tokens\' is not supported with this model"',
  ),
  refusedByThinkers: sourced(
    ['temperature', 'top_p', 'stop'],
    'https://platform.openai.com/docs/guides/reasoning',
  ),
}

/**
 * From gpt-5.4 on they refuse an effort beside tools, from 5.6 on even tools without the effort
 * `none`: https://github.com/BerriAI/litellm/pull/34569
 */
export const OPENAI_REASONING = sourced<readonly ReasoningQuirk[]>(
  [
    {
      models: /gpt-(5\.[2-9]|[6-9]|daybreak)(?!.{0,64}(chat|codex|-pro))/,
      effort: 'reasoning_effort',
      besideTools: 'none',
    },
    REASONING_EFFORT,
  ],
  'https://github.com/openai/openai-openapi/issues/541',
)

export const openai = defineProvider({
  id: 'openai',
  kind: 'hosted',
  hosts: ['api.openai.com'],
  protocol: 'openai-chat',
  // Models that Chat Completions has not, or has with tools only as long as they do not think.
  modelProtocols: [
    {
      models: /^(?!.*chat)(gpt-5\.[4-9]|gpt-[6-9]|.*codex|.*deep-research|(gpt|o\d).*-pro)/,
      protocol: 'openai-responses',
      path: /^\/?$|^\/v1(\/chat\/completions)?\/?$/,
      onlyAtHosts: true,
      source:
        '"To use function tools, use /v1/responses or set reasoning_effort to \'none\'"; docs/decisions/0008-responses.md',
    },
  ],
  auth: 'bearer',
  quirks: {
    ...OPENAI_MODELS,
    reasoningHistory: sourced('refused', '"Unrecognized request argument"'),
    files: sourced(true, 'https://platform.openai.com/docs/guides/pdf-files'),
    promptCacheKey: sourced(true, 'https://platform.openai.com/docs/guides/prompt-caching'),
  },
  reasoning: OPENAI_REASONING,
  webSearch: sourced('openai', 'https://platform.openai.com/docs/guides/tools-web-search'),
  init: {
    variables: ['OPENAI_API_KEY'],
    // The Responses API: it gives a model's reasoning back to it in the next turn.
    url: 'https://api.openai.com/v1/responses',
    models: ['gpt-6.1-sol', 'gpt-6.1-terra', 'gpt-6-luna'],
    keys: 'https://platform.openai.com/api-keys',
  },
  live: [
    { url: 'https://api.openai.com/v1/chat/completions', model: 'gpt-4o-mini' },
    { name: 'openai-responses', model: 'gpt-5-mini' },
  ],
  catalogue: {
    piAi: ['openai'],
    genaiPrices: 'openai',
    reference: 'maker',
    // gpt-oss has open weights.
    closedWeights: /^openai\/(gpt-(?!oss)|o)/,
  },
  docs: {
    addresses: ['https://api.openai.com/v1/chat/completions', '…/v1/responses'],
    section: {
      title: 'OpenAI',
      text: 'With an address of Chat Completions at `api.openai.com`, ccr uses Responses for models that cannot otherwise reason together with tools (GPT-5.4 and later, Codex, the `-pro` models): [decision 8](decisions/0008-responses.md). The transformer `openai` keeps Chat Completions.',
    },
  },
})
