/** Transforms that remove fields which some endpoints refuse, or add fields of the options. */
import { isObject } from '../lib/json.ts'
import type { MessagesRequest, Tool } from '../messages/request.ts'
import { type Body, onBody, onRequest, type Transform, type TransformOptions } from './transform.ts'

/** Removes the marks of the prompt cache from system, messages and tools. */
export const withoutCacheControl: Transform = onRequest(
  (request) =>
    Object.fromEntries(
      Object.entries(request).map(([name, value]) =>
        MARKED.includes(name) ? [name, without('cache_control', value)] : [name, value],
      ),
    ) as unknown as MessagesRequest,
)

const MARKED = ['system', 'messages', 'tools']

/** Removes `$schema` from the schemas of tools. */
export const withoutSchemaIds: Transform = onRequest((request) =>
  request.tools === undefined ? request : { ...request, tools: request.tools.map(withoutSchemaId) },
)

function withoutSchemaId(tool: Tool): Tool {
  const { input_schema: schema } = tool
  return schema === undefined ? tool : { ...tool, input_schema: omit(schema, '$schema') }
}

/** Removes a field from messages and blocks, at any depth of `content`; the input of tool calls stays. */
function without(field: string, value: unknown): unknown {
  if (Array.isArray(value)) return value.map((item: unknown) => without(field, item))
  if (typeof value !== 'object' || value === null) return value
  const kept = omit(value, field)
  return 'content' in kept ? { ...kept, content: without(field, kept['content']) } : kept
}

/** The object without one field. */
export function omit(value: object, field: string): Record<string, unknown> {
  return Object.fromEntries(Object.entries(value).filter(([name]) => name !== field))
}

/** Adds the options to the body and merges objects at any depth; existing values win. */
export function customParams(options: TransformOptions): Transform {
  return onBody((body) => withDefaults(body, options))
}

function withDefaults(body: Body, more: TransformOptions): Body {
  const filled: Record<string, unknown> = { ...body }
  for (const [name, value] of Object.entries(more)) {
    const existing = Object.hasOwn(filled, name) ? filled[name] : undefined
    if (isObject(existing) && isObject(value)) filled[name] = withDefaults(existing, value)
    else if (existing === undefined || existing === null) filled[name] = value
  }
  return filled
}
