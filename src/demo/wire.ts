/** A reply of the demo model in the form of OpenAI Chat Completions, whole or as chunks. */
import type { DemoReply } from './model.ts'
import type { DemoRequest } from './request.ts'

/** An answer is sent in at most this many pieces, so that a long one is no slower than a short. */
const PIECES = 60

export function completion(request: DemoRequest, reply: DemoReply): object {
  return {
    id: 'chatcmpl-demo',
    object: 'chat.completion',
    created: 0,
    model: request.model,
    choices: [
      {
        index: 0,
        message: {
          role: 'assistant',
          content: reply.call ? null : reply.text,
          ...(reply.call ? { tool_calls: [toolCall(reply.call)] } : {}),
        },
        finish_reason: reply.finish,
      },
    ],
    usage: usage(reply),
  }
}

/** The chunks of a streamed answer in their order; the closing `[DONE]` is the server's. */
export function chunks(request: DemoRequest, reply: DemoReply): object[] {
  const head = {
    id: 'chatcmpl-demo',
    object: 'chat.completion.chunk',
    created: 0,
    model: request.model,
  }
  const deltas: object[] = [{ role: 'assistant', content: reply.call ? null : '' }]
  if (reply.call) {
    const {
      function: { name, arguments: json },
      ...call
    } = toolCall(reply.call)
    deltas.push({ tool_calls: [{ index: 0, ...call, function: { name, arguments: '' } }] })
    for (const piece of pieces(json)) {
      deltas.push({ tool_calls: [{ index: 0, function: { arguments: piece } }] })
    }
  } else {
    deltas.push(...pieces(reply.text).map((content) => ({ content })))
  }
  const choice = (delta: object, finish: string | null): object => ({
    ...head,
    choices: [{ index: 0, delta, finish_reason: finish }],
  })
  return [
    ...deltas.map((delta) => choice(delta, null)),
    choice({}, reply.finish),
    ...(request.includeUsage ? [{ ...head, choices: [], usage: usage(reply) }] : []),
  ]
}

/** An error in OpenAI's form. */
export function errorBody(type: string, message: string): object {
  return { error: { message, type, param: null, code: null } }
}

interface ToolCall {
  readonly id: string
  readonly type: 'function'
  readonly function: { readonly name: string; readonly arguments: string }
}

function toolCall(call: NonNullable<DemoReply['call']>): ToolCall {
  const json = JSON.stringify(call.arguments)
  return { id: call.id, type: 'function', function: { name: call.name, arguments: json } }
}

function usage({ usage: { prompt, completion: answered } }: DemoReply): object {
  return {
    prompt_tokens: prompt,
    completion_tokens: answered,
    total_tokens: prompt + answered,
    prompt_tokens_details: { cached_tokens: 0 },
  }
}

/** The text word by word, several words to a piece when it is long. Joined they give the text. */
function pieces(text: string): string[] {
  const words = text.match(/\S+\s*|\s+/g) ?? []
  const size = Math.max(1, Math.ceil(words.length / PIECES))
  const groups = Array.from({ length: Math.ceil(words.length / size) }, (_, index) => index * size)
  return groups.map((start) => words.slice(start, start + size).join(''))
}
