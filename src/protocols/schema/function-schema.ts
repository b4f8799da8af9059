import { isList, isObject, type Json, targetOf, without } from './json.ts'
import { both } from './merge.ts'
import { ruled } from './pass.ts'
import { RULES, type SchemaReader } from './rules.ts'
import { wellFormed } from './shape.ts'

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
  const { $ref: ref, allOf, ...rest } = wellFormed(node, lost)
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
  const own: readonly unknown[] = isList(node['required']) ? node['required'] : []
  return {
    ...node,
    properties: all,
    ...(required.length === 0 ? {} : { required: [...new Set([...own, ...required])] }),
  }
}

function requiredByAll(branches: readonly Json[]): readonly unknown[] {
  const [first = [], ...others] = branches.map(({ required }): readonly unknown[] =>
    isList(required) ? required : [],
  )
  return first.filter((name) => others.every((names) => names.includes(name)))
}
