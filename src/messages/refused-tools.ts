/** Recognises errors about tool schemas: too deep ones are flattened, patterns left out. */

import { isObject } from '../lib/json.ts'
import { isInvalid, type Refusal, type Rule } from './refusal.ts'
import type { MessagesRequest } from './request.ts'

/**
 * Schemas of tools that nest deeper than a server takes: 10 levels at Moonshot and relays, 5 in
 * OpenAI's strict mode, less at Gemini. One such tool of an MCP server fails every request. Servers
 * count levels in their own ways, and refer to what stands elsewhere: hence twice.
 */
const DEPTH_RULES = [5, 3].map((levels): Rule => ({
  without: `tools.input_schema.depth_${String(levels)}`,
  isLasting: true,
  isRefused: isDepthRefused,
  bare: (request) => withSchemas(request, (schema) => shallow(schema, levels)),
}))

/** Patterns of texts, which not every server can read. */
const PATTERN_RULE: Rule = {
  without: 'tools.input_schema.pattern',
  isLasting: true,
  isRefused: isPatternRefused,
  bare: (request) => withSchemas(request, withoutPatterns),
}

export const TOOL_RULES: readonly Rule[] = [PATTERN_RULE, ...DEPTH_RULES]

const DEPTH = /nesting depth|schema depth|levels of nesting|nesting levels?|nested too deep/i
const OF_TOOLS = /schema|function|tool|parameter/i

function isDepthRefused(refusal: Refusal): boolean {
  const { message } = refusal
  return isInvalid(refusal) && DEPTH.test(message) && OF_TOOLS.test(message)
}

/**
 * - "Pattern must start with '^' and end with '$'" (llama.cpp: https://github.com/ggml-org/llama.cpp/issues/26930),
 *   "failed to parse grammar", "error parsing grammar: unknown escape at \\d" (the same and LM Studio:
 *   https://github.com/ggml-org/llama.cpp/issues/27580)
 * - "regex lookaround is not supported. Found at $.properties.to.items.pattern" (OpenAI:
 *   https://github.com/tombii/better-ccflare/issues/357), "'…' is not a 'regex'" (the same:
 *   https://github.com/BerriAI/litellm/pull/40485), "'pattern' is not permitted" (its strict mode)
 * - "Unknown name \"pattern\" at 'tools[0].function_declarations[0]…': Cannot find field" (Gemini's form)
 * - "Regex parsing error at position 2", "features not supported by xgrammar" (vLLM:
 *   https://github.com/vllm-project/vllm/issues/15210)
 * - "[1210][Invalid API parameter, please check the documentation.]" (z.ai, of `\\p{…}`:
 *   https://github.com/zai-org/feedback/issues/593)
 * - "input_schema: JSON schema is invalid" (Anthropic)
 */
const PATTERN =
  /\bregex|regular expression|look-?(?:around|ahead|behind)|grammar|guidance|\bpattern must|["'`.]pattern(?=["'`:.,\s]|$)|pattern[^.]{0,40}(?:not (?:supported|permitted|allowed)|unsupported|invalid)|(?:unsupported|invalid)[^.]{0,20} pattern|\[1210\]|input_schema: json schema is invalid/i
/** Of a name or an id that has the wrong form. */
const OTHER_PATTERN = /match(?:es)?\b[^.]{0,30}\bpattern|expected pattern/i

/** llama.cpp calls some of these errors its own. */
function isPatternRefused({ message }: Refusal): boolean {
  return PATTERN.test(message) && !OTHER_PATTERN.test(message)
}

function withSchemas(request: MessagesRequest, change: (schema: Json) => Json): MessagesRequest {
  const { tools: all = [] } = request
  const tools = all.map((tool) => {
    const { input_schema: schema } = tool
    if (!isObject(schema)) return tool
    const left = change(schema)
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
  return levels <= 1 ? plain(schema) : withChildren(schema, (child) => shallow(child, levels - 1))
}

/** Longest pattern that goes on as words, in UTF-16 units. */
const LONGEST_PATTERN = 300

/** The schema with its patterns in words; the very same object if it has none. */
function withoutPatterns(schema: Json): Json {
  const whole = withChildren(schema, withoutPatterns)
  const { pattern, ...rest } = whole
  if (typeof pattern !== 'string') return whole
  if (pattern.length > LONGEST_PATTERN) return rest
  const { description } = rest
  const lines = [...(typeof description === 'string' ? [description] : []), `pattern: ${pattern}`]
  return { ...rest, description: lines.join('\n') }
}

/** The schema with each schema in it replaced; the very same object if none changed. */
function withChildren(schema: Json, change: (child: Json) => Json): Json {
  const inner = (value: unknown): unknown => (isObject(value) ? change(value) : value)
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
