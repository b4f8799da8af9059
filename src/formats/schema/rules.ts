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
import { itemsOfArrays, patternsInWords, portablePatterns } from './portable.ts'

/** Who reads a schema, by what it refuses. */
export type SchemaReader = 'openai' | 'grammar' | 'moonshot'

/** What each reader demands of the schemas of tools and of answers. */
export const RULES: Readonly<Record<SchemaReader, Rules>> = {
  /** OpenAI, and all that nothing else is known of: what it refuses means the same to the others. */
  openai: { rules: [portablePatterns, itemsOfArrays], localRefs: false },
  /** Servers that may make a grammar of a schema. */
  grammar: { rules: [patternsInWords, portablePatterns, itemsOfArrays], localRefs: false },
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

/** Kimi, whoever serves it: aggregators pass schemas and refusals on. */
const MOONSHOT = /kimi|moonshot/i

/** Who reads the schemas of a model: its name tells, else what is known of the provider. */
export function schemaReader(model: string, known: SchemaReader = 'openai'): SchemaReader {
  return MOONSHOT.test(model) ? 'moonshot' : known
}
