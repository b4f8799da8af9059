/** OpenAI's Chat Completions, and the parts that other rows of this protocol share. */
import { type Row, sse } from '../row.ts'
import {
  base64Of,
  callOf,
  type Fault,
  type Finish,
  type UpstreamRequest,
  itemsOf,
  type Piece,
  type UpstreamMessage,
  type ModelAnswer,
  textOf,
  type Tokens,
  unmarked,
  userTexts,
} from '../neutral-form.ts'

const FINISH: Readonly<Record<Finish, string>> = {
  end: 'stop',
  tools: 'tool_calls',
  limit: 'length',
  refusal: 'content_filter',
}

const TYPES: Readonly<Record<number, string>> = {
  400: 'invalid_request_error',
  401: 'invalid_api_key',
  404: 'model_not_found',
  429: 'rate_limit_exceeded',
}

export const OPENAI_OVERFLOW =
  "This model's maximum context length is 128000 tokens. However, your messages resulted in 130000 tokens."

/** `{error: {message, type, code}}` as OpenAI says it. */
export function openaiError({ status, message, overflow }: Fault): object {
  const code = overflow ? 'context_length_exceeded' : (TYPES[status] ?? 'server_error')
  return { message: overflow ? OPENAI_OVERFLOW : message, type: TYPES[status] ?? null, code }
}

function usageOf({ input, cached, output, reasoning }: Tokens): object {
  return {
    prompt_tokens: input,
    completion_tokens: output,
    total_tokens: input + output,
    prompt_tokens_details: { cached_tokens: cached },
    completion_tokens_details: { reasoning_tokens: reasoning },
  }
}

function callDelta(piece: Extract<Piece, { call: string }>, pieces: readonly Piece[]): object {
  const keys = itemsOf(pieces).flatMap((item) => (item.kind === 'call' ? [item.call.key] : []))
  const index = keys.indexOf(piece.call)
  const args = { arguments: piece.args ?? '' }
  if (piece.name === undefined) return { index, function: args }
  const { id } = callOf(piece.call, pieces)
  return {
    index,
    ...(id === null ? {} : { id }),
    type: 'function',
    function: { name: piece.name, ...args },
  }
}

function frameOf(piece: Piece, pieces: readonly Piece[]): Uint8Array {
  if ('fault' in piece) return sse({ error: openaiError(piece.fault) })
  if ('text' in piece) return chunk({ content: piece.text })
  if ('thinking' in piece) return chunk({ reasoning_content: piece.thinking })
  return chunk({ tool_calls: [callDelta(piece, pieces)] })
}

function chunk(delta: object, finish_reason: string | null = null): Uint8Array {
  const head = { id: 'chatcmpl-1', object: 'chat.completion.chunk', model: 'm' }
  return sse({ ...head, choices: [{ index: 0, delta, finish_reason }] })
}

function frames({ pieces, finish, usage }: ModelAnswer): readonly Uint8Array[] {
  const frames = [
    chunk({ role: 'assistant', content: '' }),
    ...pieces.map((piece) => frameOf(piece, pieces)),
  ]
  if (finish === undefined) return frames
  return [
    ...frames,
    chunk({}, FINISH[finish]),
    ...(usage ? [sse({ id: 'chatcmpl-1', choices: [], usage: usageOf(usage) })] : []),
    sse('[DONE]'),
  ]
}

function whole({ pieces, finish, usage }: ModelAnswer): unknown {
  const items = itemsOf(pieces)
  const all = (kind: 'text' | 'thinking'): string =>
    items.flatMap((item) => (item.kind === kind ? [textOf(item)] : [])).join('')
  const calls = items.flatMap((item) => (item.kind === 'call' ? [item.call] : []))
  const message = {
    role: 'assistant',
    content: all('text') || null,
    ...(all('thinking') === '' ? {} : { reasoning_content: all('thinking') }),
    ...(calls.length === 0
      ? {}
      : {
          tool_calls: calls.map(({ id, name, args }) => ({
            ...(id === null ? {} : { id }),
            type: 'function',
            function: { name, arguments: args },
          })),
        }),
  }
  return {
    object: 'chat.completion',
    choices: [{ index: 0, message, finish_reason: FINISH[finish ?? 'end'] }],
    ...(usage ? { usage: usageOf(usage) } : {}),
  }
}

interface Part {
  readonly type: string
  readonly text?: string
  readonly image_url?: { readonly url: string }
  readonly file?: { readonly file_data: string }
}

interface Message {
  readonly role: string
  readonly content?: string | readonly Part[] | null
  readonly reasoning_content?: string
  readonly tool_call_id?: string
  readonly tool_calls?: readonly {
    readonly id: string
    readonly function: { readonly name: string; readonly arguments: string }
  }[]
}

interface Body {
  readonly model: string
  readonly messages: readonly Message[]
  readonly tools?: readonly { readonly function: { readonly name: string } }[]
  readonly tool_choice?: string | { readonly function: { readonly name: string } }
  readonly parallel_tool_calls?: boolean
  readonly max_tokens?: number
  readonly max_completion_tokens?: number
  readonly temperature?: number
  readonly top_p?: number
  readonly stop?: readonly string[]
  readonly response_format?: { readonly json_schema: { readonly schema: unknown } }
  readonly reasoning_effort?: string
  readonly thinking?: object
}

const CHOICE: Readonly<Record<string, UpstreamRequest['choice']>> = {
  auto: 'auto',
  required: 'any',
  none: 'none',
}

function read(whole: unknown): UpstreamRequest {
  const body = whole as Body
  const choice = body.tool_choice
  const named = typeof choice === 'object' ? { tool: choice.function.name } : undefined
  return {
    model: body.model,
    conversation: body.messages.flatMap(messagesIn),
    tools: (body.tools ?? []).map((tool) => tool.function.name),
    search: false,
    choice: typeof choice === 'string' ? CHOICE[choice] : named,
    parallel: body.parallel_tool_calls !== false,
    maxTokens: body.max_tokens ?? body.max_completion_tokens,
    temperature: body.temperature,
    topP: body.top_p,
    stop: body.stop ?? [],
    schema: body.response_format?.json_schema.schema,
    reasoning: body.reasoning_effort !== undefined || body.thinking !== undefined,
  } as UpstreamRequest
}

function messagesIn(message: Message): readonly UpstreamMessage[] {
  const parts: readonly Part[] =
    typeof message.content === 'string'
      ? [{ type: 'text', text: message.content }]
      : (message.content ?? [])
  const text = parts.flatMap((part) => part.text ?? []).join('\n')
  switch (message.role) {
    case 'system':
      return [{ by: 'system', text }]
    case 'tool': {
      const media = { images: [], documents: [] }
      return [{ by: 'tool', id: message.tool_call_id ?? '', ...unmarked(text), ...media }]
    }
    case 'assistant':
      return [
        ...(message.reasoning_content?.trim()
          ? [{ by: 'assistant', thought: message.reasoning_content } as const]
          : []),
        ...(text === '' ? [] : [{ by: 'assistant', text } as const]),
        ...(message.tool_calls ?? []).map(({ id, function: { name, arguments: args } }) => ({
          by: 'assistant' as const,
          call: { id, name, input: JSON.parse(args) as unknown },
        })),
      ]
    default:
      return parts.flatMap(userPart)
  }
}

function userPart(part: Part): readonly UpstreamMessage[] {
  if (part.image_url) return [{ by: 'user', image: base64Of(part.image_url.url) }]
  if (part.file) return [{ by: 'user', document: base64Of(part.file.file_data) }]
  return userTexts(part.text ?? '')
}

/** A row whose provider speaks Chat Completions. */
export function chatRow(
  specific: Pick<Row, 'name' | 'model' | 'other' | 'thoughts' | 'notApplicable'> & {
    readonly provider: string
  },
): Row {
  return {
    ...specific,
    provider: (origin) => ({ name: specific.provider, url: `${origin}/v1/chat/completions` }),
    path: '/v1/chat/completions',
    key: ['authorization', (key) => `Bearer ${key}`],
    type: 'text/event-stream',
    frames,
    whole,
    fault: (fault) => ({ status: fault.status, body: { error: openaiError(fault) } }),
    read,
    passesThrough: false,
  }
}

export const NO_STATE = 'OpenAI keeps the reasoning of its Chat Completions to itself'

export const row: Row = chatRow({
  name: 'openai-chat',
  model: 'gpt-4o',
  provider: 'openai',
  other: 'Open-AI',
  thoughts: 'nothing',
  notApplicable: {
    'thinking of its own goes back to the model with its call': NO_STATE,
    'thinking of its own does not go to another provider': NO_STATE,
    'state that the vendor refuses is left out, and the request sent once more': NO_STATE,
  },
})
