/**
 * The JSON Schema (draft-07) of what a config file may hold, made from the valibot schema that
 * checks it, so that editors complete and check config.json. It describes what is written, before
 * ccr turns it into values; a rule that JSON Schema cannot say is left to ccr.
 */
import type * as v from 'valibot'
import { configSchema } from './schema.ts'

export type JsonSchema = Readonly<Record<string, unknown>>

/** A part of a valibot schema or pipe, as far as it is read here. */
interface SchemaPart {
  readonly kind: string
  readonly type: string
  readonly pipe?: readonly SchemaPart[]
  readonly wrapped?: SchemaPart
  readonly item?: SchemaPart
  readonly value?: SchemaPart
  readonly entries?: Readonly<Record<string, SchemaPart>>
  readonly options?: readonly (SchemaPart | string)[]
  readonly requirement?: unknown
  readonly description?: string
}

/** The schema of config.json. */
export function configJsonSchema(): JsonSchema {
  return {
    $schema: 'http://json-schema.org/draft-07/schema#',
    title: 'Config of ccr (Claude Code Router)',
    ...jsonSchema(configSchema),
  }
}

/** The JSON Schema of what a valibot schema takes as input. */
export function jsonSchema(schema: v.GenericSchema): JsonSchema {
  return convert(schema)
}

function convert(part: SchemaPart): JsonSchema {
  return part.pipe === undefined ? plain(part) : piped(part.pipe)
}

type Converter = (part: SchemaPart) => JsonSchema

const PLAIN: Readonly<Record<string, Converter | undefined>> = {
  string: () => ({ type: 'string' }),
  number: () => ({ type: 'number' }),
  boolean: () => ({ type: 'boolean' }),
  picklist: ({ options }) => ({ enum: options }),
  array: ({ item }) => ({ type: 'array', ...some('items', item) }),
  record: ({ value }) => ({ type: 'object', ...some('additionalProperties', value) }),
  union: ({ options }) => union(options as readonly SchemaPart[]),
  // One by `byType`, which lists what it chooses from.
  lazy: ({ options = [] }) => union(options as readonly SchemaPart[]),
  loose_object: object,
  strict_object: (part) => ({ ...object(part), additionalProperties: false }),
}

/** A kind that is not in the table takes anything. */
function plain(part: SchemaPart): JsonSchema {
  if (part.wrapped !== undefined) return convert(part.wrapped)
  return PLAIN[part.type]?.(part) ?? {}
}

function some(key: string, part: SchemaPart | undefined): JsonSchema {
  const schema = part === undefined ? {} : convert(part)
  return Object.keys(schema).length === 0 ? {} : { [key]: schema }
}

function object({ entries = {} }: SchemaPart): JsonSchema {
  const converted = Object.entries(entries).map(([key, entry]) => [key, convert(entry)] as const)
  const required = Object.entries(entries).filter(([, entry]) => !optional(entry))
  return {
    type: 'object',
    properties: Object.fromEntries(converted),
    ...(required.length === 0 ? {} : { required: required.map(([key]) => key) }),
  }
}

function optional(entry: SchemaPart): boolean {
  return entry.wrapped !== undefined || entry.type === 'unknown'
}

/** `{type: [a, b]}` where only types differ, else `anyOf`. */
function union(options: readonly SchemaPart[]): JsonSchema {
  const schemas = options.map(convert)
  const types = schemas.map((schema) => schema['type'])
  const bare =
    schemas.every((schema) => Object.keys(schema).length === 1) && !types.includes(undefined)
  return bare ? { type: types } : { anyOf: schemas }
}

/** The first schema says what is written; what follows narrows it where it speaks of the same type. */
function piped(parts: readonly SchemaPart[]): JsonSchema {
  return parts.reduce<JsonSchema>((schema, part) => narrowed(schema, part), {})
}

function narrowed(schema: JsonSchema, part: SchemaPart): JsonSchema {
  if (part.type === 'description') return { ...schema, description: part.description }
  if (part.kind === 'schema') return withSchema(schema, convert(part))
  const rule = RULES[part.type]?.(part.requirement)
  return rule === undefined ? schema : withRule(schema, rule)
}

interface Rule {
  /** The types that the rule is about. */
  readonly about: readonly string[]
  readonly keys: JsonSchema
}

const RULES: Readonly<Record<string, ((requirement: unknown) => Rule) | undefined>> = {
  integer: () => ({ about: ['number'], keys: { type: 'integer' } }),
  min_value: (minimum) => ({ about: ['number', 'integer'], keys: { minimum } }),
  max_value: (maximum) => ({ about: ['number', 'integer'], keys: { maximum } }),
  min_length: (least) => ({ about: ['array'], keys: { minItems: least } }),
}

/** Narrows the branch of one of the types; a schema without such a branch stays as it is. */
function withRule(schema: JsonSchema, { about, keys }: Rule): JsonSchema {
  const branches = branchesOf(schema)
  if (branches === undefined) return fits(schema, about) ? { ...schema, ...keys } : schema
  return {
    ...without(schema, 'type'),
    anyOf: branches.map((branch) => (fits(branch, about) ? { ...branch, ...keys } : branch)),
  }
}

function withSchema(schema: JsonSchema, next: JsonSchema): JsonSchema {
  if (Object.keys(schema).length === 0) return next
  const branches = branchesOf(schema)
  const type = 'enum' in next ? 'string' : next['type']
  if (branches === undefined) {
    if (schema['type'] !== type) return schema
    return 'enum' in next ? { ...without(schema, 'type'), ...next } : { ...schema, ...next }
  }
  if (type === 'boolean') return schema
  return {
    ...without(schema, 'type'),
    anyOf: branches.map((branch) => (branch['type'] === type ? { ...branch, ...next } : branch)),
  }
}

function fits(schema: JsonSchema, about: readonly string[]): boolean {
  return about.includes(String(schema['type']))
}

function branchesOf(schema: JsonSchema): readonly JsonSchema[] | undefined {
  if (Array.isArray(schema['anyOf'])) return schema['anyOf'] as readonly JsonSchema[]
  return Array.isArray(schema['type'])
    ? (schema['type'] as unknown[]).map((type) => ({ type }))
    : undefined
}

function without(schema: JsonSchema, left: string): JsonSchema {
  return Object.fromEntries(Object.entries(schema).filter(([key]) => key !== left))
}
