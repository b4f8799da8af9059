/** Reasoning effort: what a request asks for, and which words for it a model understands. */

import type { Effort, Reasoning } from '../messages/reasoning.ts'

/** Thinking budgets up to which an effort is meant, tokens. */
const BUDGETS: readonly (readonly [most: number, effort: Effort])[] = [
  [1024, 'low'],
  [8192, 'medium'],
  [Infinity, 'high'],
]

/**
 * One word for what a request wants of a model that thinks: `off`, an effort, or undefined where
 * the provider's own default is wanted.
 */
export function effortOf({ mode, budget, effort }: Reasoning): Effort | 'off' | undefined {
  if (mode === 'off') return 'off'
  if (effort !== undefined || budget === undefined) return effort
  return BUDGETS.find(([most]) => budget <= most)?.[1]
}

type EffortWords = Readonly<Record<Effort | 'off', string>>

/** Efforts that most models and servers know. */
export const OPENAI_EFFORTS: EffortWords = {
  off: 'low',
  low: 'low',
  medium: 'medium',
  high: 'high',
  xhigh: 'high',
  max: 'high',
}
/** The same, where thinking can be turned off by a word. */
export const EFFORTS_AND_NONE: EffortWords = { ...OPENAI_EFFORTS, off: 'none' }

/** The words for a model in Responses. */
export function openaiEfforts(model: string): EffortWords {
  const { stops, words } = modelEffort(model) ?? {}
  if (words === undefined) return OPENAI_EFFORTS
  return { ...words, off: stops === true ? 'none' : words.low }
}

/** Reports a request's reasoning settings in `dropped`, for a target that has no fields for them. */
export function reportReasoning({ mode, effort }: Reasoning, dropped: Set<string>): void {
  if (mode !== undefined) dropped.add('thinking')
  if (effort !== undefined) dropped.add('output_config.effort')
}

// --- Models ---

/**
 * What is known of models that think, wherever they are served. The table is held against that of
 * @earendil-works/pi-ai: src/providers/configured/reasoning-source.test.ts.
 */
export interface ModelEffort {
  /** Whether thinking can be switched off. */
  readonly stops: boolean
  /** The words that it knows for each effort; absent: none is known to reach it. */
  readonly words?: Readonly<Record<Effort, string>>
}

const LOW_TO_HIGH = { low: 'low', medium: 'medium', high: 'high', xhigh: 'high', max: 'high' }
const LOW_TO_XHIGH = { ...LOW_TO_HIGH, xhigh: 'xhigh', max: 'xhigh' }
const LOW_TO_MAX = { ...LOW_TO_HIGH, xhigh: 'xhigh', max: 'max' }
const MEDIUM_TO_XHIGH = { ...LOW_TO_XHIGH, low: 'medium' }
const ALWAYS_HIGH = { low: 'high', medium: 'high', high: 'high', xhigh: 'high', max: 'high' }
const LOW_HIGH_MAX = { low: 'low', medium: 'high', high: 'high', xhigh: 'high', max: 'max' }
const HIGH_MAX = { ...LOW_HIGH_MAX, low: 'high' }
/** For Qwen 3.8, which thinks the most without an effort. */
const LOW_MEDIUM_XHIGH = { ...LOW_TO_XHIGH, high: 'xhigh' }

/** By plain names, see `plainName`; the first that fits counts. */
const MODELS: readonly (readonly [name: RegExp, stops: boolean, words?: ModelEffort['words']])[] = [
  // https://learn.microsoft.com/azure/ai-foundry/openai/how-to/reasoning,
  // https://platform.openai.com/docs/guides/reasoning: what a model does not know is refused.
  [/^gpt-oss/, false, LOW_TO_HIGH],
  [/^gpt-5-pro/, false, ALWAYS_HIGH],
  [/^gpt-5\.[1-5].*-pro/, false, MEDIUM_TO_XHIGH],
  [/^gpt-5\.1-codex-max|^gpt-5\.[2-9].*codex/, false, LOW_TO_XHIGH],
  [/^gpt-5\.1-codex/, false, LOW_TO_HIGH],
  [/^gpt-5\.1/, true, LOW_TO_HIGH],
  [/^gpt-5\.[2-5](?!.*chat)/, true, LOW_TO_XHIGH],
  [/^gpt-5\.6-cyber/, false, LOW_TO_MAX],
  [/^gpt-5\.[6-9](?!.*chat)/, true, LOW_TO_MAX],
  [/^gpt-(6-(luna|sol)|6\.1-terra$|(luna|terra)-latest)|^gpt-daybreak/, true, LOW_TO_MAX],
  [/^gpt-([6-9]|(astra|sol)-latest)(?!.*chat)/, false, LOW_TO_MAX],
  [/^gpt-5(?!.*chat)|^o[134](-|$)/, false, LOW_TO_HIGH],
  // https://docs.x.ai/docs/guides/reasoning: from 4.5 on they always think.
  [/^grok-4\.3/, true, LOW_TO_HIGH],
  [/^grok-4\.5/, false, LOW_TO_HIGH],
  [/^grok-(4\.[6-9]|[5-9]|latest)/, false, LOW_TO_XHIGH],
  // https://platform.kimi.ai/docs/guide/use-kimi-k2-thinking-model; "only type=enabled is allowed for
  // this model".
  [/^kimi-k2\.7-code|^kimi-k2-thinking|^kimi-for-coding-highspeed/, false],
  [/^(kimi-)?k[3-9]|^kimi-for-coding/, false, LOW_HIGH_MAX],
  // https://docs.z.ai/guides/capabilities/thinking-mode
  [/^(zai-)?glm-5[.-]2/, true, HIGH_MAX],
  [/^(zai-)?glm-(5[.-][3-9]|(\w+-)?latest)/, false, LOW_HIGH_MAX],
  // https://api-docs.deepseek.com/guides/thinking_mode
  [/^deepseek-(v4[.-]1|flash)/, true, LOW_HIGH_MAX],
  [/^deepseek-v[4-9]/, true, HIGH_MAX],
  // https://help.aliyun.com/en/model-studio/deep-thinking; its template raises for `high`:
  // https://github.com/QwenLM/Qwen3.8/issues/217
  [/^qwen-?3\.8-27b/, true, LOW_MEDIUM_XHIGH],
  [/^qwen-?3\.8/, false, LOW_MEDIUM_XHIGH],
  // https://platform.minimax.io/docs/api-reference/text-openai-api
  [/^minimax-m2/, false],
  [/^minimax-m3\.1/, false, LOW_TO_MAX],
]

/** What is known of a model's thinking; undefined for nothing. */
export function modelEffort(model: string): ModelEffort | undefined {
  const name = plainName(model)
  const found = MODELS.find(([names]) => names.test(name))
  if (found === undefined) return undefined
  const [, stops, words] = found
  return words === undefined ? { stops } : { stops, words }
}

/** A model's name without its maker and variant, its version with a dot: `…/models/glm-5p3`. */
function plainName(model: string): string {
  const name = model.toLowerCase().split('/').at(-1) ?? ''
  return name
    .replace(/^(?:[a-z]{2,6}\.)?(?:openai|deepseek|moonshot(?:ai)?|qwen|zai|xai|minimax)\./, '')
    .replace(/:[^:]{0,64}$/, '')
    .replace(/(\d)p(?=\d)/g, '$1.')
}

/**
 * "The reasoning_content in the thinking mode must be passed back": DeepSeek from V4 on, Xiaomi's
 * MiMo, Moonshot's models that think. https://api-docs.deepseek.com/guides/thinking_mode,
 * https://platform.kimi.ai/docs/guide/use-kimi-k2-thinking-model
 */
const REQUIRES_REASONING =
  /^(deepseek-(v[4-9]|flash)|mimo-v[2-9]|kimi-(k2\.[5-9]|k2-thinking|k[3-9]|for-coding)|k[3-9](\b|\.))/

/** Whether a model refuses a turn of its own without reasoning. */
export function requiresReasoning(model: string): boolean {
  return REQUIRES_REASONING.test(plainName(model))
}

/**
 * "This model does not support the required tool_choice in thinking mode" (DeepSeek, Moonshot), "The
 * tool_choice parameter does not support being set to required or object in thinking mode"
 * (DashScope, for Qwen): https://github.com/cloudwego/eino/issues/994
 */
const THINKS_OR_IS_FORCED = /^deepseek-v[4-9]/

/** Whether a model that thinks cannot be forced to call a tool, wherever it is served. */
export function cannotBeForced(model: string): boolean {
  return THINKS_OR_IS_FORCED.test(plainName(model))
}
