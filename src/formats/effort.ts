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

/**
 * Efforts that every reasoning model of OpenAI knows, in both its APIs. `none`, `minimal` and
 * `xhigh` come and go from one model to the next and are refused elsewhere.
 * https://platform.openai.com/docs/guides/reasoning
 */
export const OPENAI_EFFORTS: Readonly<Record<Effort | 'off', string>> = {
  off: 'low',
  low: 'low',
  medium: 'medium',
  high: 'high',
  xhigh: 'high',
  max: 'high',
}

/** Names in `dropped` what a request says of reasoning, for a target that cannot be told. */
export function nameReasoning({ mode, effort }: Reasoning, dropped: Set<string>): void {
  if (mode !== undefined) dropped.add('thinking')
  if (effort !== undefined) dropped.add('output_config.effort')
}
