/** Checks of answers: what a client reads when the upstream answers in full. */
import { answer, callPiece, delta, stream } from '../upstream.mjs'

const TOOLS = ['read', 'list'].map((name) => ({
  name,
  description: name,
  input_schema: { type: 'object', properties: { path: { type: 'string' } }, required: ['path'] },
}))
const HELLO = [{ role: 'user', content: 'hello' }]
/** 50 tokens in, 32 of them from the cache, 7 out. */
const USAGE = {
  prompt_tokens: 50,
  completion_tokens: 7,
  total_tokens: 57,
  prompt_tokens_details: { cached_tokens: 32 },
}

export const ANSWERS = [
  {
    name: 'two tool calls whose pieces arrive in turns',
    right: 'two blocks, one after the other',
    fronts: ['messages', 'chat'],
    run: parallelCalls,
  },
  {
    name: 'a tool call that ends with `stop`, streamed',
    right: '`tool_use`',
    run: (api) => stopOfTool(api, true),
  },
  {
    name: 'a tool call that ends with `stop`, not streamed',
    right: '`tool_use`',
    run: (api) => stopOfTool(api, false),
  },
  {
    name: 'usage, streamed',
    right: '18 in, 32 from the cache, 7 out',
    fronts: ['messages', 'chat'],
    run: (api) => usage(api, true),
  },
  {
    name: 'usage, not streamed',
    right: '18 in, 32 from the cache, 7 out',
    fronts: ['messages', 'chat'],
    run: (api) => usage(api, false),
  },
  { name: 'count_tokens', right: 'an estimate', run: countTokens },
]

async function parallelCalls({ client, upstream }) {
  const [first, second] = ['a', 'b'].map((name) => JSON.stringify({ path: `/${name}` }))
  const pieces = [
    callPiece(0, { id: 'call_a', name: 'read' }),
    callPiece(1, { id: 'call_b', name: 'list' }),
    callPiece(0, { arguments: first.slice(0, 4) }),
    callPiece(1, { arguments: second.slice(0, 6) }),
    callPiece(0, { arguments: first.slice(4) }),
    callPiece(1, { arguments: second.slice(6) }),
  ]
  upstream.play((_, res) => {
    const send = stream(res)
    send(delta({ role: 'assistant', content: null }))
    for (const piece of pieces) send(piece)
    send(delta({}, 'tool_calls'))
    res.end('data: [DONE]\n\n')
  })
  const { blocks, overlap, stopReason, status } = await client.ask({
    messages: HELLO,
    tools: TOOLS,
  })
  const calls = blocks.filter(({ type }) => type === 'tool_use')
  const paths = calls.map(({ name, input }) => `${name} ${input?.path ?? 'broken'}`).join(', ')
  const others = blocks.length - calls.length
  const right =
    paths === 'read /a, list /b' && !overlap && others === 0 && stopReason === 'tool_use'
  const also = [overlap && 'blocks overlap', others > 0 && `${others} other blocks`].filter(Boolean)
  return { right, seen: [paths || `status ${status}`, stopReason, ...also].join('; ') }
}

async function stopOfTool({ client, upstream }, streamed) {
  const calls = [{ id: 'call_a', name: 'read', arguments: '{"path":"/a"}' }]
  upstream.play(answer({ calls, finish: 'stop' }))
  const request = { messages: HELLO, tools: TOOLS, tool_choice: { type: 'tool', name: 'read' } }
  const { stopReason, blocks, status } = await client.ask({ ...request, stream: streamed })
  const called = blocks.some(({ type }) => type === 'tool_use')
  const seen = stopReason
    ? `\`${stopReason}\`${called ? '' : ' without the call'}`
    : `status ${status}`
  return { right: called && stopReason === 'tool_use', seen }
}

async function usage({ client, upstream, front }, streamed) {
  upstream.play(answer({ text: 'hello', usage: USAGE }))
  const { usage, status } = await client.ask({ messages: HELLO, stream: streamed })
  if (status !== 200) return { right: false, seen: `status ${status}` }
  const { input, cached, output } = usage
  // Chat counts cached tokens among those of the prompt.
  const right = input === (front === 'chat' ? 50 : 18) && cached === 32 && output === 7
  return {
    right,
    seen: `${input ?? 'no'} in, ${cached ?? 'none'} from the cache, ${output ?? 'no'} out`,
  }
}

async function countTokens({ client }) {
  const text = 'The quick brown fox jumps over the lazy dog. '.repeat(40)
  const request = { messages: [{ role: 'user', content: text }], max_tokens: undefined }
  const counted = await client.ask(
    { ...request, stream: undefined },
    { path: '/v1/messages/count_tokens' },
  )
  const count = JSON.parse(counted.text.startsWith('{') ? counted.text : '{}').input_tokens
  // 40 sentences of 10 tokens.
  const right = counted.status === 200 && count > 250 && count < 800
  return {
    right,
    seen:
      counted.status !== 200
        ? `status ${counted.status}`
        : count === undefined
          ? 'an answer of the model'
          : `${count} for about 400`,
  }
}
