/**
 * The shape of what the client sends: names, types and values that never change, and no text. Pure.
 */
import { isObject } from '../../src/lib/json.ts'

/** One request as it arrived. */
export interface RecordedRequest {
  readonly method: string
  readonly path: string
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>
  /** The parsed body; undefined where there was none. */
  readonly body: unknown
}

/** By path: the types of what stands there, or its value. Sorted. */
export type Paths = Readonly<Record<string, string>>

/** Headers whose value is always the same, apart from versions. Of all others only the name counts. */
const CONSTANT_HEADERS: ReadonlySet<string> = new Set([
  ...['accept', 'accept-encoding', 'anthropic-version', 'content-type', 'user-agent', 'x-app'],
  ...['anthropic-dangerous-direct-browser-access', 'x-claude-code-request-class'],
  ...['x-claude-1p-request-class', 'x-claude-code-agent-type', 'x-claude-code-compaction'],
  ...['x-claude-code-context-compacted', 'x-stainless-lang', 'x-stainless-timeout'],
])

/** Values in the body that decide what a request is or costs. */
const CONSTANT_VALUES =
  /^body (model|max_tokens|stream|temperature|thinking\..*|output_config\.effort|messages\[system\]\.output_config\.effort|tool_choice\.type|thread\.type|context_management\.edits\[\w*\]\.keep)$/

const BETAS = 'anthropic-beta'

/** What a request is for: its call, and what the client says of it in headers. */
export function kindOf({ method, path, headers }: RecordedRequest): string {
  const names = ['x-claude-code-request-class', 'x-claude-code-agent-type'] as const
  const hints = names.flatMap((name) => headers[name] ?? [])
  const agent = headers['x-claude-code-agent-id'] !== undefined && hints.length === 0
  return [`${method} ${path}`, ...hints, ...(agent ? ['agent'] : [])].join(' ')
}

/**
 * The shape of requests of one kind, whatever any of them has: `header NAME`, `beta NAME`, `tool NAME` and
 * `body PATH`.
 */
export function shapeOf(requests: readonly RecordedRequest[]): Paths {
  const types = new Types()
  for (const { headers, body } of requests) {
    for (const [name, value] of Object.entries(headers)) {
      const isConstant = CONSTANT_HEADERS.has(name) && typeof value === 'string'
      types.add(`header ${name}`, isConstant ? withoutVersions(value) : '')
    }
    const betas = headers[BETAS]
    if (typeof betas === 'string') {
      for (const beta of betas.split(',')) types.add(`beta ${beta.trim()}`, '')
    }
    for (const tool of toolsIn(body)) types.add(`tool ${nameOf(tool)}`, '')
    if (body !== undefined) addTypes(withoutTools(body), 'body ', types)
  }
  return types.sorted()
}

/** `2.1.332` and `v22.1.0` alike as `VERSION`. */
export function withoutVersions(text: string): string {
  return text.replaceAll(/\bv?\d+\.\d+\.\d+(?:-[\w.]+)?/g, 'VERSION')
}

// --- Types ---

/** Types by path; several of one path stand together. */
class Types {
  readonly #types = new Map<string, Set<string>>()

  add(path: string, type: string): void {
    const types = this.#types.get(path) ?? new Set()
    this.#types.set(path, types.add(type))
  }

  sorted(): Paths {
    const entries = [...this.#types].map(
      ([path, types]) => [path, [...types].toSorted().join(' | ')] as const,
    )
    return Object.fromEntries(entries.toSorted(([one], [other]) => (one < other ? -1 : 1)))
  }
}

function addTypes(value: unknown, path: string, types: Types): void {
  if (Array.isArray(value)) {
    if (value.length === 0) types.add(path, 'empty list')
    for (const one of value) addTypes(one, `${path}${itemName(one)}`, types)
    return
  }
  if (typeof value === 'object' && value !== null) {
    if (Object.keys(value).length === 0 || isFree(path)) types.add(path, 'object')
    else addFields(value, path, types)
    return
  }
  const json = path === 'body metadata.user_id' ? parsed(value) : undefined
  if (json !== undefined) return addTypes(json, `${path}{json}`, types)
  const type = value === null ? 'null' : typeof value
  types.add(path, CONSTANT_VALUES.test(path) ? `${type} ${String(value)}` : type)
}

function addFields(value: object, path: string, types: Types): void {
  for (const [key, inner] of Object.entries(value)) {
    const name = /^[\w$-]{1,60}$/.test(key) ? key : '*'
    addTypes(inner, path.endsWith(' ') ? `${path}${name}` : `${path}.${name}`, types)
  }
}

/** What a model or a tool's author chose, and not the client. */
function isFree(path: string): boolean {
  return /(?:\[tool_use\]\.input|output_config\.format\.schema)$/.test(path)
}

/** An item of a list by what says its kind. */
function itemName(item: unknown): string {
  const { role, type } = (typeof item === 'object' && item !== null ? item : {}) as {
    role?: unknown
    type?: unknown
  }
  const kind = role ?? type
  return `[${typeof kind === 'string' ? kind : ''}]`
}

function parsed(value: unknown): object | undefined {
  try {
    const json = JSON.parse(String(value)) as unknown
    return typeof json === 'object' && json !== null ? json : undefined
  } catch {
    return undefined
  }
}

// --- Tools ---

interface SentTool {
  readonly name?: unknown
  readonly type?: unknown
  readonly input_schema?: unknown
  readonly [field: string]: unknown
}

function toolsIn(body: unknown): readonly SentTool[] {
  const { tools } = (body ?? {}) as { tools?: unknown }
  return Array.isArray(tools) ? (tools as SentTool[]) : []
}

function withoutTools(body: unknown): unknown {
  if (typeof body !== 'object' || body === null || !('tools' in body)) return body
  return { ...body, tools: 'listed by name' }
}

function nameOf({ name, type }: SentTool): string {
  return typeof type !== 'string' || type === 'custom' ? String(name) : type
}

/** The fields of each tool, and the properties of its arguments with their types and keywords. */
export function toolShapes(requests: readonly RecordedRequest[]): Readonly<Record<string, Paths>> {
  const tools = new Map<string, Types>()
  for (const tool of requests.flatMap(({ body }) => toolsIn(body))) {
    const name = nameOf(tool)
    const types = tools.get(name) ?? new Types()
    tools.set(name, types)
    for (const field of Object.keys(tool)) if (field !== 'input_schema') types.add(`.${field}`, '')
    addSchema(tool.input_schema, '', types)
  }
  const sorted = [...tools].toSorted(([one], [other]) => (one < other ? -1 : 1))
  return Object.fromEntries(sorted.map(([name, types]) => [name, types.sorted()]))
}

const NAMED = ['properties', '$defs', 'patternProperties'] as const
const LISTED = ['anyOf', 'oneOf', 'allOf', 'prefixItems'] as const
const SINGLE = ['items', 'additionalProperties', 'propertyNames', 'not'] as const
const CHILDREN: ReadonlySet<string> = new Set<string>([...NAMED, ...LISTED])

/** A schema as `PLACE: type, its keywords`; required properties have a `!`. */
function addSchema(schema: unknown, path: string, types: Types): void {
  if (!isObject(schema)) return
  const fields: Readonly<Record<string, unknown>> = schema
  const keywords = Object.keys(fields).filter(
    (keyword) => !CHILDREN.has(keyword) && !['type', 'description', 'items'].includes(keyword),
  )
  const type = [fields['type']].flat().join('|')
  types.add(path === '' ? 'arguments' : path, [type, ...keywords.toSorted()].join(', '))
  const required = new Set([fields['required']].flat())
  for (const group of NAMED) {
    for (const [key, inner] of Object.entries(fields[group] ?? {})) {
      addSchema(inner, `${path}/${key}${required.has(key) ? '!' : ''}`, types)
    }
  }
  for (const group of LISTED) {
    for (const inner of [fields[group] ?? []].flat()) addSchema(inner, `${path}(${group})`, types)
  }
  for (const keyword of SINGLE) addSchema(fields[keyword], `${path}[${keyword}]`, types)
}
