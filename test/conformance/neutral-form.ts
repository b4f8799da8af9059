/**
 * The model's answer and the request that reaches it, independent of the protocol. A row (rows/*.ts)
 * writes such answers and reads such requests in its protocol.
 */

/** One piece of an answer; pieces stand in the order in which they arrive. */
export type Piece =
  | { readonly text: string }
  /** `state`: data that only the vendor can read, at the end of the thinking. */
  | { readonly thinking: string; readonly state?: string }
  /**
   * A piece of the tool call `call`; pieces of several calls may interleave. The first piece of a
   * call has the name; `id` null: no id is sent.
   */
  | {
      readonly call: string
      readonly name?: string
      readonly args?: string
      readonly id?: string | null
    }
  /** The provider fails here, within an answer of status 200. */
  | { readonly fault: Fault }

/** After calls, some providers send `end` and others `tools`. */
export type Finish = 'end' | 'tools' | 'limit' | 'refusal'

export interface ModelAnswer {
  readonly pieces: readonly Piece[]
  /** Absent: the answer breaks off. */
  readonly finish?: Finish
  readonly usage?: Tokens
}

/** `input` includes `cached` and `output` includes `reasoning`, however the protocol counts. */
export interface Tokens {
  readonly input: number
  readonly cached: number
  readonly output: number
  readonly reasoning: number
}

/** An error of the provider. */
export interface Fault {
  readonly status: number
  readonly message: string
  /** Use the vendor's message for a prompt that does not fit, instead of `message`. */
  readonly overflow?: true
}

/** A complete call, gathered from its pieces. */
export interface Call {
  readonly key: string
  readonly id: string | null
  readonly name: string
  readonly args: string
}

/** Pieces that belong to one block: adjacent text, adjacent thinking, all pieces of one call. */
export type Item =
  | { readonly kind: 'text'; readonly pieces: readonly string[] }
  | { readonly kind: 'thinking'; readonly pieces: readonly string[]; readonly state?: string }
  | { readonly kind: 'call'; readonly call: Call }

export function textOf(item: { readonly pieces: readonly string[] }): string {
  return item.pieces.join('')
}

/** The complete blocks of an answer, in the order in which they begin. */
export function itemsOf(pieces: readonly Piece[]): readonly Item[] {
  const items: Item[] = []
  const calls = new Set<string>()
  for (const piece of pieces) {
    const last = items.at(-1)
    if ('text' in piece) {
      const more = last?.kind === 'text' ? [...last.pieces, piece.text] : undefined
      if (more) items.pop()
      items.push({ kind: 'text', pieces: more ?? [piece.text] })
    } else if ('thinking' in piece) {
      const more = last?.kind === 'thinking' ? [...last.pieces, piece.thinking] : undefined
      if (more) items.pop()
      const state = piece.state === undefined ? {} : { state: piece.state }
      items.push({ kind: 'thinking', pieces: more ?? [piece.thinking], ...state })
    } else if ('call' in piece && !calls.has(piece.call)) {
      calls.add(piece.call)
      items.push({ kind: 'call', call: callOf(piece.call, pieces) })
    }
  }
  return items
}

export function callOf(key: string, pieces: readonly Piece[]): Call {
  const parts = pieces.flatMap((piece) => ('call' in piece && piece.call === key ? [piece] : []))
  const id = parts.find((piece) => piece.id !== undefined)?.id
  return {
    key,
    id: id === undefined ? `call_${key}` : id,
    name: parts.find((piece) => piece.name !== undefined)?.name ?? '',
    args: parts.map((piece) => piece.args ?? '').join(''),
  }
}

/** One part of the conversation that reached the model. Images and documents are base64. */
export type UpstreamMessage =
  | { readonly by: 'system' | 'user' | 'assistant'; readonly text: string }
  | { readonly by: 'user'; readonly image: string }
  | { readonly by: 'user'; readonly document: string }
  /** Earlier thinking that was sent back: the vendor's state, or the text if that is the state. */
  | { readonly by: 'assistant'; readonly thought: string }
  | {
      readonly by: 'assistant'
      readonly call: { readonly id: string; readonly name: string; readonly input: unknown }
    }
  | {
      readonly by: 'tool'
      readonly id: string
      readonly isError: boolean
      readonly text: string
      readonly images: readonly string[]
      readonly documents: readonly string[]
    }

/** The request that reached the provider, as the row reads it. */
export interface UpstreamRequest {
  readonly model: string
  readonly conversation: readonly UpstreamMessage[]
  /** Names of the tools that the client runs. */
  readonly tools: readonly string[]
  /** Whether the provider's own web search is offered. */
  readonly search: boolean
  readonly choice?: 'auto' | 'any' | 'none' | { readonly tool: string }
  /** False: one call at a time. */
  readonly parallel: boolean
  readonly maxTokens?: number
  readonly temperature?: number
  readonly topP?: number
  readonly topK?: number
  readonly stop: readonly string[]
  /** The JSON schema that the answer must follow. */
  readonly schema?: unknown
  /** Whether the request sets thinking or effort. */
  readonly reasoning: boolean
}

/** The conversation as lines; successive texts of one speaker are joined. */
export function transcript(conversation: readonly UpstreamMessage[]): readonly string[] {
  const lines: string[] = []
  const names = new Map<string, string>()
  let speaker = ''
  for (const one of conversation) {
    const now = 'text' in one && one.by !== 'tool' ? one.by : ''
    if (now !== '' && now === speaker && 'text' in one) lines.push(`${lines.pop()!}\n\n${one.text}`)
    else lines.push(lineOf(one, names))
    speaker = now
  }
  return lines
}

function lineOf(one: UpstreamMessage, names: Map<string, string>): string {
  if (one.by === 'tool') {
    const media = `${' image'.repeat(one.images.length)}${' document'.repeat(one.documents.length)}`
    const failed = one.isError ? ' failed' : ''
    return `result ${names.get(one.id) ?? '?'}${failed}: ${one.text}${media}`
  }
  if ('text' in one) return `${one.by}: ${one.text}`
  if ('image' in one) return 'user: image'
  if ('document' in one) return 'user: document'
  if ('thought' in one) return `thought: ${one.thought}`
  names.set(one.call.id, one.call.name)
  return `call ${one.call.name} ${JSON.stringify(one.call.input)}`
}

const REMINDER = /\n*<system-reminder>\n([\s\S]*?)\n<\/system-reminder>\n*/

/** Splits a user's text from the system messages that are wrapped into it. */
export function userTexts(text: string): readonly UpstreamMessage[] {
  return text.split(REMINDER).flatMap((part, at): UpstreamMessage[] => {
    if (part === '') return []
    return [{ by: at % 2 === 1 ? 'system' : 'user', text: part }]
  })
}

/** The base64 of a `data:` URL. */
export function base64Of(url: string): string {
  return url.replace(/^data:[^,]*;base64,/, '')
}

/** The text without its mark `[error]`, and whether it had one. */
export function unmarked(text: string): { readonly text: string; readonly isError: boolean } {
  const isError = text.startsWith('[error]')
  return { text: isError ? text.replace(/^\[error\]\s*/, '') : text, isError }
}
