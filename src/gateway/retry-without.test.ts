/** What is sent again, and what is remembered of it, through the whole gateway. Errors are written by hand in the words of servers. */
import { afterEach, expect, it } from 'vitest'
import { gatewayServer, type GatewayServer } from '../../test/support/gateway.ts'
import { http, type Reply, text } from '../../test/support/replies.ts'
import { startUpstream, type Upstream } from '../../test/support/upstream.ts'

let upstream: Upstream
let server: GatewayServer
afterEach(async () => {
  await server.close()
  await upstream.close()
})

const refused = (message: string): Reply =>
  http(400, { type: 'error', error: { type: 'invalid_request_error', message } })

type ProtocolUnderTest = 'relay' | 'chat'
const PROTOCOLS: readonly ProtocolUnderTest[] = ['relay', 'chat']

async function serve(protocol: ProtocolUnderTest, replies: readonly Reply[]): Promise<void> {
  upstream = await startUpstream(replies)
  const url = protocol === 'relay' ? upstream.messagesUrl : upstream.chatUrl
  const entry = { url, apiKey: 'k', models: ['claude-x'], missing: [] }
  server = await gatewayServer({
    providers: [
      { name: 'p', ...entry },
      { name: 'q', ...entry },
    ],
    router: { default: 'p,claude-x' },
    fallback: { default: ['q,claude-x'] },
  })
}

const REQUEST = {
  model: 'x',
  max_tokens: 64_000,
  messages: [{ role: 'user', content: [{ type: 'text', text: 'hi' }] }],
}

async function ask(request: object = REQUEST, init: RequestInit = {}): Promise<Response> {
  const answer = await server.post(request, init)
  await answer.clone().text()
  return answer
}

const sent = (): readonly Record<string, unknown>[] =>
  upstream.requests.map(({ raw }) => JSON.parse(raw) as Record<string, unknown>)

it.each(PROTOCOLS)(
  'a limit that a %s has named is kept in the next request, under its name',
  async (protocol) => {
    const words = 'max_tokens: 64000 > 8192, which is the maximum allowed number of output tokens'
    await serve(protocol, [refused(words), text('a'), text('b'), text('c')])
    for (let n = 0; n < 2; n += 1) {
      const answer = await ask()
      expect([answer.status, answer.headers.get('x-ccr-dropped')]).toEqual([200, 'max_tokens'])
    }
    const short = await ask({ ...REQUEST, max_tokens: 8_192 })
    expect(short.headers.get('x-ccr-dropped')).toBeNull()
    expect(sent().map(({ max_tokens }) => max_tokens)).toEqual([64_000, 8_192, 8_192, 8_192])
    expect(sent().some((body) => 'max_completion_tokens' in body)).toBe(false)
  },
)

it('room that a prompt leaves is not remembered for others', async () => {
  const words =
    "This model's maximum context length is 131072 tokens. However, you requested 186942 tokens (122942 in the messages, 64000 in the completion)."
  await serve('chat', [refused(words), text('a'), text('b')])
  for (let n = 0; n < 2; n += 1) await ask()
  expect(sent().map(({ max_tokens }) => max_tokens)).toEqual([64_000, 8_066, 64_000])
})

it('a lowered limit keeps its name when something else is refused then', async () => {
  await serve('relay', [
    refused('max_tokens: 64000 > 8192, which is the maximum allowed number of output tokens'),
    refused('messages.0.content.0.cache_control: Extra inputs are not permitted'),
    text('a'),
  ])
  const content = [{ type: 'text', text: 'hi', cache_control: { type: 'ephemeral' } }]
  expect((await ask({ ...REQUEST, messages: [{ role: 'user', content }] })).status).toBe(200)
  expect(sent()[2]).toEqual({ ...REQUEST, model: 'claude-x', max_tokens: 8_192 })
})

it('a limit under its other name is lowered too', async () => {
  await serve('chat', [
    refused("Unsupported parameter: 'max_tokens' is not supported with this model."),
    refused(
      'max_completion_tokens is too large: 64000. This model supports at most 16384 completion tokens.',
    ),
    text('a'),
    text('b'),
  ])
  for (let n = 0; n < 2; n += 1) expect((await ask()).status).toBe(200)
  const limits = sent().map((body) => [body['max_tokens'], body['max_completion_tokens']])
  expect(limits).toEqual([
    [64_000, undefined],
    [undefined, 64_000],
    [undefined, 16_384],
    [undefined, 16_384],
  ])
})

it('a limit is lowered once more where half of the window was too much beside the prompt', async () => {
  await serve('chat', [
    refused('max_tokens=64000 cannot be greater than max_model_len=32768.'),
    refused(
      "'max_tokens' or 'max_completion_tokens' is too large: 16384. This model's maximum context length is 32768 tokens and your request has 20104 input tokens (16384 > 32768 - 20104).",
    ),
    text('a'),
  ])
  expect((await ask()).status).toBe(200)
  expect(sent().map(({ max_tokens }) => max_tokens)).toEqual([64_000, 16_384, 12_600])
})

it('a limit that is named again is not sent for ever', async () => {
  const words = 'max_tokens must be less than or equal to 8192'
  await serve('chat', [refused(words), refused(words), text('never')])
  expect((await ask()).status).toBe(400)
  expect(upstream.requests).toHaveLength(2)
})

it('what was not the matter is sent again', async () => {
  const words = 'cache_control beside thinking is not supported'
  await serve('relay', [refused(words), refused(words), text('a'), text('b')])
  const content = [{ type: 'text', text: 'hi', cache_control: { type: 'ephemeral' } }]
  const request = {
    ...REQUEST,
    thinking: { type: 'enabled', budget_tokens: 2_000 },
    messages: [{ role: 'user', content }],
  }
  for (let n = 0; n < 2; n += 1) {
    const answer = await ask(request)
    expect(answer.headers.get('x-ccr-dropped')).toBe('cache_control')
  }
  const [first, , third, fourth] = upstream.requests.map(({ raw }) => raw)
  expect(third).toBe(fourth)
  expect(first?.replace(/,?"cache_control":\{[^}]*\}/g, '')).toBe(third)
})

it('a model that may not think beside a forced tool thinks in the next request', async () => {
  const words = 'Thinking may not be enabled when tool_choice forces tool use.'
  await serve('relay', [refused(words), text('a'), text('b')])
  const thinking = { type: 'enabled', budget_tokens: 2_000 }
  await ask({ ...REQUEST, thinking, tool_choice: { type: 'any' } })
  await ask({ ...REQUEST, thinking })
  expect(sent().map((body) => body['thinking'])).toEqual([thinking, undefined, thinking])
})

it('a tool choice that was refused stays out when something else is refused then', async () => {
  await serve('chat', [
    refused("Unsupported parameter: 'tool_choice'"),
    refused("property 'reasoning_effort' is unsupported"),
    text('a'),
  ])
  const tools = [{ name: 'Bash', input_schema: { type: 'object', properties: {} } }]
  const effort = { thinking: { type: 'adaptive' }, output_config: { effort: 'high' } }
  const answer = await ask({ ...REQUEST, ...effort, tools, tool_choice: { type: 'any' } })
  expect(answer.status).toBe(200)
  expect(sent().map((body) => 'tool_choice' in body)).toEqual([true, false, false])
})

it('of many betas only those go that a relay names', async () => {
  const words =
    'Unexpected value(s) `new-2026-11-01`, `other-2026` for the `anthropic-beta` header.'
  await serve('relay', [refused(words), text('a'), text('b')])
  const headers = { 'anthropic-beta': 'old-2025-01-01,new-2026-11-01,other-2026' }
  for (let n = 0; n < 2; n += 1) {
    const answer = await ask(REQUEST, { headers })
    expect(answer.headers.get('x-ccr-dropped')).toBe(
      'anthropic-beta.new-2026-11-01, anthropic-beta.other-2026',
    )
  }
  expect(upstream.requests.map((request) => request.headers['anthropic-beta'])).toEqual([
    headers['anthropic-beta'],
    'old-2025-01-01',
    'old-2025-01-01',
  ])
})

it('calls under one id are answered under two where a relay refuses them', async () => {
  await serve('relay', [refused('messages.3.content.0: `tool_use` ids must be unique'), text('a')])
  const step = (out: string) => [
    { role: 'assistant', content: [{ type: 'tool_use', id: 'a', name: 'Bash', input: {} }] },
    { role: 'user', content: [{ type: 'tool_result', tool_use_id: 'a', content: out }] },
  ]
  const messages = [...REQUEST.messages, ...step('1'), ...step('2')]
  const answer = await ask({ ...REQUEST, messages })
  expect([answer.status, answer.headers.get('x-ccr-dropped')]).toEqual([200, 'messages.history'])
  const ids = [...(upstream.requests[1]?.raw ?? '').matchAll(/"(?:tool_use_)?id":"(\w+)"/g)]
  expect(ids.map(([, id]) => id)).toEqual(['a', 'a', 'a_2', 'a_2'])
})

it('an error of another kind in a further try is handled as such, and is one request', async () => {
  await serve('chat', [
    refused("Unsupported parameter: 'temperature'"),
    http(429, { error: { message: 'slow down' } }, { headers: { 'retry-after': '7' } }),
    text('from the fallback'),
  ])
  const answer = await ask({ ...REQUEST, temperature: 1 })
  expect(answer.status).toBe(200)
  expect(answer.headers.get('x-ccr-model')).toBe('q,claude-x')
  expect(answer.headers.get('x-ccr-hops')).toBe('p,claude-x 429 rate_limit_error')
  expect(server.rows).toHaveLength(1)
})

it('gives the last error, and tries no other target with what is wrong everywhere', async () => {
  await serve('chat', [
    refused("Unsupported parameter: 'temperature'"),
    refused('messages[0].name: too long'),
    text('never'),
  ])
  const answer = await ask({ ...REQUEST, temperature: 1 })
  expect(answer.status).toBe(400)
  expect(await answer.text()).toContain('messages[0].name: too long')
  expect(upstream.requests).toHaveLength(2)
  expect(server.rows).toHaveLength(1)
})
