/** JSON that is nested more deeply than anything people and tools send, wherever a provider puts it. */
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { gatewayServer, type GatewayServer } from '../../test/support/gateway.ts'

const LEVELS = 100_000
const DEEP = '['.repeat(LEVELS) + ']'.repeat(LEVELS)
const IN_TEXT = `{"a":${DEEP}}`

let answer = ''
let upstream: Server
let gateway: GatewayServer

beforeAll(async () => {
  upstream = createServer((req, res) => {
    req.resume()
    const isStream = answer.startsWith('data:') || answer.startsWith('event:')
    const type = isStream ? 'text/event-stream' : 'application/json'
    res.writeHead(200, { 'content-type': type }).end(answer)
  }).listen(0, '127.0.0.1')
  await new Promise((resolve) => upstream.once('listening', resolve))
  const origin = `http://127.0.0.1:${String((upstream.address() as AddressInfo).port)}`
  const provider = (name: string, path: string): object => ({
    name,
    url: `${origin}${path}`,
    apiKey: 'k',
    models: ['m'],
    missing: [],
  })
  gateway = await gatewayServer({
    providers: [
      provider('chat', '/v1/chat/completions'),
      provider('responses', '/v1/responses'),
      provider('messages', '/v1/messages'),
      provider('gemini', '/v1beta/models/'),
    ] as never,
    retry: { repeats: 0, repeatWithinMs: 0, afterSend: false },
  })
})

afterAll(async () => {
  upstream.closeAllConnections()
  upstream.close()
  await gateway.close()
})

const sse = (...data: string[]): string => data.map((each) => `data: ${each}\n\n`).join('')
const text = JSON.stringify(IN_TEXT)

const CHAT_CALL = `{"id":"c1","index":0,"type":"function","function":{"name":"t","arguments":${text}}}`
const CHAT_END = '{"choices":[{"index":0,"delta":{},"finish_reason":"tool_calls"}]}'
const ITEM = `{"type":"function_call","id":"f1","call_id":"c1","name":"t","arguments":${text}}`
const START =
  '{"type":"message_start","message":{"id":"m","type":"message","role":"assistant","model":"m","content":[],"usage":{"input_tokens":1,"output_tokens":1}}}'
const MESSAGE_END =
  '{"type":"message_delta","delta":{"stop_reason":"tool_use"},"usage":{"output_tokens":1}}'

const ANSWERS: readonly (readonly [string, string, string])[] = [
  [
    'chat',
    'arguments',
    sse(`{"choices":[{"index":0,"delta":{"tool_calls":[${CHAT_CALL}]}}]}`, CHAT_END, '[DONE]'),
  ],
  [
    'chat',
    'arguments of a document',
    `{"choices":[{"index":0,"message":{"role":"assistant","tool_calls":[${CHAT_CALL}]},"finish_reason":"tool_calls"}]}`,
  ],
  [
    'chat',
    'arguments that are no text',
    `{"choices":[{"index":0,"message":{"role":"assistant","tool_calls":[{"id":"c","type":"function","function":{"name":"t","arguments":${IN_TEXT}}}]},"finish_reason":"tool_calls"}]}`,
  ],
  [
    'chat',
    'an unknown field',
    sse(
      `{"x":${DEEP},"choices":[{"index":0,"delta":{"content":"hi"}}]}`,
      `{"choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}`,
    ),
  ],
  [
    'chat',
    'content',
    sse(
      `{"choices":[{"index":0,"delta":{"content":${DEEP}}}]}`,
      `{"choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}`,
    ),
  ],
  [
    'chat',
    'reasoning details',
    sse(
      `{"choices":[{"index":0,"delta":{"reasoning_details":[{"type":"reasoning.text","text":"a","x":${DEEP}}],"content":"hi"}}]}`,
      `{"choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}`,
    ),
  ],
  [
    'chat',
    'usage',
    sse(
      `{"choices":[{"index":0,"delta":{"content":"hi"},"finish_reason":"stop"}],"usage":${IN_TEXT}}`,
    ),
  ],
  ['chat', 'an error', sse(`{"error":${IN_TEXT}}`)],
  ['chat', 'a document', `{"error":${IN_TEXT}}`],
  [
    'responses',
    'an item',
    sse(
      `{"type":"response.output_item.done","output_index":0,"item":${ITEM}}`,
      `{"type":"response.completed","response":{"id":"r","status":"completed","output":[${ITEM}]}}`,
    ),
  ],
  [
    'responses',
    'an unknown item',
    sse(
      `{"type":"response.output_item.done","output_index":0,"item":{"type":"x","y":${DEEP}}}`,
      `{"type":"response.completed","response":{"id":"r","status":"completed","output":[]}}`,
    ),
  ],
  [
    'responses',
    'reasoning',
    `{"id":"r","status":"completed","output":[{"type":"reasoning","id":"r1","summary":[],"encrypted_content":"e","x":${DEEP}},{"type":"message","role":"assistant","content":[{"type":"output_text","text":"hi"}]}]}`,
  ],
  ['responses', 'a document', `{"id":"r","status":"completed","output":[${ITEM}],"x":${DEEP}}`],
  [
    'gemini',
    'arguments',
    sse(
      `{"candidates":[{"content":{"role":"model","parts":[{"functionCall":{"name":"t","args":${IN_TEXT}}}]},"finishReason":"STOP"}]}`,
    ),
  ],
  [
    'gemini',
    'an unknown part',
    sse(
      `{"candidates":[{"content":{"role":"model","parts":[{"x":${DEEP}},{"text":"hi"}]},"finishReason":"STOP"}]}`,
    ),
  ],
  [
    'messages',
    'input',
    sse(
      START,
      `{"type":"content_block_start","index":0,"content_block":{"type":"tool_use","id":"c","name":"t","input":${IN_TEXT}}}`,
      '{"type":"content_block_stop","index":0}',
      MESSAGE_END,
      '{"type":"message_stop"}',
    ),
  ],
  [
    'messages',
    'partial input',
    sse(
      START,
      '{"type":"content_block_start","index":0,"content_block":{"type":"tool_use","id":"c","name":"t","input":{}}}',
      `{"type":"content_block_delta","index":0,"delta":{"type":"input_json_delta","partial_json":${text}}}`,
      '{"type":"content_block_stop","index":0}',
      MESSAGE_END,
      '{"type":"message_stop"}',
    ),
  ],
  [
    'messages',
    'a document',
    `{"id":"m","type":"message","role":"assistant","model":"m","content":[{"type":"tool_use","id":"c","name":"t","input":${IN_TEXT}}],"stop_reason":"tool_use","usage":{"input_tokens":1,"output_tokens":1}}`,
  ],
  ['messages', 'an error', sse(`{"type":"error","error":${IN_TEXT}}`)],
]

it.each(ANSWERS.flatMap((row) => [[...row, true] as const, [...row, false] as const]))(
  'from %s in %s is passed on as text or refused in words (%#)',
  async (provider, _location, body, stream) => {
    answer = body
    const request = {
      model: `${provider},m`,
      max_tokens: 9,
      stream,
      messages: [{ role: 'user', content: 'hi' }],
    }
    const response = await gateway.post(request)
    const text = await response.text()
    expect([200, 500, 502]).toContain(response.status)
    if (response.status !== 200) expect(text).toContain('nested too deeply')
    expect(text).not.toMatch(/call stack|RangeError/)
  },
  20_000,
)
