import type { Rule } from 'eslint'

export interface Slowness {
  readonly kind: 'exponential' | 'polynomial' | 'unknown'
  /** Sources of the quantifiers that cause it. */
  readonly parts: readonly string[]
}

export function slowness(literal: string): Slowness | undefined

export const slowPatterns: Rule.RuleModule
