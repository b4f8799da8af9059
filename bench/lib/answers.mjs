/** The answers of the instant upstreams in both protocols: one static stream, or one piece of it. */

const chunk = (delta, finish = null) => ({ choices: [{ index: 0, delta, finish_reason: finish }] })
const sse = (data) => `data: ${JSON.stringify(data)}\n\n`
const event = (data) => `event: ${data.type}\n${sse(data)}`

const chat = {
  head: sse(chunk({ role: 'assistant', content: '' })),
  delta: (n) => sse(chunk({ content: `word ${n} ` })),
  tail: [
    sse(chunk({}, 'stop')),
    sse({ choices: [], usage: { prompt_tokens: 12_000, completion_tokens: 16 } }),
    'data: [DONE]\n\n',
  ].join(''),
}

const messages = {
  head: [
    event({
      type: 'message_start',
      message: {
        id: 'msg_1',
        type: 'message',
        role: 'assistant',
        model: 'm',
        content: [],
        stop_reason: null,
        stop_sequence: null,
        usage: { input_tokens: 12_000, output_tokens: 1 },
      },
    }),
    event({ type: 'content_block_start', index: 0, content_block: { type: 'text', text: '' } }),
  ].join(''),
  delta: (n) =>
    event({
      type: 'content_block_delta',
      index: 0,
      delta: { type: 'text_delta', text: `word ${n} ` },
    }),
  tail: [
    event({ type: 'content_block_stop', index: 0 }),
    event({
      type: 'message_delta',
      delta: { stop_reason: 'end_turn', stop_sequence: null },
      usage: { output_tokens: 16 },
    }),
    event({ type: 'message_stop' }),
  ].join(''),
}

export const FORMATS = { chat, messages }
export const PATHS = { chat: '/v1/chat/completions', messages: '/v1/messages' }

/** A complete answer with this many deltas. */
export function whole({ head, delta, tail }, deltas = 8) {
  return [head, ...Array.from({ length: deltas }, (_, n) => delta(n)), tail].join('')
}
