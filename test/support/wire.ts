/**
 * Renders a scripted answer for the two wires the fake provider speaks. Written by hand after
 * the public descriptions of OpenAI Chat Completions and Anthropic Messages.
 */
import type { Answer, Call, Counts, Part } from './replies.ts'

export type Wire = 'openai-chat' | 'anthropic'

const COUNTS: Counts = { input: 120, output: 12 }

/** What stands in one `data:` line, and for Anthropic in the `event:` line before it. */
export interface Frame {
  readonly event?: string
  readonly data: unknown
}

/** The frames of an answer, in the order they leave. */
export function frames(wire: Wire, answer: Answer, request: { model: string; n: number }): Frame[] {
  return wire === 'anthropic' ? anthropicFrames(answer, request) : openaiFrames(answer, request)
}

/** The answer as one JSON body. */
export function whole(wire: Wire, answer: Answer, request: { model: string; n: number }): unknown {
  return wire === 'anthropic'
    ? anthropicMessage(answer, request)
    : openaiCompletion(answer, request)
}

function numbered(parts: readonly Part[]): { call: Call; index: number }[] {
  const calls = parts.flatMap((part) => ('call' in part ? [part.call] : []))
  return calls.map((call, index) => ({ call, index }))
}

const args = (call: Call): string => call.raw ?? JSON.stringify(call.input)

/** `value` cut in `count` parts of about the same length; never an empty list. */
function cut(value: string, count: number): string[] {
  const size = Math.max(1, Math.ceil(value.length / count))
  const parts: string[] = []
  for (let at = 0; at < value.length; at += size) parts.push(value.slice(at, at + size))
  return parts.length === 0 ? [''] : parts
}

// --- OpenAI Chat Completions ---

function openaiUsage(counts: Counts): object {
  return {
    prompt_tokens: counts.input,
    completion_tokens: counts.output,
    total_tokens: counts.input + counts.output,
    ...(counts.cached === undefined
      ? {}
      : { prompt_tokens_details: { cached_tokens: counts.cached } }),
  }
}

function openaiFinish(answer: Answer): string | null {
  if (answer.finish !== undefined) return answer.finish
  return answer.parts.some((part) => 'call' in part) ? 'tool_calls' : 'stop'
}

function openaiId(call: Call, index: number): { id?: string } {
  return call.id === null ? {} : { id: call.id ?? `call_${String(index)}` }
}

function callDeltas(answer: Answer): object[] {
  const lists = numbered(answer.parts).map(({ call, index }) =>
    cut(args(call), answer.pieces ?? 2).map((piece, n) => ({
      ...(answer.withoutIndex === true ? {} : { index }),
      ...(n === 0 || answer.repeatId === true ? openaiId(call, index) : {}),
      ...(n === 0 ? { type: 'function' } : {}),
      function: n === 0 ? { name: call.name, arguments: piece } : { arguments: piece },
    })),
  )
  if (answer.interleave !== true) return lists.flat()
  const longest = Math.max(0, ...lists.map((list) => list.length))
  return Array.from({ length: longest }, (_, n) => lists.flatMap((list) => list[n] ?? [])).flat()
}

function openaiDeltas(answer: Answer): object[] {
  const field = answer.thinkingField ?? 'reasoning_content'
  const pieces = answer.pieces ?? 2
  const spoken = answer.parts.flatMap((part) => {
    if ('text' in part) return cut(part.text, pieces).map((content) => ({ content }))
    if ('thinking' in part) return cut(part.thinking, pieces).map((piece) => ({ [field]: piece }))
    return []
  })
  return [...spoken, ...callDeltas(answer).map((call) => ({ tool_calls: [call] }))]
}

function openaiFrames(answer: Answer, request: { model: string; n: number }): Frame[] {
  const counts = openaiUsage(answer.usage ?? COUNTS)
  const usageIn = answer.usageIn ?? 'separate'
  const finish = openaiFinish(answer)
  const chunk = (rest: object): Frame => ({
    data: {
      id: `chatcmpl-fake-${String(request.n)}`,
      object: 'chat.completion.chunk',
      created: 1_760_000_000,
      model: answer.model ?? request.model,
      ...rest,
    },
  })
  const choice = (delta: object, finish_reason: string | null = null): object => ({
    choices: [{ index: 0, delta, finish_reason }],
  })
  return [
    chunk(choice({ role: 'assistant', content: '' })),
    ...openaiDeltas(answer).map((delta) => chunk(choice(delta))),
    ...(finish === null
      ? []
      : [chunk({ ...choice({}, finish), ...(usageIn === 'finish' ? { usage: counts } : {}) })]),
    ...(usageIn === 'separate' && finish !== null ? [chunk({ choices: [], usage: counts })] : []),
    ...(answer.withoutDone === true || finish === null ? [] : [{ data: '[DONE]' }]),
  ]
}

function openaiCompletion(answer: Answer, request: { model: string; n: number }): unknown {
  const joined = (key: 'text' | 'thinking'): string =>
    answer.parts
      .flatMap((part) => (key in part ? (part as Record<string, string>)[key] : []))
      .join('')
  const tools = numbered(answer.parts).map(({ call, index }) => ({
    ...openaiId(call, index),
    type: 'function',
    function: { name: call.name, arguments: args(call) },
  }))
  return {
    id: `chatcmpl-fake-${String(request.n)}`,
    object: 'chat.completion',
    created: 1_760_000_000,
    model: answer.model ?? request.model,
    choices: [
      {
        index: 0,
        message: {
          role: 'assistant',
          content: joined('text') || null,
          ...(joined('thinking') === ''
            ? {}
            : { [answer.thinkingField ?? 'reasoning_content']: joined('thinking') }),
          ...(tools.length === 0 ? {} : { tool_calls: tools }),
        },
        finish_reason: openaiFinish(answer),
      },
    ],
    ...(answer.usageIn === 'none' ? {} : { usage: openaiUsage(answer.usage ?? COUNTS) }),
  }
}

// --- Anthropic Messages ---

function anthropicUsage(counts: Counts): Record<string, number> {
  const cached = counts.cached ?? 0
  return {
    input_tokens: counts.input - cached,
    cache_read_input_tokens: cached,
    output_tokens: counts.output,
  }
}

function anthropicStop(answer: Answer): string | null {
  if (answer.finish !== undefined) return answer.finish
  return answer.parts.some((part) => 'call' in part) ? 'tool_use' : 'end_turn'
}

/** One block with the deltas that fill it. */
function anthropicBlock(
  part: Part,
  at: number,
  pieces: number,
): { start: object; deltas: object[] } {
  if ('text' in part) {
    return {
      start: { type: 'text', text: '' },
      deltas: cut(part.text, pieces).map((text) => ({ type: 'text_delta', text })),
    }
  }
  if ('thinking' in part) {
    return {
      start: { type: 'thinking', thinking: '', signature: '' },
      deltas: [
        ...cut(part.thinking, pieces).map((thinking) => ({ type: 'thinking_delta', thinking })),
        { type: 'signature_delta', signature: 'ZmFrZS1zaWduYXR1cmU=' },
      ],
    }
  }
  const { call } = part
  return {
    start: {
      type: 'tool_use',
      id: call.id === null ? '' : (call.id ?? `toolu_fake_${String(at)}`),
      name: call.name,
      input: {},
    },
    deltas: cut(args(call), pieces).map((partial_json) => ({
      type: 'input_json_delta',
      partial_json,
    })),
  }
}

function anthropicShell(answer: Answer, request: { model: string; n: number }): object {
  return {
    id: `msg_fake_${String(request.n)}`,
    type: 'message',
    role: 'assistant',
    model: answer.model ?? request.model,
  }
}

function anthropicFrames(answer: Answer, request: { model: string; n: number }): Frame[] {
  const usage = anthropicUsage(answer.usage ?? COUNTS)
  const stop = anthropicStop(answer)
  const event = (data: { type: string } & Record<string, unknown>): Frame => ({
    event: data.type,
    data,
  })
  const blocks = answer.parts.flatMap((part, index) => {
    const { start, deltas } = anthropicBlock(part, index, answer.pieces ?? 2)
    return [
      event({ type: 'content_block_start', index, content_block: start }),
      ...deltas.map((delta) => event({ type: 'content_block_delta', index, delta })),
      event({ type: 'content_block_stop', index }),
    ]
  })
  const message = {
    ...anthropicShell(answer, request),
    content: [],
    stop_reason: null,
    stop_sequence: null,
    usage: { ...usage, output_tokens: 1 },
  }
  return [
    event({ type: 'message_start', message }),
    ...blocks,
    ...(stop === null
      ? []
      : [
          event({
            type: 'message_delta',
            delta: { stop_reason: stop, stop_sequence: null },
            usage: { output_tokens: usage['output_tokens'] },
          }),
          event({ type: 'message_stop' }),
        ]),
  ]
}

function anthropicMessage(answer: Answer, request: { model: string; n: number }): unknown {
  return {
    ...anthropicShell(answer, request),
    content: answer.parts.map((part, at) => {
      if ('text' in part) return { type: 'text', text: part.text }
      if ('thinking' in part) {
        return { type: 'thinking', thinking: part.thinking, signature: 'ZmFrZS1zaWduYXR1cmU=' }
      }
      return { ...anthropicBlock(part, at, 1).start, input: JSON.parse(args(part.call)) as unknown }
    }),
    stop_reason: anthropicStop(answer),
    stop_sequence: null,
    usage: anthropicUsage(answer.usage ?? COUNTS),
  }
}
