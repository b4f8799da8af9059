/**
 * The neutral words of the conformance table: what a model says and what it hears, whatever the
 * wire. A row (rows/*.ts) speaks and reads them in its format.
 */

/** One piece of an answer, in the order in which it comes. */
export type Piece =
  | { readonly text: string }
  /** `state`: what only the vendor can read, at the end of the thought. */
  | { readonly thinking: string; readonly state?: string }
  /**
   * A piece of the tool call `call`; pieces of several calls may interleave. The first piece of a
   * call has the name; `id` null: the wire's id is left out.
   */
  | {
      readonly call: string
      readonly name?: string
      readonly args?: string
      readonly id?: string | null
    }
  /** The provider fails here, in the middle of a 200. */
  | { readonly fault: Fault }

/** `end` after calls is what some providers say where others say `tools`. */
export type Finish = 'end' | 'tools' | 'limit' | 'refusal'

export interface Spoken {
  readonly pieces: readonly Piece[]
  /** Absent: the answer breaks off. */
  readonly finish?: Finish
  readonly usage?: Tokens
}

/** `input` includes `cached`, `output` includes `reasoning`, whatever the wire counts how. */
export interface Tokens {
  readonly input: number
  readonly cached: number
  readonly output: number
  readonly reasoning: number
}

/** What a provider says when it refuses or fails. */
export interface Fault {
  readonly status: number
  readonly message: string
  /** The vendor's own wording of a prompt that does not fit, instead of `message`. */
  readonly overflow?: true
}

/** A whole call, gathered from its pieces. */
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

/** The blocks of an answer, whole, in the order in which they begin. */
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
  const own = pieces.flatMap((piece) => ('call' in piece && piece.call === key ? [piece] : []))
  const id = own.find((piece) => piece.id !== undefined)?.id
  return {
    key,
    id: id === undefined ? `call_${key}` : id,
    name: own.find((piece) => piece.name !== undefined)?.name ?? '',
    args: own.map((piece) => piece.args ?? '').join(''),
  }
}

/** What reached the model, in its order. Images and documents are base64. */
export type Said =
  | { readonly by: 'system' | 'user' | 'assistant'; readonly text: string }
  | { readonly by: 'user'; readonly image: string }
  | { readonly by: 'user'; readonly document: string }
  /** Earlier thinking that went back: the vendor's state, or the text where that is the state. */
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

/** A request's body as its format's reader understands it. */
export interface Heard {
  readonly model: string
  readonly said: readonly Said[]
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
  /** Whether anything is said of thinking or effort. */
  readonly reasoning: boolean
}

/** The conversation as lines; texts of one speaker behind each other are one. */
export function transcript(said: readonly Said[]): readonly string[] {
  const lines: string[] = []
  const names = new Map<string, string>()
  let speaker = ''
  for (const one of said) {
    const now = 'text' in one && one.by !== 'tool' ? one.by : ''
    if (now !== '' && now === speaker && 'text' in one) lines.push(`${lines.pop()!}\n\n${one.text}`)
    else lines.push(lineOf(one, names))
    speaker = now
  }
  return lines
}

function lineOf(one: Said, names: Map<string, string>): string {
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

/** A user's text with the system messages that are wrapped into it taken apart again. */
export function userTexts(text: string): readonly Said[] {
  return text.split(REMINDER).flatMap((part, at): Said[] => {
    if (part === '') return []
    return [{ by: at % 2 === 1 ? 'system' : 'user', text: part }]
  })
}

/** The base64 of a `data:` URL. */
export function base64Of(url: string): string {
  return url.replace(/^data:[^,]*;base64,/, '')
}

/** `[error] text` as it is and whether it was marked. */
export function unmarked(text: string): { readonly text: string; readonly isError: boolean } {
  const isError = text.startsWith('[error]')
  return { text: isError ? text.replace(/^\[error\]\s*/, '') : text, isError }
}
