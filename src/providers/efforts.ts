import { EFFORTS_AND_NONE, OPENAI_EFFORTS } from '../protocols/effort.ts'
import type { ReasoningQuirk } from '../protocols/openai-chat/wire.ts'

/**
 * How each provider's Chat Completions are told to think, and how much. By the ids of rows. Which
 * words a model knows stands in src/protocols/thinkers.ts, since it does not depend on who serves it.
 */

/** `reasoning_effort` with the words that most servers know. */
const EFFORT: ReasoningQuirk = { effort: 'reasoning_effort', words: OPENAI_EFFORTS }

/** Words of servers that know one effort above `high`. */
const XHIGH = { xhigh: 'xhigh', max: 'xhigh' } as const

/** Open models whose name tells that they take an effort wherever they run. */
const GPT_OSS: ReasoningQuirk = { ...EFFORT, models: /gpt-oss/i }

/**
 * OpenAI's models, wherever they are served. From gpt-5.4 on they refuse an effort beside tools, from
 * 5.6 on even tools without the effort `none`: https://github.com/openai/openai-openapi/issues/541,
 * https://github.com/BerriAI/litellm/pull/34569
 */
const OPENAI: readonly ReasoningQuirk[] = [
  {
    models: /gpt-(5\.[2-9]|[6-9]|daybreak)(?!.{0,64}(chat|codex|-pro))/,
    effort: 'reasoning_effort',
    besideTools: 'none',
  },
  EFFORT,
]

/** Models whose efforts are known, where `reasoning_effort` is what a server would know. */
const KNOWN: ReasoningQuirk = { models: 'known', effort: 'reasoning_effort' }

/** Thinking is on or off, for who knows no degrees. */
const ON_OR_OFF = {
  off: 'none',
  low: 'default',
  medium: 'default',
  high: 'default',
  xhigh: 'default',
  max: 'default',
} as const

/**
 * https://platform.kimi.ai/docs/guide/use-kimi-k2-thinking-model: from K2.5 on it can be turned off; K3
 * takes an effort and has no switch.
 */
const KIMI: readonly ReasoningQuirk[] = [
  { models: /kimi-k2\.[5-9]|for-coding-highspeed/, toggle: 'thinking' },
  { models: /(^|kimi-)k[3-9]|kimi-for-coding/, effort: 'reasoning_effort' },
]

/** OpenRouter's own words, which it translates into those of makers: https://github.com/enricoros/big-AGI/issues/940 */
const TRANSLATED = { ...EFFORTS_AND_NONE, xhigh: 'xhigh', max: 'max' } as const

/**
 * https://openrouter.ai/docs/guides/best-practices/reasoning-tokens. A model of which it says that
 * reasoning is mandatory refuses `none`: https://github.com/musistudio/claude-code-router/issues/1238
 */
const OPENROUTER: readonly ReasoningQuirk[] = [
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
]

const LOCAL: readonly ReasoningQuirk[] = [GPT_OSS]

/** For servers of which nothing is known: most pass the field on, and a refusal has a second try. */
export const ANY_SERVER: readonly ReasoningQuirk[] = [KNOWN]

export const EFFORTS: Readonly<Record<string, readonly ReasoningQuirk[]>> = {
  openai: OPENAI,
  azure: OPENAI,
  // https://ai.google.dev/gemini-api/docs/openai#thinking
  gemini: [EFFORT],
  openrouter: OPENROUTER,
  // https://api-docs.deepseek.com/guides/thinking_mode
  deepseek: [
    {
      toggle: 'thinking',
      effort: 'reasoning_effort',
      words: { low: 'low', medium: 'high', high: 'high', xhigh: 'high', max: 'max' },
    },
  ],
  // https://console.groq.com/docs/reasoning: Qwen before 3.8 knows on and off only.
  groq: [
    GPT_OSS,
    { models: /qwen3\.8/, effort: 'reasoning_effort', words: EFFORTS_AND_NONE },
    { models: /qwen3/, effort: 'reasoning_effort', words: ON_OR_OFF },
  ],
  // https://docs.mistral.ai/capabilities/reasoning: none and high, for models that can do both.
  mistral: [
    {
      models: /mistral-(small-(latest|[4-9]|26)|medium-(3[.-]5|latest|[4-9]|26))/,
      effort: 'reasoning_effort',
      words: { off: 'none', low: 'none', medium: 'high', high: 'high', xhigh: 'high', max: 'high' },
    },
    { models: /mistral-large-[4-9]/, effort: 'reasoning_effort', words: OPENAI_EFFORTS },
    KNOWN,
  ],
  // https://docs.x.ai/docs/guides/reasoning: Grok 4 to 4.2 refuse an effort.
  xai: [
    { ...EFFORT, models: /grok-3-mini/, words: { ...OPENAI_EFFORTS, medium: 'high' } },
    { models: /grok-(4\.[3-9](?!\d)|[5-9]|latest)/, effort: 'reasoning_effort' },
  ],
  moonshot: KIMI,
  'kimi-coding': KIMI,
  // https://docs.z.ai/guides/capabilities/thinking-mode
  zai: [{ toggle: 'thinking', effort: 'reasoning_effort' }],
  // https://help.aliyun.com/en/model-studio/deep-thinking
  dashscope: [{ toggle: 'enable_thinking', effort: 'reasoning_effort' }],
  // https://platform.xiaomimimo.com/docs
  xiaomi: [{ models: /mimo-v2/, toggle: 'thinking' }],
  // https://docs.siliconflow.com/en/api-reference/chat-completions/chat-completions: only models that
  // can do both take the switch.
  siliconflow: [
    {
      models:
        /qwen3-\d+b(-a\d+b)?$|glm-4\.[5-9]|glm-[5-9]|deepseek-v3\.[1-9]|deepseek-v[4-9]|hunyuan-a13b/i,
      toggle: 'enable_thinking',
    },
  ],
  // https://www.volcengine.com/docs/82379/1494384: an effort beside disabled thinking is refused.
  volcengine: [
    {
      models: /seed-(1[.-][6-9]|[2-9])/,
      toggle: 'thinking',
      effort: 'reasoning_effort',
      words: { low: 'low', medium: 'medium', high: 'high', xhigh: 'high', max: 'high' },
    },
    { models: /deepseek-v(3[.-][1-9]|[4-9])|glm-[4-9]|kimi-k2[.-][5-9]/, toggle: 'thinking' },
  ],
  // https://docs.together.ai/docs/reasoning-overview: hybrid models have a switch.
  together: [
    GPT_OSS,
    {
      models: /deepseek-v(3\.[1-9]|[4-9])|glm-(4\.[5-9]|[5-9])|kimi-k2\.[5-9]|qwen3\.[5-9]/i,
      toggle: 'reasoning',
    },
  ],
  // https://docs.fireworks.ai/guides/reasoning
  fireworks: [GPT_OSS, { ...EFFORT, words: EFFORTS_AND_NONE }],
  // https://inference-docs.cerebras.ai/capabilities/reasoning
  cerebras: [
    GPT_OSS,
    { models: /qwen-?3\.8/, effort: 'reasoning_effort', words: EFFORTS_AND_NONE },
    { models: /glm/, effort: 'reasoning_effort', words: { off: 'none' } },
  ],
  ollama: LOCAL,
  lmstudio: LOCAL,
  // Hands it to the template: https://docs.vllm.ai/en/latest/features/reasoning_outputs.html
  vllm: ANY_SERVER,
  llamacpp: LOCAL,
}
