import type { MessagesRequest, Tool } from '../messages/request.ts'
import { onRequest, type Transform } from './transform.ts'

/** Takes fields that some endpoints refuse out of what the client wrote. */

/** Marks of the prompt cache on system, messages and tools. */
export const withoutCacheControl: Transform = onRequest(
  (request) =>
    Object.fromEntries(
      Object.entries(request).map(([name, value]) =>
        MARKED.includes(name) ? [name, without('cache_control', value)] : [name, value],
      ),
    ) as unknown as MessagesRequest,
)

const MARKED = ['system', 'messages', 'tools']

/** `$schema` on the schemas of tools. */
export const withoutSchemaIds: Transform = onRequest((request) =>
  request.tools === undefined ? request : { ...request, tools: request.tools.map(withoutSchemaId) },
)

function withoutSchemaId(tool: Tool): Tool {
  const { input_schema: schema } = tool
  return schema === undefined ? tool : { ...tool, input_schema: omit(schema, '$schema') }
}

/** Of messages and blocks, at any depth of `content`; what a tool was called with stays. */
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
