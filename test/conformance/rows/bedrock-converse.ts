/** Bedrock's ConverseStream. */
import { awsEvent, awsException } from '../../support/aws-event-stream.ts'
import type { HttpFault, Row } from '../row.ts'
import {
  callOf,
  type Fault,
  type Finish,
  type UpstreamRequest,
  type Item,
  itemsOf,
  type Piece,
  type UpstreamMessage,
  type ModelAnswer,
  textOf as textIn,
  type Tokens,
  userTexts,
} from '../neutral-form.ts'

const MODEL = 'us.anthropic.claude-sonnet-4-5-20250929-v1:0'

const FINISH: Readonly<Record<Finish, string>> = {
  end: 'end_turn',
  tools: 'tool_use',
  limit: 'max_tokens',
  refusal: 'content_filtered',
}

const EXCEPTION: Readonly<Record<number, string>> = {
  400: 'ValidationException',
  401: 'UnrecognizedClientException',
  404: 'ResourceNotFoundException',
  429: 'ThrottlingException',
  500: 'InternalServerException',
  503: 'ServiceUnavailableException',
  529: 'ServiceUnavailableException',
}

const OVERFLOW =
  'The model returned the following errors: prompt is too long: 130000 tokens > 128000 maximum'

function textOf({ message, overflow }: Fault): string {
  return overflow ? OVERFLOW : message
}

export function exceptionOf({ status }: Fault): string {
  return EXCEPTION[status] ?? 'InternalServerException'
}

function usageOf({ input, cached, output }: Tokens): object {
  return {
    inputTokens: input - cached,
    cacheReadInputTokens: cached,
    cacheWriteInputTokens: 0,
    outputTokens: output,
    totalTokens: input + output,
  }
}

function frames({ pieces, finish, usage }: ModelAnswer): readonly Uint8Array[] {
  const speaker = new Speaker(pieces)
  const frames = [
    awsEvent('messageStart', { role: 'assistant' }),
    ...pieces.flatMap((piece) => speaker.say(piece)),
  ]
  if (finish === undefined) return frames
  return [
    ...frames,
    ...speaker.end(),
    awsEvent('messageStop', { stopReason: FINISH[finish] }),
    awsEvent('metadata', { ...(usage ? { usage: usageOf(usage) } : {}), metrics: {} }),
  ]
}

/** What Converse answers, which servers that speak as Bedrock does give for a stream too. */
function whole({ pieces, finish, usage }: ModelAnswer): object {
  return {
    output: { message: { role: 'assistant', content: itemsOf(pieces).map(contentOf) } },
    stopReason: finish === undefined ? undefined : FINISH[finish],
    ...(usage ? { usage: usageOf(usage) } : {}),
    metrics: { latencyMs: 9 },
  }
}

function contentOf(item: Item): object {
  if (item.kind === 'text') return { text: textIn(item) }
  if (item.kind === 'call') {
    const { id, name, args } = item.call
    return { toolUse: { toolUseId: id, name, input: JSON.parse(args || '{}') as unknown } }
  }
  return { reasoningContent: { reasoningText: { text: textIn(item), signature: item.state } } }
}

class Speaker {
  readonly #pieces: readonly Piece[]
  #kind = ''
  #next = 0
  /** The open block, and the blocks of calls. */
  #at = -1
  readonly #calls = new Map<string, number>()

  constructor(pieces: readonly Piece[]) {
    this.#pieces = pieces
  }

  say(piece: Piece): readonly Uint8Array[] {
    if ('fault' in piece) {
      const name = exceptionOf(piece.fault)
      return [awsException(name.charAt(0).toLowerCase() + name.slice(1), textOf(piece.fault))]
    }
    if ('call' in piece) return this.#call(piece)
    if ('text' in piece) return [...this.#begin('text'), this.#delta({ text: piece.text })]
    return [
      ...this.#begin('thinking'),
      this.#delta({ reasoningContent: { text: piece.thinking } }),
      ...(piece.state === undefined
        ? []
        : [this.#delta({ reasoningContent: { signature: piece.state } })]),
    ]
  }

  end(): readonly Uint8Array[] {
    return [...this.#calls.values()].map((contentBlockIndex) =>
      awsEvent('contentBlockStop', { contentBlockIndex }),
    )
  }

  #begin(kind: string): readonly Uint8Array[] {
    if (this.#kind === kind) return []
    const before = ['text', 'thinking'].includes(this.#kind) ? this.#at : undefined
    this.#kind = kind
    this.#at = this.#next++
    return before === undefined ? [] : [awsEvent('contentBlockStop', { contentBlockIndex: before })]
  }

  #delta(delta: object, contentBlockIndex = this.#at): Uint8Array {
    return awsEvent('contentBlockDelta', { contentBlockIndex, delta })
  }

  #call(piece: Extract<Piece, { call: string }>): readonly Uint8Array[] {
    const began: Uint8Array[] = []
    if (!this.#calls.has(piece.call)) {
      began.push(...this.#begin(`call ${piece.call}`))
      this.#calls.set(piece.call, this.#at)
      const { id, name } = callOf(piece.call, this.#pieces)
      const toolUse = { ...(id === null ? {} : { toolUseId: id }), name }
      began.push(awsEvent('contentBlockStart', { contentBlockIndex: this.#at, start: { toolUse } }))
    }
    const at = this.#calls.get(piece.call)
    return [...began, this.#delta({ toolUse: { input: piece.args ?? '' } }, at)]
  }
}

interface Part {
  readonly cachePoint?: object
  readonly text?: string
  readonly image?: { readonly source: { readonly bytes: string } }
  readonly document?: { readonly source: { readonly bytes: string } }
  readonly toolUse?: { readonly toolUseId: string; readonly name: string; readonly input: unknown }
  readonly toolResult?: {
    readonly toolUseId: string
    readonly content: readonly Part[]
    readonly status: string
  }
  readonly reasoningContent?: { readonly reasoningText?: { readonly signature: string } }
}

interface Body {
  readonly system?: readonly Part[]
  readonly messages: readonly { readonly role: string; readonly content: readonly Part[] }[]
  readonly inferenceConfig?: {
    readonly maxTokens?: number
    readonly temperature?: number
    readonly topP?: number
    readonly stopSequences?: readonly string[]
  }
  readonly toolConfig?: {
    readonly tools: readonly { readonly toolSpec?: { readonly name: string } }[]
    readonly toolChoice?: { readonly any?: object; readonly tool?: { readonly name: string } }
  }
  readonly additionalModelRequestFields?: { readonly top_k?: number; readonly thinking?: object }
  readonly outputConfig?: {
    readonly textFormat: {
      readonly structure: { readonly jsonSchema: { readonly schema: string } }
    }
  }
}

function read(whole: unknown, path: string): UpstreamRequest {
  const body = whole as Body
  const { inferenceConfig: config = {}, toolConfig, additionalModelRequestFields: more } = body
  const named = toolConfig?.toolChoice?.tool
  const schema = body.outputConfig?.textFormat.structure.jsonSchema.schema
  return {
    model: decodeURIComponent(/\/model\/([^/]+)/.exec(path)?.[1] ?? ''),
    conversation: [
      ...(body.system ?? []).flatMap(({ text }) =>
        text === undefined ? [] : { by: 'system' as const, text },
      ),
      ...body.messages.flatMap(({ role, content }) =>
        content.flatMap((part) => messagesIn(part, role)),
      ),
    ],
    tools: (toolConfig?.tools ?? []).flatMap((tool) => tool.toolSpec?.name ?? []),
    search: false,
    choice: named ? { tool: named.name } : toolConfig?.toolChoice?.any ? 'any' : undefined,
    parallel: true,
    maxTokens: config.maxTokens,
    temperature: config.temperature,
    topP: config.topP,
    topK: more?.top_k,
    stop: config.stopSequences ?? [],
    schema: schema === undefined ? undefined : (JSON.parse(schema) as unknown),
    reasoning: more?.thinking !== undefined,
  } as UpstreamRequest
}

function messagesIn(part: Part, role: string): readonly UpstreamMessage[] {
  if (part.cachePoint) return []
  const { toolUse: call, toolResult: result, reasoningContent: thought } = part
  if (call) {
    return [{ by: 'assistant', call: { id: call.toolUseId, name: call.name, input: call.input } }]
  }
  if (result) {
    return [
      {
        by: 'tool',
        id: result.toolUseId,
        isError: result.status === 'error',
        text: result.content.flatMap(({ text }) => text ?? []).join('\n'),
        images: result.content.flatMap(({ image }) => image?.source.bytes ?? []),
        documents: result.content.flatMap(({ document }) => document?.source.bytes ?? []),
      },
    ]
  }
  if (thought) return [{ by: 'assistant', thought: thought.reasoningText?.signature ?? '' }]
  if (part.image) return [{ by: 'user', image: part.image.source.bytes }]
  if (part.document) return [{ by: 'user', document: part.document.source.bytes }]
  const text = part.text ?? ''
  return role === 'assistant' ? [{ by: 'assistant', text }] : userTexts(text)
}

/** Bedrock's errors, whichever of its APIs is asked. */
export function bedrockFault(fault: Fault): HttpFault {
  return {
    status: fault.status,
    headers: { 'x-amzn-errortype': exceptionOf(fault) },
    body: { message: textOf(fault) },
  }
}

export const row: Row = {
  name: 'bedrock-converse',
  model: MODEL,
  provider: (origin) => ({ name: 'bedrock', url: `${origin}/model/any/converse-stream` }),
  other: 'aws-bedrock',
  path: `/model/${encodeURIComponent(MODEL)}/converse-stream`,
  key: ['authorization', (key) => `Bearer ${key}`],
  type: 'application/vnd.amazon.eventstream',
  frames,
  whole,
  fault: bedrockFault,
  read,
  passesThrough: false,
  thoughts: 'state',
  notApplicable: {},
}
