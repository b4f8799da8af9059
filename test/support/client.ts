/** A plain Messages client for a session; the official SDK reads every stream. */
import Anthropic from '@anthropic-ai/sdk'
import type {
  Message,
  MessageCreateParamsNonStreaming,
  MessageStreamEvent,
} from '@anthropic-ai/sdk/resources/messages'
import type { LiveSession } from './ccr.ts'

type Params = Partial<MessageCreateParamsNonStreaming>

/** A finished stream: what the SDK made of it. */
export interface Streamed {
  readonly message: Message
  readonly events: readonly MessageStreamEvent[]
  readonly headers: Headers
}

/** One event as it was received. */
export interface WireEvent {
  readonly event: string
  readonly data: { readonly type: string; readonly [field: string]: unknown }
}

export interface Answered {
  readonly status: number
  readonly headers: Headers
  readonly body: { readonly [field: string]: unknown }
}

export interface MessagesClient {
  /** Asks with `stream: true` through the SDK; rejects with the SDK's error. */
  stream(params?: Params): Promise<Streamed>
  /** Asks with `stream: false` through the SDK. */
  create(params?: Params): Promise<Message>
  /** A request as bytes go: any path, any body. */
  fetch(path: string, init?: RequestInit): Promise<Response>
  /** POST /v1/messages, the answer as JSON. */
  post(params?: object): Promise<Answered>
  /** POST /v1/messages with `stream: true`, the events as they came. */
  wire(params?: object): Promise<WireEvent[]>
}

const QUESTION = { max_tokens: 1000, messages: [{ role: 'user' as const, content: 'hello?' }] }

/** `model` is what each request asks for unless it says otherwise. */
export function messagesClient(session: LiveSession, model: string): MessagesClient {
  const sdk = new Anthropic({
    baseURL: session.baseUrl,
    authToken: session.token,
    apiKey: null,
    maxRetries: 0,
  })
  const call = (path: string, init: RequestInit = {}): Promise<Response> =>
    fetch(session.baseUrl + path, {
      ...init,
      headers: { authorization: `Bearer ${session.token}`, ...(init.headers as object) },
    })
  const post = (params: object): Promise<Response> =>
    call('/v1/messages?beta=true', {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'anthropic-version': '2023-06-01' },
      body: JSON.stringify({ model, ...QUESTION, ...params }),
    })
  return {
    stream: async (params) => {
      const stream = sdk.messages.stream({ model, ...QUESTION, ...params })
      const events: MessageStreamEvent[] = []
      stream.on('streamEvent', (event) => events.push(structuredClone(event)))
      const message = await stream.finalMessage()
      return { message, events, headers: stream.response?.headers ?? new Headers() }
    },
    create: (params) => sdk.messages.create({ model, ...QUESTION, ...params, stream: false }),
    fetch: call,
    post: async (params = {}) => {
      const response = await post(params)
      const body = (await response.json()) as Answered['body']
      return { status: response.status, headers: response.headers, body }
    },
    wire: async (params = {}) =>
      parseEvents(await (await post({ stream: true, ...params })).text()),
  }
}

/** The events of a whole event stream. */
export function parseEvents(stream: string): WireEvent[] {
  return stream
    .split('\n\n')
    .filter((block) => block.includes('data: '))
    .map((block) => {
      const lines = block.split('\n')
      const field = (name: string): string =>
        lines.find((line) => line.startsWith(`${name}: `))?.slice(name.length + 2) ?? ''
      return { event: field('event'), data: JSON.parse(field('data')) as WireEvent['data'] }
    })
}
