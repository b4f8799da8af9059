/** What the demo model reads of an OpenAI Chat Completions request; everything else is ignored. */
import { asObject } from '../lib/json.ts'

export interface DemoMessage {
  readonly role: string
  /** The text of the message, its text parts joined by a line end. */
  readonly text: string
  /** How many tool calls an assistant message carries. */
  readonly calls: number
}

export interface DemoRequest {
  readonly model: string
  readonly stream: boolean
  readonly includeUsage: boolean
  readonly messages: readonly DemoMessage[]
  /** The names of the functions offered; empty with `tool_choice: "none"`. */
  readonly tools: readonly string[]
  /** The property names of a `json_schema` response format, null when text is wanted. */
  readonly wanted: readonly string[] | null
  /** The most tokens the answer may have. */
  readonly maxTokens: number
  /** Characters of the prompt, tools included: the base of the token count. */
  readonly promptChars: number
}

type Json = Readonly<Record<string, unknown>>

/** A parsed body as a request; a string says (for a 400) what is wrong with it. */
export function readRequest(body: unknown): DemoRequest | string {
  const { model, messages, tools, tool_choice: choice } = asObject(body)
  if (typeof model !== 'string' || model === '') return "'model' must be a non-empty string."
  if (!Array.isArray(messages) || messages.length === 0) {
    return "'messages' must be a non-empty array."
  }
  const read = messages.map(readMessage)
  const offered = Array.isArray(tools) && choice !== 'none' ? (tools as unknown[]) : []
  return {
    ...readAnswerOptions(asObject(body)),
    model,
    messages: read,
    tools: offered.map((tool) => asText(asObject(asObject(tool)['function'])['name'])),
    promptChars:
      read.reduce((sum, { text }) => sum + text.length, 0) +
      (offered.length > 0 ? JSON.stringify(offered).length : 0),
  }
}

function readAnswerOptions(
  body: Json,
): Pick<DemoRequest, 'stream' | 'includeUsage' | 'wanted' | 'maxTokens'> {
  const schema = asObject(asObject(asObject(body['response_format'])['json_schema'])['schema'])
  const limit = body['max_completion_tokens'] ?? body['max_tokens']
  return {
    stream: body['stream'] === true,
    includeUsage: asObject(body['stream_options'])['include_usage'] === true,
    wanted: 'properties' in schema ? Object.keys(asObject(schema['properties'])) : null,
    maxTokens: typeof limit === 'number' && limit > 0 ? limit : Number.MAX_SAFE_INTEGER,
  }
}

function readMessage(value: unknown): DemoMessage {
  const { role, content, tool_calls: calls } = asObject(value)
  return {
    role: asText(role),
    text: Array.isArray(content)
      ? content.map((part) => asText(asObject(part)['text'])).join('\n')
      : asText(content),
    calls: Array.isArray(calls) ? calls.length : 0,
  }
}

function asText(value: unknown): string {
  return typeof value === 'string' ? value : ''
}
