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

export type EffortWords = Readonly<Record<Effort | 'off', string>>

/** Efforts that every reasoning model of OpenAI before GPT-5.1 knows, and most others'. */
export const OPENAI_EFFORTS: EffortWords = {
  off: 'low',
  low: 'low',
  medium: 'medium',
  high: 'high',
  xhigh: 'high',
  max: 'high',
}
/** GPT-5.1: it can be told not to think. */
export const EFFORTS_AND_NONE: EffortWords = { ...OPENAI_EFFORTS, off: 'none' }
/** GPT-5.2 and later. */
export const ALL_EFFORTS: EffortWords = { ...EFFORTS_AND_NONE, xhigh: 'xhigh', max: 'xhigh' }

/** One effort for all. */
function always(word: string): EffortWords {
  return { off: word, low: word, medium: word, high: word, xhigh: word, max: word }
}

/**
 * OpenAI's models, in both its APIs, and the words that each knows. What a model does not know is
 * refused. https://learn.microsoft.com/azure/ai-foundry/openai/how-to/reasoning
 */
export const EFFORTS_BY_MODEL: readonly (readonly [models: RegExp, words: EffortWords])[] = [
  [/gpt-5-pro/, always('high')],
  [/gpt-(5\.\d|[6-9]).{0,64}-pro/, { ...ALL_EFFORTS, off: 'medium', low: 'medium' }],
  [/gpt-5\.1-codex-max|gpt-(5\.[2-9]|[6-9]).{0,64}codex/, { ...ALL_EFFORTS, off: 'low' }],
  [/gpt-5\.1-codex/, OPENAI_EFFORTS],
  [/gpt-5\.1(?!\d)/, EFFORTS_AND_NONE],
  [/gpt-(5\.[2-9]|[6-9])(?!.{0,64}chat)/, ALL_EFFORTS],
]

/** The words for a model of OpenAI's in Responses. */
export function openaiEfforts(model: string): EffortWords {
  return EFFORTS_BY_MODEL.find(([models]) => models.test(model))?.[1] ?? OPENAI_EFFORTS
}

/** Names in `dropped` what a request says of reasoning, for a target that cannot be told. */
export function nameReasoning({ mode, effort }: Reasoning, dropped: Set<string>): void {
  if (mode !== undefined) dropped.add('thinking')
  if (effort !== undefined) dropped.add('output_config.effort')
}
