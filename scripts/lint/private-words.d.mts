import type { Rule } from 'eslint'

/** The private words in a name. */
export function privateWords(name: string): readonly string[]

export const privateWordsRule: Rule.RuleModule
