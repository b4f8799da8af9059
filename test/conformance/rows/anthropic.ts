/** Anthropic's Messages API, which is forwarded, and the parts that rows of other vendors share. */
import { type Row, sse } from '../row.ts'
import {
  type Fault,
  type Finish,
  type UpstreamRequest,
  type Item,
  itemsOf,
  type UpstreamMessage,
  type ModelAnswer,
  textOf,
  type Tokens,
  userTexts,
} from '../neutral-form.ts'

const FINISH: Readonly<Record<Finish, string>> = {
  end: 'end_turn',
  tools: 'tool_use',
  limit: 'max_tokens',
  refusal: 'refusal',
}

const TYPE: Readonly<Record<number, string>> = {
  400: 'invalid_request_error',
  401: 'authentication_error',
  404: 'not_found_error',
  429: 'rate_limit_error',
  500: 'api_error',
  503: 'overloaded_error',
  529: 'overloaded_error',
}

const OVERFLOW = 'prompt is too long: 130000 tokens > 128000 maximum'

function errorOf({ status, message, overflow }: Fault): object {
  const error = { type: TYPE[status] ?? 'api_error', message: overflow ? OVERFLOW : message }
  return { type: 'error', error, request_id: 'req_1' }
}

function usageOf({ input, cached, output }: Tokens): Readonly<Record<string, number>> {
  return {
    input_tokens: input - cached,
    cache_creation_input_tokens: 0,
    cache_read_input_tokens: cached,
    output_tokens: output,
  }
}

function blockOf(item: Item): { readonly start: object; readonly deltas: readonly object[] } {
  switch (item.kind) {
    case 'text':
      return {
        start: { type: 'text', text: '' },
        deltas: item.pieces.map((text) => ({ type: 'text_delta', text })),
      }
    case 'thinking':
      return {
        start: { type: 'thinking', thinking: '', signature: '' },
        deltas: [
          ...item.pieces.map((thinking) => ({ type: 'thinking_delta', thinking })),
          ...(item.state === undefined ? [] : [{ type: 'signature_delta', signature: item.state }]),
        ],
      }
    case 'call':
      return {
        start: { type: 'tool_use', id: item.call.id ?? '', name: item.call.name, input: {} },
        deltas: [{ type: 'input_json_delta', partial_json: item.call.args }],
      }
  }
}

const event = (type: string, more: object): Uint8Array => sse({ type, ...more }, type)

const NOTHING: Tokens = { input: 0, cached: 0, output: 0, reasoning: 0 }
const shell = (model: string): object => ({
  id: 'msg_1',
  type: 'message',
  role: 'assistant',
  model,
})

function frames({ pieces, finish, usage = NOTHING }: ModelAnswer): readonly Uint8Array[] {
  const counts = usageOf(usage)
  const message = {
    ...shell('m'),
    content: [],
    stop_reason: null,
    stop_sequence: null,
    usage: { ...counts, output_tokens: 1 },
  }
  const fault = pieces.flatMap((piece) => ('fault' in piece ? [piece.fault] : []))[0]
  const items = itemsOf(pieces)
  const frames = [
    event('message_start', { message }),
    ...items.flatMap((item, index) => {
      const { start, deltas } = blockOf(item)
      const open = index === items.length - 1 && (finish === undefined || fault !== undefined)
      return [
        event('content_block_start', { index, content_block: start }),
        ...deltas.map((delta) => event('content_block_delta', { index, delta })),
        ...(open ? [] : [event('content_block_stop', { index })]),
      ]
    }),
  ]
  if (fault) return [...frames, sse(errorOf(fault), 'error')]
  if (finish === undefined) return frames
  const delta = { stop_reason: FINISH[finish], stop_sequence: null }
  const output = { output_tokens: counts['output_tokens'] }
  return [...frames, event('message_delta', { delta, usage: output }), event('message_stop', {})]
}

function whole({ pieces, finish = 'end', usage = NOTHING }: ModelAnswer): unknown {
  return {
    ...shell('m'),
    content: itemsOf(pieces).map(wholeBlock),
    stop_reason: FINISH[finish],
    stop_sequence: null,
    usage: usageOf(usage),
  }
}

function wholeBlock(item: Item): object {
  switch (item.kind) {
    case 'text':
      return { type: 'text', text: textOf(item) }
    case 'thinking':
      return { type: 'thinking', thinking: textOf(item), signature: item.state ?? '' }
    case 'call': {
      const { id, name, args } = item.call
      return { type: 'tool_use', id, name, input: JSON.parse(args || '{}') as unknown }
    }
  }
}

interface Block {
  readonly type: string
  readonly text?: string
  readonly source?: { readonly data: string }
  readonly id?: string
  readonly name?: string
  readonly input?: unknown
  readonly tool_use_id?: string
  readonly is_error?: boolean
  readonly content?: string | readonly Block[]
  readonly signature?: string
  readonly tool_name?: string
}

interface Body {
  readonly model: string
  readonly system?: string | readonly Block[]
  readonly messages: readonly {
    readonly role: string
    readonly content: string | readonly Block[]
  }[]
  readonly tools?: readonly { readonly name: string; readonly type?: string }[]
  readonly tool_choice?: {
    readonly type: 'auto' | 'any' | 'none' | 'tool'
    readonly name?: string
    readonly disable_parallel_tool_use?: boolean
  }
  readonly max_tokens?: number
  readonly temperature?: number
  readonly top_p?: number
  readonly top_k?: number
  readonly stop_sequences?: readonly string[]
  readonly output_config?: { readonly format?: { readonly schema: unknown } }
  readonly thinking?: object
}

function blocksIn(content: string | readonly Block[] | undefined): readonly Block[] {
  return typeof content === 'string' ? [{ type: 'text', text: content }] : (content ?? [])
}

function read(whole: unknown): UpstreamRequest {
  const body = whole as Body
  const choice = body.tool_choice
  const tools = body.tools ?? []
  return {
    model: body.model,
    conversation: [
      ...blocksIn(body.system).map(({ text = '' }) => ({ by: 'system' as const, text })),
      ...body.messages.flatMap(({ role, content }) =>
        blocksIn(content).flatMap((block) => messagesIn(block, role)),
      ),
    ],
    tools: tools.flatMap(({ name, type = 'custom' }) => (type === 'custom' ? [name] : [])),
    search: tools.some(({ type }) => type?.startsWith('web_search') === true),
    choice: choice?.type === 'tool' ? { tool: choice.name } : choice?.type,
    parallel: choice?.disable_parallel_tool_use !== true,
    maxTokens: body.max_tokens,
    temperature: body.temperature,
    topP: body.top_p,
    topK: body.top_k,
    stop: body.stop_sequences ?? [],
    schema: body.output_config?.format?.schema,
    reasoning: body.thinking !== undefined,
  } as UpstreamRequest
}

function messagesIn(block: Block, role: string): readonly UpstreamMessage[] {
  switch (block.type) {
    case 'tool_use': {
      const { id = '', name = '', input } = block
      return [{ by: 'assistant', call: { id, name, input } }]
    }
    case 'tool_result': {
      const content = blocksIn(block.content)
      const data = (type: string): readonly string[] =>
        content.flatMap((inner) => (inner.type === type ? (inner.source?.data ?? []) : []))
      return [
        {
          by: 'tool',
          id: block.tool_use_id ?? '',
          isError: block.is_error === true,
          text: content.flatMap(({ text, tool_name: name }) => text ?? name ?? []).join('\n'),
          images: data('image'),
          documents: data('document'),
        },
      ]
    }
    case 'thinking':
      return [{ by: 'assistant', thought: block.signature ?? '' }]
    case 'image':
      return [{ by: 'user', image: block.source?.data ?? '' }]
    case 'document':
      return [{ by: 'user', document: block.source?.data ?? '' }]
    default: {
      const text = block.text ?? ''
      if (role === 'system') return [{ by: 'system', text }]
      return role === 'assistant' ? [{ by: 'assistant', text }] : userTexts(text)
    }
  }
}

const THROUGH = 'the bytes pass through'

/** A row whose provider speaks the Messages API. */
export function messagesRow(
  specific: Pick<Row, 'name' | 'model' | 'provider' | 'path' | 'key' | 'notApplicable'>,
): Row {
  return {
    ...specific,
    other: 'another',
    type: 'text/event-stream; charset=utf-8',
    frames,
    whole,
    fault: (fault) => ({ status: fault.status, body: errorOf(fault) }),
    read,
    passesThrough: true,
    thoughts: 'state',
    notApplicable: {
      'pieces of parallel calls that interleave make whole calls, one after the other':
        'the Messages API knows no interleaving',
      'what the user says before a result goes behind it': `the client's own order; ${THROUGH}`,
      'a call without an id gets one': `every tool_use has an id; ${THROUGH}`,
      'a call whose id came before in the conversation gets another one': `ids are unique; ${THROUGH}`,
      'calls of one answer under one id are kept apart': `ids are unique; ${THROUGH}`,
      'an answer that ends plainly after a call stops for its tool': `the stop reason is the vendor's own; ${THROUGH}`,
      'an answer that is one document though a stream was asked for is read all the same':
        'the document is what the vendor answered, in the shape that the client knows',
      'thinking of its own does not go to another provider':
        "the vendor's own signatures are not sealed: other providers tell them by their missing envelope",
      'state that the vendor refuses is left out, and the request sent once more':
        'the client itself handles what the vendor says of its own signatures',
      'an answer that would not fit beside the prompt is asked for again, shorter':
        'the client itself does that',
      'an error that opens a 200 stream keeps its own status': `an event stream of the same protocol; ${THROUGH}`,
      'a socket held open after the end of the answer does not hold the client': `the client hangs up after message_stop; ${THROUGH}`,
      ...specific.notApplicable,
    },
  }
}

export const row: Row = {
  ...messagesRow({
    name: 'anthropic',
    model: 'claude-sonnet-4-5',
    provider: (origin) => ({ name: 'anthropic', url: `${origin}/v1/messages` }),
    path: '/v1/messages?beta=true',
    key: ['x-api-key', (key) => key],
    notApplicable: {
      'a name that is too long or has letters that are refused is another one upstream':
        'the client names its tools as the API wants them; the bytes pass through',
      'tools that are not loaded are hidden, loaded ones are offered': `the API knows deferred tools; ${THROUGH}`,
      'marks of the prompt cache are not sent to providers that cannot read them': `the API reads them; ${THROUGH}`,
      'fields that only Anthropic knows are left out and named': `the API knows them; ${THROUGH}`,
      'a limit beyond what the model gives is lowered': `the vendor's own answer says so; ${THROUGH}`,
      'a block of no known type is passed over and named': THROUGH,
      'a call without a result is answered, a result without a call becomes text': `the vendor's own client sends neither; ${THROUGH}`,
    },
  }),
  firstParty: true,
}
