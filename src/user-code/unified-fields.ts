/**
 * Fields that requests of claude-code-router 2 had in addition to Chat Completions, and that its
 * transformers read: `reasoning`, `media_type` of images, the client's web search as a function.
 * They are removed again before the request is sent, unless a transformer has changed them.
 */
import { isDeepStrictEqual } from 'node:util'
import { effortOf } from '../protocols/reasoning.ts'
import { reasoningOf } from '../messages/reasoning.ts'
import type { MessagesRequest } from '../messages/request.ts'

type Fields = Readonly<Record<string, unknown>>

/** The body with these fields, and a function that removes those that a transformer left unchanged. */
export interface UnifiedBody {
  readonly body: object
  readonly without: (body: object) => object
}

/**
 * @param body Chat Completions as it would be sent.
 * @param request the client's request.
 * @param url where it is sent. A server of the Responses API takes effort in that API's field, which
 *   stays for a transformer that turns one API into the other and passes on unknown fields.
 */
export function withUnifiedFields(
  body: object,
  request: MessagesRequest,
  url: string,
): UnifiedBody {
  const sent: Fields = { ...body, ...(/\/responses\/?$/.test(url) ? effortField(request) : {}) }
  const reasoning = unifiedReasoning(sent, request)
  const search = webSearch(sent, request)
  const messages = withMediaTypes(sent['messages'])
  const tools = search && [...listOf(sent['tools']), search]
  return {
    body: {
      ...sent,
      ...(messages === sent['messages'] ? {} : { messages }),
      ...(tools && { tools }),
      ...(reasoning && { reasoning }),
    },
    without: (left) => {
      const fields = { ...(left as Fields) }
      if (reasoning && isDeepStrictEqual(fields['reasoning'], reasoning)) {
        restore(fields, 'reasoning', sent['reasoning'])
      }
      if (search) {
        const others = listOf(fields['tools']).filter((tool) => !isDeepStrictEqual(tool, search))
        restore(fields, 'tools', others.length === 0 ? sent['tools'] : others)
      }
      return Array.isArray(fields['messages'])
        ? { ...fields, messages: withoutMediaTypes(fields['messages'] as unknown[]) }
        : fields
    },
  }
}

function restore(fields: Record<string, unknown>, name: string, value: unknown): void {
  if (value === undefined) Reflect.deleteProperty(fields, name)
  else fields[name] = value
}

/** https://platform.openai.com/docs/api-reference/responses/create */
function effortField(request: MessagesRequest): object {
  const effort = effortOf(reasoningOf(request))
  return effort === undefined || effort === 'off' ? {} : { reasoning: { effort, summary: 'auto' } }
}

/** `{effort, enabled}`; fields that the provider is sent under this name take precedence. */
function unifiedReasoning(sent: Fields, request: MessagesRequest): object | undefined {
  const wanted = reasoningOf(request)
  const effort = effortOf(wanted)
  if (wanted.mode === undefined && effort === undefined) return undefined
  const isOff = effort === 'off'
  return {
    effort: isOff ? 'none' : (effort ?? 'high'),
    ...(wanted.budget === undefined ? {} : { max_tokens: wanted.budget }),
    enabled: !isOff,
    ...(isObject(sent['reasoning']) ? sent['reasoning'] : {}),
  }
}

/** A function for the client's web search; undefined if the client offers none or one is sent already. */
function webSearch({ tools }: Fields, request: MessagesRequest): object | undefined {
  const isSearch = ({ type }: { readonly type?: unknown }): boolean =>
    typeof type === 'string' && type.startsWith('web_search')
  if (!(request.tools ?? []).some(isSearch) || listOf(tools).some(isWebSearch)) return undefined
  return {
    type: 'function',
    function: { name: 'web_search', description: '', parameters: { type: 'object' } },
  }
}

function isWebSearch(tool: unknown): boolean {
  return isObject(tool) && isObject(tool['function']) && tool['function']['name'] === 'web_search'
}

function withMediaTypes(messages: unknown): unknown {
  return mapParts(messages, (part) => {
    const url = isObject(part['image_url']) ? part['image_url']['url'] : undefined
    const type = typeof url === 'string' ? DATA_URL.exec(url.slice(0, 100))?.[1] : undefined
    return type === undefined ? part : { ...part, media_type: type }
  })
}

const DATA_URL = /^data:([\w.+-]{1,50}\/[\w.+-]{1,50})[;,]/

function withoutMediaTypes(messages: readonly unknown[]): unknown {
  return mapParts(messages, (part) => {
    if (part['type'] !== 'image_url' || part['media_type'] === undefined) return part
    const rest = { ...part }
    delete rest['media_type']
    return rest
  })
}

/** The messages with their parts mapped; the same list if none changes. */
function mapParts(messages: unknown, map: (part: Fields) => Fields): unknown {
  if (!Array.isArray(messages)) return messages
  const before = messages as unknown[]
  const after = before.map((message) => {
    if (!isObject(message) || !Array.isArray(message['content'])) return message
    const parts = message['content'] as unknown[]
    const content = parts.map((part) => (isObject(part) ? map(part) : part))
    return content.every((part, index) => part === parts[index]) ? message : { ...message, content }
  })
  return after.every((message, index) => message === before[index]) ? messages : after
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? (value as unknown[]) : []
}

function isObject(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null
}
