/** Recognises errors about tool schemas that nest too deeply, and flattens them. */

import { isObject } from '../lib/json.ts'
import { isInvalid, type Refusal, type Rule } from './refusal.ts'
import type { MessagesRequest } from './request.ts'

/**
 * Schemas of tools that nest deeper than a server takes: 10 levels at Moonshot and relays, 5 in
 * OpenAI's strict mode, less at Gemini. One such tool of an MCP server fails every request. Servers
 * count levels in their own ways, and refer to what stands elsewhere: hence twice.
 */
export const TOOL_RULES: readonly Rule[] = [5, 3].map((levels) => ({
  without: `tools.input_schema.depth_${String(levels)}`,
  isLasting: true,
  isRefused: isDepthRefused,
  bare: (request) => withShallowTools(request, levels),
}))

const DEPTH = /nesting depth|schema depth|levels of nesting|nesting levels?|nested too deep/i
const OF_TOOLS = /schema|function|tool|parameter/i

function isDepthRefused(refusal: Refusal): boolean {
  const { message } = refusal
  return isInvalid(refusal) && DEPTH.test(message) && OF_TOOLS.test(message)
}

function withShallowTools(request: MessagesRequest, levels: number): MessagesRequest {
  const { tools: all = [] } = request
  const tools = all.map((tool) => {
    const { input_schema: schema } = tool
    if (!isObject(schema)) return tool
    const left = shallow(schema, levels)
    return left === schema ? tool : { ...tool, input_schema: left }
  })
  return tools.every((tool, at) => tool === all[at]) ? request : { ...request, tools }
}

type Json = Readonly<Record<string, unknown>>

/** Keywords that hold schemas under names, in a list, or one. */
const NAMED: ReadonlySet<string> = new Set([
  'properties',
  'patternProperties',
  '$defs',
  'definitions',
])
const LISTED: ReadonlySet<string> = new Set(['anyOf', 'oneOf', 'allOf', 'prefixItems'])
const SINGLE: ReadonlySet<string> = new Set(['items', 'additionalProperties', 'not', 'contains'])
/** What stays of a schema on the last level. */
const PLAIN: ReadonlySet<string> = new Set([
  'type',
  'enum',
  'const',
  'format',
  'default',
  'title',
  'nullable',
])

/** The schema cut to so many levels; the very same object if it has no more. */
function shallow(schema: Json, levels: number): Json {
  if (levels <= 1) return plain(schema)
  const inner = (value: unknown): unknown => (isObject(value) ? shallow(value, levels - 1) : value)
  const entries = Object.entries(schema).map(
    ([keyword, value]) => [keyword, childrenBy(inner, keyword, value)] as const,
  )
  return entries.every(([keyword, value]) => value === schema[keyword])
    ? schema
    : Object.fromEntries(entries)
}

/** The value of a keyword with each schema in it replaced; the very same value if none changed. */
function childrenBy(inner: (schema: unknown) => unknown, keyword: string, value: unknown): unknown {
  if (SINGLE.has(keyword)) return inner(value)
  if (LISTED.has(keyword) && Array.isArray(value)) {
    const list = value.map(inner)
    return list.every((one, at) => one === value[at]) ? value : list
  }
  if (!NAMED.has(keyword) || !isObject(value)) return value
  const named = Object.entries(value).map(([name, one]) => [name, inner(one)] as const)
  return named.every(([name, one]) => one === value[name]) ? value : Object.fromEntries(named)
}

/** Longest schema that goes on as words, in UTF-16 units. */
const MOST_WORDS = 2_000

/** Without inner schemas, which the model reads in the description instead. */
function plain(schema: Json): Json {
  const holds = (keyword: string): boolean =>
    NAMED.has(keyword) || LISTED.has(keyword) || SINGLE.has(keyword)
  if (!Object.entries(schema).some(([keyword, value]) => holds(keyword) && isNested(value))) {
    return schema
  }
  const left = Object.fromEntries(Object.entries(schema).filter(([keyword]) => PLAIN.has(keyword)))
  const { description, ...rest } = schema
  const words = JSON.stringify(rest)
  const schemaInWords = words.length > MOST_WORDS ? [] : [`JSON schema: ${words}`]
  const lines = [...(typeof description === 'string' ? [description] : []), ...schemaInWords]
  const isList = [left['type']].flat().includes('array')
  return {
    ...left,
    ...(isList ? { items: {} } : {}),
    ...(lines.length === 0 ? {} : { description: lines.join('\n') }),
  }
}

/** Whether a value of a keyword holds anything at all. */
function isNested(value: unknown): boolean {
  return typeof value === 'object' && value !== null && Object.keys(value).length > 0
}
