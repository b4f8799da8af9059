import { afterEach, expect, it } from 'vitest'
import { gatewayServer, type GatewayServer } from '../../test/support/gateway.ts'
import { http, text } from '../../test/support/replies.ts'
import { startUpstream, type Upstream } from '../../test/support/upstream.ts'

let upstream: Upstream
let server: GatewayServer
afterEach(async () => {
  await server.close()
  await upstream.close()
})

/** Hand-written, in the words of a server that validates strictly. */
const refused = (field: string) =>
  ({
    kind: 'http',
    status: 400,
    body: JSON.stringify({ error: { message: `${field}: Extra inputs are not permitted` } }),
  }) as const

it.each([
  ['cache_control', 'claude-new', 'messages.0.content.0.cache_control'],
  ['thinking', 'gpt-oss-20b', 'reasoning_effort'],
])('%s is refused once by a server, and not sent to it again', async (named, model, field) => {
  const ends = (): ReturnType<typeof text> => text('hello')
  upstream = await startUpstream([refused(field), ends(), ends()])
  server = await gatewayServer({
    providers: [{ name: 'p', url: upstream.chatUrl, apiKey: 'k', models: [model], missing: [] }],
    router: { default: `p,${model}` },
  })
  const content = [{ type: 'text', text: 'hi', cache_control: { type: 'ephemeral' } }]
  const request = {
    model: 'x',
    max_tokens: 9,
    thinking: { type: 'adaptive' },
    output_config: { effort: 'high' },
    messages: [{ role: 'user', content }],
  }
  for (let n = 0; n < 2; n += 1) {
    const answer = await server.post(request)
    expect(answer.status).toBe(200)
    expect(answer.headers.get('x-ccr-dropped') ?? '').toContain(named)
  }
  const sent = upstream.requests.map(({ raw }) =>
    raw.includes(`"${field.split('.').at(-1) ?? ''}"`),
  )
  expect(sent).toEqual([true, false, false])
})

it.each([
  ['context_management', { context_management: { edits: [] } }, 'context_management'],
  ['strict', { tools: [{ name: 'X', strict: true, input_schema: {} }] }, 'tools.0.custom.strict'],
  ['cache_control', {}, 'messages.0.content.0.cache_control'],
])('%s is refused once by a relay, and not sent to it again', async (named, more, field) => {
  const ends = (): ReturnType<typeof text> => text('hello')
  upstream = await startUpstream([refused(field), ends(), ends()])
  server = await gatewayServer({
    providers: [
      { name: 'p', url: upstream.messagesUrl, apiKey: 'k', models: ['claude-x'], missing: [] },
    ],
    router: { default: 'p,claude-x' },
  })
  const content = [{ type: 'text', text: 'hi', cache_control: { type: 'ephemeral' } }]
  const request = { model: 'x', max_tokens: 9, messages: [{ role: 'user', content }], ...more }
  for (let n = 0; n < 2; n += 1) {
    const answer = await server.post(request)
    expect(answer.status).toBe(200)
    expect(answer.headers.get('x-ccr-dropped')).toBe(named)
  }
  const sent = upstream.requests.map(({ raw }) => raw.includes(`"${named}"`))
  expect(sent).toEqual([true, false, false])
})

it('a server that names one field at a time gets the request until it has nothing to refuse', async () => {
  const fields = ['temperature', 'top_p', 'stop']
  upstream = await startUpstream([...fields.map(refused), text('hello')])
  server = await gatewayServer({
    providers: [{ name: 'p', url: upstream.chatUrl, apiKey: 'k', models: ['m'], missing: [] }],
    router: { default: 'p,m' },
  })
  const answer = await server.post({
    ...{ model: 'x', max_tokens: 9, temperature: 1, top_p: 1, stop_sequences: ['END'] },
    messages: [{ role: 'user', content: 'hi' }],
  })
  expect(answer.status).toBe(200)
  expect(answer.headers.get('x-ccr-dropped')).toBe(fields.join(', '))
})

it('betas that a relay does not know are not sent to it again', async () => {
  const flag = refused('invalid beta flag')
  upstream = await startUpstream([flag, text('hello'), text('hello')])
  server = await gatewayServer({
    providers: [
      { name: 'p', url: upstream.messagesUrl, apiKey: 'k', models: ['claude-x'], missing: [] },
    ],
    router: { default: 'p,claude-x' },
  })
  const request = { model: 'x', max_tokens: 9, messages: [{ role: 'user', content: 'hi' }] }
  for (let n = 0; n < 2; n += 1) {
    const headers = { 'anthropic-beta': 'new-2026-11-01' }
    expect((await server.post(request, { headers })).status).toBe(200)
  }
  const sent = upstream.requests.map(({ headers }) => headers['anthropic-beta'])
  expect(sent).toEqual(['new-2026-11-01', undefined, undefined])
})

it('half of a character in the conversation reaches no provider', async () => {
  upstream = await startUpstream([text('hello'), text('hello')])
  server = await gatewayServer({
    providers: [
      { name: 'p', url: upstream.messagesUrl, apiKey: 'k', models: ['claude-x'], missing: [] },
      { name: 'q', url: upstream.chatUrl, apiKey: 'k', models: ['m'], missing: [] },
    ],
  })
  for (const model of ['p,claude-x', 'q,m']) {
    const request = { model, max_tokens: 9, messages: [{ role: 'user', content: 'a\ud83d' }] }
    expect((await server.post(request)).status).toBe(200)
  }
  expect(upstream.requests.map(({ raw }) => raw.includes('\\ud83d'))).toEqual([false, false])
})

it.each([
  // Local servers get patterns as words at once.
  ['openrouter', 'chatUrl'],
  ['p', 'messagesUrl'],
] as const)(
  'a pattern that %s (%s) cannot read goes on as words, at once from then on',
  async (name, url) => {
    const body = { error: { message: 'Failed to initialize samplers: failed to parse grammar' } }
    upstream = await startUpstream([http(400, body), text('hello'), text('hello')])
    server = await gatewayServer({
      providers: [{ name, url: upstream[url], apiKey: 'k', models: ['m'], missing: [] }],
      router: { default: `${name},m` },
    })
    const input_schema = {
      type: 'object',
      properties: { id: { type: 'string', pattern: '^[a-z]+$' } },
    }
    const request = {
      model: 'x',
      max_tokens: 9,
      messages: [{ role: 'user', content: 'hi' }],
      tools: [{ name: 'Find', description: 'finds', input_schema }],
    }
    for (let n = 0; n < 2; n += 1) {
      const answer = await server.post(request)
      expect(answer.status).toBe(200)
      expect(answer.headers.get('x-ccr-dropped')).toBe('tools.input_schema.pattern')
    }
    const sent = upstream.requests.map(({ raw }) => raw.includes('"pattern":"'))
    expect(sent).toEqual([true, false, false])
    expect(upstream.requests.at(-1)?.raw).toContain('pattern: ^[a-z]+$')
  },
)

const ADDED = { name: 'Late', input_schema: { type: 'object', pattern: '^x' } }
const ADDITION = { type: 'tool_addition', tool: { type: 'tool_definition', definition: ADDED } }

it.each([
  ['chatUrl', 'm', 'System role not supported'],
  ['chatUrl', 'm', "'pattern' is not permitted in a tool's schema"],
  ['messagesUrl', 'm', 'System role not supported'],
  ['messagesUrl', 'claude-x', 'System role not supported'],
  ['messagesUrl', 'm', "'pattern' is not permitted in a tool's schema"],
] as const)(
  'a tool that joined late stays when what a server refused is left out (%s, %s: %s)',
  async (url, model, message) => {
    const no = http(400, { error: { type: 'invalid_request_error', message } })
    upstream = await startUpstream([no, text('hello'), text('hello')])
    const entry = { name: 'p', apiKey: 'k', models: [model], missing: [] }
    server = await gatewayServer({
      providers: [{ ...entry, url: upstream[url] }],
      router: { default: `p,${model}` },
    })
    const request = {
      ...{ model: 'x', max_tokens: 9, system: 'Be brief.' },
      messages: [
        { role: 'user', content: 'hi' },
        { role: 'system', content: [{ type: 'text', text: 'By the way.' }, ADDITION] },
      ],
    }
    for (let n = 0; n < 2; n += 1) expect((await server.post(request)).status).toBe(200)
    expect(upstream.requests).toHaveLength(3)
    for (const { raw, body } of upstream.requests) {
      expect(JSON.stringify(body.tools)).toContain('"Late"')
      expect(raw).not.toContain('tool_addition')
    }
  },
)
