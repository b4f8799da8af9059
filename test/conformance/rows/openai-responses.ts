/** OpenAI Responses. */
import { type Row, sse } from '../row.ts'
import {
  base64Of,
  callOf,
  type Finish,
  type UpstreamRequest,
  type Item,
  itemsOf,
  type Piece,
  type UpstreamMessage,
  type ModelAnswer,
  textOf,
  type Tokens,
  unmarked,
  userTexts,
} from '../neutral-form.ts'
import { openaiError } from './openai-chat.ts'

const event = (type: string, more: object): Uint8Array =>
  sse({ type: `response.${type}`, ...more }, `response.${type}`)

function usageOf({ input, cached, output, reasoning }: Tokens): object {
  return {
    input_tokens: input,
    input_tokens_details: { cached_tokens: cached },
    output_tokens: output,
    output_tokens_details: { reasoning_tokens: reasoning },
    total_tokens: input + output,
  }
}

const REASON: Readonly<Partial<Record<Finish, string>>> = {
  limit: 'max_output_tokens',
  refusal: 'content_filter',
}

function ending({ finish, usage }: ModelAnswer, output: readonly object[]): object {
  const reason = REASON[finish ?? 'end']
  return {
    object: 'response',
    status: reason === undefined ? 'completed' : 'incomplete',
    ...(reason === undefined ? {} : { incomplete_details: { reason } }),
    output,
    ...(usage ? { usage: usageOf(usage) } : {}),
  }
}

function itemOf(item: Item): object {
  switch (item.kind) {
    case 'text':
      return {
        type: 'message',
        role: 'assistant',
        content: [{ type: 'output_text', text: textOf(item) }],
      }
    case 'thinking':
      return {
        type: 'reasoning',
        summary: [{ type: 'summary_text', text: textOf(item) }],
        ...(item.state === undefined ? {} : { encrypted_content: item.state }),
      }
    case 'call': {
      const { id, name, args } = item.call
      const ids = id === null ? {} : { call_id: id }
      return { type: 'function_call', ...ids, name, arguments: args }
    }
  }
}

/** Each item has its place in the answer; its whole follows when another one begins. */
class Speaker {
  readonly #pieces: readonly Piece[]
  readonly #items: readonly Item[]
  #at = -1
  readonly #open = new Map<string, number>()

  constructor(pieces: readonly Piece[]) {
    this.#pieces = pieces
    this.#items = itemsOf(pieces)
  }

  say(piece: Piece): readonly Uint8Array[] {
    if ('fault' in piece) {
      return [event('failed', { response: { status: 'failed', error: openaiError(piece.fault) } })]
    }
    if ('call' in piece) return this.#call(piece)
    const kind = 'text' in piece ? 'text' : 'thinking'
    const began = this.#items[this.#at]?.kind === kind ? [] : this.#next()
    const position = {
      output_index: this.#at,
      delta: 'text' in piece ? piece.text : piece.thinking,
    }
    const frames =
      kind === 'text'
        ? event('output_text.delta', { ...position, content_index: 0 })
        : event('reasoning_summary_text.delta', { ...position, summary_index: 0 })
    return [...began, frames]
  }

  /** The wholes of the items that are still open. */
  end(): readonly Uint8Array[] {
    const calls = [...this.#open.values()].map((at) => this.#done(at))
    return [...this.#closed(), ...calls]
  }

  #call(piece: Extract<Piece, { call: string }>): readonly Uint8Array[] {
    const known = this.#open.get(piece.call)
    const began: Uint8Array[] = []
    if (known === undefined) {
      began.push(...this.#next())
      this.#open.set(piece.call, this.#at)
      const { id, name } = callOf(piece.call, this.#pieces)
      const item = { type: 'function_call', ...(id === null ? {} : { call_id: id }), name }
      began.push(
        event('output_item.added', { output_index: this.#at, item: { ...item, arguments: '' } }),
      )
    }
    const output_index = known ?? this.#at
    const delta = piece.args ?? ''
    return [...began, event('function_call_arguments.delta', { output_index, delta })]
  }

  #next(): readonly Uint8Array[] {
    const closed = this.#closed()
    this.#at += 1
    return closed
  }

  #closed(): readonly Uint8Array[] {
    const item = this.#items[this.#at]
    return item === undefined || item.kind === 'call' ? [] : [this.#done(this.#at)]
  }

  #done(output_index: number): Uint8Array {
    return event('output_item.done', { output_index, item: itemOf(this.#items[output_index]!) })
  }
}

function frames(answer: ModelAnswer): readonly Uint8Array[] {
  const speaker = new Speaker(answer.pieces)
  const frames = [
    event('created', { response: { status: 'in_progress' } }),
    ...answer.pieces.flatMap((piece) => speaker.say(piece)),
  ]
  if (answer.finish === undefined) return frames
  const cut = REASON[answer.finish] !== undefined
  const response = ending(answer, [])
  return [...frames, ...speaker.end(), event(cut ? 'incomplete' : 'completed', { response })]
}

interface Part {
  readonly type: string
  readonly text?: string
  readonly image_url?: string
  readonly file_data?: string
}

interface InputItem {
  readonly type: string
  readonly role?: string
  readonly content?: string | readonly Part[]
  readonly call_id?: string
  readonly name?: string
  readonly arguments?: string
  readonly output?: string | readonly Part[]
  readonly encrypted_content?: string
}

interface Body {
  readonly model: string
  readonly instructions?: string
  readonly input: readonly InputItem[]
  readonly tools?: readonly { readonly type: string; readonly name?: string }[]
  readonly tool_choice?: string | { readonly name: string }
  readonly parallel_tool_calls?: boolean
  readonly max_output_tokens?: number
  readonly temperature?: number
  readonly top_p?: number
  readonly text?: { readonly format: { readonly schema: unknown } }
  readonly reasoning?: object
}

const CHOICE: Readonly<Record<string, UpstreamRequest['choice']>> = {
  auto: 'auto',
  required: 'any',
  none: 'none',
}

function read(whole: unknown): UpstreamRequest {
  const body = whole as Body
  const choice = body.tool_choice
  const named = typeof choice === 'object' ? { tool: choice.name } : undefined
  const tools = body.tools ?? []
  return {
    model: body.model,
    conversation: [
      ...(body.instructions ? [{ by: 'system', text: body.instructions } as const] : []),
      ...body.input.flatMap(messagesIn),
    ],
    tools: tools.flatMap((tool) => (tool.type === 'function' ? [tool.name ?? ''] : [])),
    search: tools.some((tool) => tool.type === 'web_search'),
    choice: typeof choice === 'string' ? CHOICE[choice] : named,
    parallel: body.parallel_tool_calls !== false,
    maxTokens: body.max_output_tokens,
    temperature: body.temperature,
    topP: body.top_p,
    stop: [],
    schema: body.text?.format.schema,
    reasoning: body.reasoning !== undefined,
  } as UpstreamRequest
}

function partsIn(content: string | readonly Part[] | undefined): readonly Part[] {
  return typeof content === 'string' ? [{ type: 'text', text: content }] : (content ?? [])
}

function messagesIn(item: InputItem): readonly UpstreamMessage[] {
  const parts = partsIn(item.content)
  switch (item.type) {
    case 'function_call': {
      const { call_id: id = '', name = '', arguments: args = '' } = item
      return [{ by: 'assistant', call: { id, name, input: JSON.parse(args) as unknown } }]
    }
    case 'function_call_output': {
      const output = partsIn(item.output)
      const text = output.flatMap((part) => part.text ?? []).join('\n')
      return [
        {
          by: 'tool',
          id: item.call_id ?? '',
          ...unmarked(text),
          images: output.flatMap(({ image_url: url }) => (url ? [base64Of(url)] : [])),
          documents: output.flatMap(({ file_data: data }) => (data ? [base64Of(data)] : [])),
        },
      ]
    }
    case 'reasoning':
      return [{ by: 'assistant', thought: item.encrypted_content ?? '' }]
    default:
      return parts.flatMap((part) => messagesOfPart(part, item.role))
  }
}

function messagesOfPart(part: Part, role: string | undefined): readonly UpstreamMessage[] {
  if (part.image_url) return [{ by: 'user', image: base64Of(part.image_url) }]
  if (part.file_data) return [{ by: 'user', document: base64Of(part.file_data) }]
  const text = part.text ?? ''
  if (role === 'developer') return [{ by: 'system', text }]
  return role === 'assistant' ? [{ by: 'assistant', text }] : userTexts(text)
}

export const row: Row = {
  name: 'openai-responses',
  model: 'gpt-5',
  provider: (origin) => ({ name: 'openai', url: `${origin}/v1/responses` }),
  other: 'Open-AI',
  path: '/v1/responses',
  key: ['authorization', (key) => `Bearer ${key}`],
  type: 'text/event-stream',
  frames,
  whole: (answer) => ending(answer, itemsOf(answer.pieces).map(itemOf)),
  fault: (fault) => ({ status: fault.status, body: { error: openaiError(fault) } }),
  read,
  passesThrough: false,
  thoughts: 'state',
  notApplicable: {},
}
