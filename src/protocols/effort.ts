import type { Effort, Reasoning } from '../messages/reasoning.ts'
import { modelEffort } from './thinkers.ts'

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

/** Names in `dropped` what a request says of reasoning, for a target that cannot be told. */
export function nameReasoning({ mode, effort }: Reasoning, dropped: Set<string>): void {
  if (mode !== undefined) dropped.add('thinking')
  if (effort !== undefined) dropped.add('output_config.effort')
}
