/** JSON schemas of tools and answers, as the provider or model that reads them takes them. */

import { isObject } from '../../lib/json.ts'
import { isList, type Json, targetOf, wellShaped, without } from './json-schema.ts'
import { both } from './merge.ts'
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
import {
  itemsOfArrays,
  noEmptyValues,
  patternsInWords,
  portablePatterns,
  ruled,
  type Rules,
} from './rules.ts'

// --- Schemas of tools and answers ---

/** Refused at the top of a function's parameters, which must be a plain object. */
const NOT_AT_TOP = ['$ref', 'anyOf', 'oneOf', 'allOf', 'enum', 'not'] as const

/** References from the top of a schema that are followed. */
const MOST_REFERENCES = 8

/**
 * A tool's parameters: an object with `properties`, as who reads it takes it. Of a choice at the top
 * it has the properties of all branches. What is given up is named in `dropped`.
 */
export function functionSchema(
  schema: object | undefined,
  reader: SchemaReader,
  dropped: Set<string>,
): object {
  if (!isObject(schema)) return { type: 'object', properties: {} }
  const lost = (keyword: string): unknown => dropped.add(`tools.input_schema.${keyword}`)
  return ruled(asObject(schema, lost), { rules: RULES[reader], document: schema, lost })
}

/** The schema of an answer, as who reads it takes it. */
export function answerSchema(schema: object, reader: SchemaReader, dropped: Set<string>): object {
  const lost = (keyword: string): unknown => dropped.add(`output_config.format.${keyword}`)
  return isObject(schema) ? ruled(schema, { rules: RULES[reader], document: schema, lost }) : schema
}

type Lost = (keyword: string) => void

function asObject(root: Json, lost: Lost): Json {
  const isPlain = root['type'] === 'object' && !NOT_AT_TOP.some((word) => Object.hasOwn(root, word))
  if (isPlain && isObject(root['properties'])) return root
  const node = withoutChoice(merged(root, root, lost), root, lost)
  for (const word of ['enum', 'not']) if (Object.hasOwn(node, word)) lost(word)
  return {
    ...without(node, 'enum', 'not'),
    type: 'object',
    properties: isObject(node['properties']) ? node['properties'] : {},
  }
}

/** The node with what it refers to, and with all that its `allOf` demands. */
function merged(node: Json, root: Json, lost: Lost, references = 0): Json {
  const { $ref: ref, allOf, ...rest } = wellShaped(node, lost)
  const parts: unknown[] = isList(allOf) ? [...(allOf as unknown[])] : []
  const target = typeof ref === 'string' ? targetOf(ref, root) : undefined
  if (target !== undefined && references < MOST_REFERENCES) parts.push(target)
  else if (ref !== undefined) lost('$ref')
  return parts.filter(isObject).reduce<Json>((whole, part) => {
    const inner = merged(part, root, lost, references + 1)
    const next = both(whole, without(inner, 'type', '$defs', 'definitions'), { lost })
    if (next === undefined) lost('allOf')
    return next ?? whole
  }, rest)
}

/** The properties of all branches; required is what each of them requires. */
function withoutChoice(node: Json, root: Json, lost: Lost): Json {
  const choices = [node['anyOf'], node['oneOf']].filter(isList)
  if (choices.length === 0) return node
  return choices.reduce<Json>(
    (whole, choice) => {
      lost(choice === node['anyOf'] ? 'anyOf' : 'oneOf')
      const branches = choice.filter(isObject).map((branch) => merged(branch, root, lost, 1))
      return union(whole, branches.filter(mayBeObject))
    },
    without(node, 'anyOf', 'oneOf'),
  )
}

function mayBeObject({ type }: Json): boolean {
  return type === undefined || type === 'object' || (isList(type) && type.includes('object'))
}

function union(node: Json, branches: readonly Json[]): Json {
  const given = isObject(node['properties']) ? node['properties'] : {}
  const found = new Map<string, Map<string, unknown>>()
  for (const { properties } of branches) {
    for (const [name, schema] of isObject(properties) ? Object.entries(properties) : []) {
      const variants = found.get(name) ?? new Map<string, unknown>()
      found.set(name, variants.set(JSON.stringify(schema), schema))
    }
  }
  const properties = [...found].map(([name, variants]): [string, unknown] => {
    const each = [...variants.values()]
    return [name, each.length === 1 ? each[0] : { anyOf: each }]
  })
  const all = { ...Object.fromEntries(properties), ...given }
  const required = requiredByAll(branches).filter((name) => Object.hasOwn(all, String(name)))
  const before: readonly unknown[] = isList(node['required']) ? node['required'] : []
  return {
    ...node,
    properties: all,
    ...(required.length === 0 ? {} : { required: [...new Set([...before, ...required])] }),
  }
}

function requiredByAll(branches: readonly Json[]): readonly unknown[] {
  const [first = [], ...others] = branches.map(({ required }): readonly unknown[] =>
    isList(required) ? required : [],
  )
  return first.filter((name) => others.every((names) => names.includes(name)))
}

// --- Readers ---

/** Who reads a schema, by what it refuses. */
export type SchemaReader = 'openai' | 'grammar' | 'gemini' | 'moonshot'

/** What each reader demands of the schemas of tools and of answers. */
const RULES: Readonly<Record<SchemaReader, Rules>> = {
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

/** Who reads the schemas of a model: by its name, else what is known of the provider. */
export function schemaReader(model: string, known: SchemaReader = 'openai'): SchemaReader {
  if (MOONSHOT.test(model)) return 'moonshot'
  return GEMINI.test(model) ? 'gemini' : known
}

// --- Strict mode ---

/**
 * Words that `strict: true` does not know.
 * https://platform.openai.com/docs/guides/structured-outputs#supported-schemas
 */
const NOT_STRICT: ReadonlySet<string> = new Set([
  'oneOf',
  'allOf',
  'not',
  'if',
  'then',
  'else',
  'dependentRequired',
  'dependentSchemas',
  'patternProperties',
  'propertyNames',
  'unevaluatedProperties',
  'minProperties',
  'maxProperties',
  'prefixItems',
  'unevaluatedItems',
  'contains',
  'minContains',
  'maxContains',
  'uniqueItems',
  'default',
])

/** Deeper objects are refused. */
const DEEPEST = 10

/**
 * Whether a schema can be asked for with `strict: true`, which demands of every schema that it names
 * its type, and of every object that it forbids other properties and requires all its own.
 */
export function isStrict(schema: unknown): boolean {
  return isObject(schema) && schema['type'] === 'object' && isStrictNode(schema, 0)
}

function isStrictNode(schema: unknown, depth: number): boolean {
  if (!isObject(schema) || depth > DEEPEST) return false
  const words = Object.keys(schema)
  if (words.some((word) => NOT_STRICT.has(word))) return false
  if (typeof schema['$ref'] === 'string') return words.every((w) => w === '$ref' || w === '$defs')
  if (!('type' in schema) && !isList(schema['anyOf']) && !isList(schema['enum'])) {
    return 'const' in schema
  }
  return isClosed(schema) && partsOf(schema).every((part) => isStrictNode(part, depth + 1))
}

/** The schemas directly inside a schema. */
function partsOf(schema: Json): readonly unknown[] {
  const named = ['properties', '$defs', 'definitions'].flatMap((word) => {
    const map = schema[word]
    return isObject(map) ? Object.values(map) : []
  })
  const choices = isList(schema['anyOf']) ? schema['anyOf'] : []
  return [...named, ...('items' in schema ? [schema['items']] : []), ...choices]
}

function isClosed(schema: Json): boolean {
  if (schema['type'] !== 'object' && !('properties' in schema)) return true
  const properties = isObject(schema['properties']) ? schema['properties'] : {}
  const required: readonly unknown[] = isList(schema['required']) ? schema['required'] : []
  return (
    schema['additionalProperties'] === false &&
    Object.keys(properties).every((name) => required.includes(name))
  )
}
