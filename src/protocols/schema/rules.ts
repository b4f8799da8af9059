import {
  anyOfAlone,
  flattened,
  localReferences,
  namedTypes,
  noBooleans,
  noInnerDefs,
  noTuples,
  noWordsTwice,
  onlyAnyOf,
  onlyEnums,
  requiredAmongProperties,
  singleTypes,
  typedEnums,
} from './moonshot.ts'
import type { Rules } from './pass.ts'
import { itemsOfArrays, noEmptyValues, patternsInWords, portablePatterns } from './portable.ts'

/** Who reads a schema, by what it refuses. */
export type SchemaReader = 'openai' | 'grammar' | 'gemini' | 'moonshot'

/** What each reader demands of the schemas of tools and of answers. */
export const RULES: Readonly<Record<SchemaReader, Rules>> = {
  /** OpenAI, and all that nothing else is known of: what it refuses means the same to the others. */
  openai: { rules: [portablePatterns, itemsOfArrays], localRefs: false },
  /** Servers that may make a grammar of a schema. */
  grammar: { rules: [patternsInWords, portablePatterns, itemsOfArrays], localRefs: false },
  /** Gemini by way of others. */
  gemini: { rules: [portablePatterns, itemsOfArrays, noEmptyValues], localRefs: false },
  moonshot: {
    rules: [
      flattened,
      noInnerDefs,
      portablePatterns,
      localReferences,
      onlyAnyOf,
      onlyEnums,
      noTuples,
      noBooleans,
      anyOfAlone,
      namedTypes,
      singleTypes,
      typedEnums,
      requiredAmongProperties,
    ],
    after: [noWordsTwice],
    localRefs: true,
    depth: 10,
  },
}

/** Whoever serves them: aggregators pass schemas and refusals on. */
const MOONSHOT = /kimi|moonshot/i
const GEMINI = /gemini/i

/** Who reads the schemas of a model: its name tells, else what is known of the provider. */
export function schemaReader(model: string, known: SchemaReader = 'openai'): SchemaReader {
  if (MOONSHOT.test(model)) return 'moonshot'
  return GEMINI.test(model) ? 'gemini' : known
}
