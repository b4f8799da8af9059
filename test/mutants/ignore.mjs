/** A Stryker plugin: leaves out mutants that say nothing about the tests. */
import { declareValuePlugin, PluginKind } from '@stryker-mutator/api/plugin'

/** Two words with a blank between them: a sentence for people, whose wording no test should pin. */
const PROSE = /\p{L}{2,} \p{L}{2,}/u

function proseIn({ type, value, quasis }) {
  if (type === 'StringLiteral') return PROSE.test(value)
  return type === 'TemplateLiteral' && quasis.some((quasi) => PROSE.test(quasi.value.raw))
}

/** Changes that say nothing about the tests. */
export const strykerPlugins = [
  declareValuePlugin(PluginKind.Ignore, 'prose', {
    shouldIgnore: ({ node }) => (proseIn(node) ? 'a sentence for people' : undefined),
  }),
]
