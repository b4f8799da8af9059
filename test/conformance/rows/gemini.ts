/** Gemini's generateContent. */
import { type Row, sse } from '../row.ts'
import {
  callOf,
  type Fault,
  type Finish,
  type UpstreamRequest,
  type Piece,
  type UpstreamMessage,
  type ModelAnswer,
  type Tokens,
  userTexts,
} from '../neutral-form.ts'

const FINISH: Readonly<Record<Finish, string>> = {
  end: 'STOP',
  tools: 'STOP',
  limit: 'MAX_TOKENS',
  refusal: 'SAFETY',
}

const STATUS: Readonly<Record<number, string>> = {
  400: 'INVALID_ARGUMENT',
  401: 'UNAUTHENTICATED',
  404: 'NOT_FOUND',
  429: 'RESOURCE_EXHAUSTED',
  500: 'INTERNAL',
  503: 'UNAVAILABLE',
}

const OVERFLOW =
  'The input token count (130000) exceeds the maximum number of tokens allowed (128000).'

function errorOf({ status, message, overflow }: Fault): object {
  const text = overflow ? OVERFLOW : message
  return { error: { code: status, message: text, status: STATUS[status] ?? 'UNKNOWN' } }
}

function usageOf({ input, cached, output, reasoning }: Tokens): object {
  return {
    promptTokenCount: input,
    cachedContentTokenCount: cached,
    candidatesTokenCount: output - reasoning,
    thoughtsTokenCount: reasoning,
    totalTokenCount: input + output,
  }
}

const withParts = (...parts: readonly object[]): object => ({
  candidates: [{ content: { role: 'model', parts } }],
})

/** Calls come whole, where their last piece is; a thought's state stands on the part behind it. */
function chunksOf({ pieces, finish, usage }: ModelAnswer): readonly object[] {
  let state: string | undefined
  const signed = (part: object): object => {
    const signature = state === undefined ? {} : { thoughtSignature: state }
    state = undefined
    return withParts({ ...part, ...signature })
  }
  const chunks = pieces.flatMap((piece, at): object[] => {
    if ('fault' in piece) return [errorOf(piece.fault)]
    if ('text' in piece) return [signed({ text: piece.text })]
    if ('thinking' in piece) {
      state = piece.state ?? state
      return [withParts({ text: piece.thinking, thought: true })]
    }
    if (isMore(piece.call, pieces.slice(at + 1))) return []
    const { id, name, args } = callOf(piece.call, pieces)
    const call = { name, args: JSON.parse(args || '{}') as unknown }
    return [signed({ functionCall: { ...(id === null ? {} : { id }), ...call } })]
  })
  if (finish === undefined) return chunks
  const end = { candidates: [{ content: { parts: [] }, finishReason: FINISH[finish] }] }
  return [...chunks, { ...end, ...(usage ? { usageMetadata: usageOf(usage) } : {}) }]
}

function isMore(key: string, pieces: readonly Piece[]): boolean {
  return pieces.some((piece) => 'call' in piece && piece.call === key)
}

interface Blob {
  readonly mimeType: string
  readonly data: string
}

interface Part {
  readonly text?: string
  readonly inlineData?: Blob
  readonly thoughtSignature?: string
  readonly functionCall?: { readonly id?: string; readonly name: string; readonly args: unknown }
  readonly functionResponse?: {
    readonly id?: string
    readonly response: { readonly output?: string; readonly error?: string }
    readonly parts?: readonly { readonly inlineData: Blob }[]
  }
}

interface Body {
  readonly systemInstruction?: { readonly parts: readonly Part[] }
  readonly contents: readonly { readonly role: string; readonly parts: readonly Part[] }[]
  readonly tools?: readonly {
    readonly functionDeclarations?: readonly { readonly name: string }[]
    readonly googleSearch?: object
  }[]
  readonly toolConfig?: {
    readonly functionCallingConfig: {
      readonly mode: string
      readonly allowedFunctionNames?: readonly string[]
    }
  }
  readonly generationConfig: {
    readonly maxOutputTokens?: number
    readonly temperature?: number
    readonly topP?: number
    readonly topK?: number
    readonly stopSequences?: readonly string[]
    readonly responseJsonSchema?: unknown
    readonly responseSchema?: unknown
    readonly thinkingConfig?: object
  }
}

const CHOICE: Readonly<Record<string, UpstreamRequest['choice']>> = {
  AUTO: 'auto',
  ANY: 'any',
  NONE: 'none',
}

function read(whole: unknown, path: string): UpstreamRequest {
  const body = whole as Body
  const config = body.generationConfig
  const calling = body.toolConfig?.functionCallingConfig
  const [only] = calling?.allowedFunctionNames ?? []
  const system = body.systemInstruction?.parts.map((part) => part.text).join('')
  const tools = body.tools ?? []
  return {
    model: /models\/([^:]+):/.exec(path)?.[1] ?? '',
    conversation: [
      ...(system === undefined ? [] : [{ by: 'system', text: system } as const]),
      ...body.contents.flatMap(({ role, parts }) =>
        parts.flatMap((part) => messagesIn(part, role)),
      ),
    ],
    tools: tools.flatMap((tool) => (tool.functionDeclarations ?? []).map(({ name }) => name)),
    search: tools.some((tool) => tool.googleSearch !== undefined),
    choice: only === undefined ? CHOICE[calling?.mode ?? ''] : { tool: only },
    parallel: true,
    maxTokens: config.maxOutputTokens,
    temperature: config.temperature,
    topP: config.topP,
    topK: config.topK,
    stop: config.stopSequences ?? [],
    schema: config.responseJsonSchema ?? config.responseSchema,
    reasoning: config.thinkingConfig !== undefined,
  } as UpstreamRequest
}

/** Stands for the signature of a call that another model made. */
const NO_SIGNATURE = 'skip_thought_signature_validator'

function messagesIn(part: Part, role: string): readonly UpstreamMessage[] {
  const { functionCall: call, functionResponse: result, inlineData: blob } = part
  const state = part.thoughtSignature
  const thought: readonly UpstreamMessage[] =
    state === undefined || state === NO_SIGNATURE ? [] : [{ by: 'assistant', thought: state }]
  if (call) {
    const { id = call.name, name, args: input } = call
    return [...thought, { by: 'assistant', call: { id, name, input } }]
  }
  if (result) {
    const { output, error } = result.response
    const media = (result.parts ?? []).map(({ inlineData }) => inlineData)
    const pdf = media.filter(({ mimeType }) => mimeType === 'application/pdf')
    return [
      {
        by: 'tool',
        id: result.id ?? '',
        isError: error !== undefined,
        text: output ?? error ?? '',
        images: media.filter((one) => !pdf.includes(one)).map(({ data }) => data),
        documents: pdf.map(({ data }) => data),
      },
    ]
  }
  if (blob) {
    const isPdf = blob.mimeType === 'application/pdf'
    return [isPdf ? { by: 'user', document: blob.data } : { by: 'user', image: blob.data }]
  }
  const text = part.text ?? ''
  return role === 'model' ? [...thought, { by: 'assistant', text }] : userTexts(text)
}

export const row: Row = {
  name: 'gemini',
  model: 'gemini-3-pro-preview',
  provider: (origin) => ({
    name: 'gemini',
    url: `${origin}/v1beta/models/`,
    transformer: { use: ['gemini'] },
  }),
  other: 'google',
  path: '/v1beta/models/gemini-3-pro-preview:streamGenerateContent?alt=sse',
  key: ['x-goog-api-key', (key) => key],
  type: 'text/event-stream',
  frames: (answer) => chunksOf(answer).map((chunk) => sse(chunk)),
  whole: chunksOf,
  fault: (fault) => ({ status: fault.status, body: errorOf(fault) }),
  read,
  passesThrough: false,
  thoughts: 'state',
  notApplicable: {
    'a whole document ends the answer, though its connection stays open':
      'it is no other than the first chunk of a stream: it ends after a while of silence',
    'pieces of parallel calls that interleave make whole calls, one after the other':
      'Gemini sends each call whole; arguments in pieces come for one call at a time',
  },
}
