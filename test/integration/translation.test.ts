/** What passes through a real daemon, both ways: each test is a thing that other gateways lose. */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { throwawayCcr, type Ccr } from '../support/ccr.ts'
import { messagesClient, type MessagesClient, type WireEvent } from '../support/client.ts'
import { answer, calls, text, type Call } from '../support/replies.ts'
import { startUpstream, type Seen, type SeenMessage, type Upstream } from '../support/upstream.ts'

let upstream: Upstream
let ccr: Ccr
let client: MessagesClient

beforeAll(async () => {
  upstream = await startUpstream()
  ccr = await throwawayCcr({
    Providers: [{ name: 'fake', api_base_url: upstream.chatUrl, api_key: 'k', models: ['m'] }],
  })
  client = messagesClient(await ccr.start(), 'fake,m')
})
afterAll(async () => {
  await ccr.remove()
  await upstream.close()
})
beforeEach(() => {
  upstream.script(text('fine'))
})

const last = (): Seen => upstream.requests.at(-1)!

/** Sends this history and gives the messages that reached the upstream. */
async function translated(messages: unknown[], more: object = {}): Promise<readonly SeenMessage[]> {
  const answered = await client.post({ messages, ...more })
  expect(answered.status).toBe(200)
  return last().body.messages
}

const a: Call = { name: 'A', input: { path: 'C:\\x', deep: [1, { b: null }] } }
const b: Call = { name: 'B', input: {} }

/** A history with one call of A and this result. */
const withResult = (...result: unknown[]): unknown[] => [
  { role: 'user', content: 'q' },
  { role: 'assistant', content: [{ type: 'tool_use', id: 'toolu_1', name: 'A', input: {} }] },
  { role: 'user', content: result },
]

const PNG = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAQAAAC1HAwCAAAAC0lEQVR42mNk'
const image = { type: 'image', source: { type: 'base64', media_type: 'image/png', data: PNG } }
const imageUrl = { image_url: { url: `data:image/png;base64,${PNG}` } }

describe('the answer', () => {
  it.each([
    ['interleaved', { interleave: true }],
    ['in tiny pieces', { pieces: 40 }],
    ['with the id on every delta', { repeatId: true, interleave: true }],
  ])('parallel calls, %s: one open block at a time, whole inputs', async (_name, how) => {
    upstream.script(answer([{ text: 'Both.' }, { call: a }, { call: b }], how))
    const { message, events } = await client.stream()
    expect(message.content).toMatchObject([
      { type: 'text', text: 'Both.' },
      { type: 'tool_use', name: 'A', input: a.input },
      { type: 'tool_use', name: 'B', input: {} },
    ])
    let open: number | undefined
    for (const event of events) {
      if (event.type === 'content_block_start') {
        expect(open).toBeUndefined()
        open = event.index
      } else if (event.type === 'content_block_delta') expect(event.index).toBe(open)
      else if (event.type === 'content_block_stop') open = undefined
    }
  })

  it.each([{ withoutIndex: true }, { withoutIndex: true, repeatId: true }])(
    'calls without an index stay apart: %o',
    async (how) => {
      upstream.script(calls([a, { ...a, id: 'call_z' }, b], { ...how, pieces: 1 }))
      const { message } = await client.stream()
      expect(message.content.map((block) => 'input' in block && block.input)).toEqual([
        a.input,
        a.input,
        {},
      ])
    },
  )

  it.each(['stop', 'tool_calls', 'function_call', 'end_turn'])(
    'a call ends in tool_use whatever the finish reason says (%s)',
    async (finish) => {
      upstream.script(calls([a], { finish }))
      expect((await client.stream()).message.stop_reason).toBe('tool_use')
      expect((await client.create()).stop_reason).toBe('tool_use')
    },
  )

  it.each([
    ['stop', 'end_turn'],
    ['length', 'max_tokens'],
    ['content_filter', 'refusal'],
    ['tool_calls', 'end_turn'],
  ])('the finish reason %s of a text means %s', async (finish, stop) => {
    upstream.script(text('words', { finish }))
    expect((await client.stream()).message.stop_reason).toBe(stop)
  })

  it.each(['separate', 'finish'] as const)(
    'usage counts cached tokens once, in a stream and without (%s)',
    async (usageIn) => {
      upstream.script(text('x', { usageIn, usage: { input: 5000, output: 7, cached: 3000 } }))
      const usage = { input_tokens: 2000, cache_read_input_tokens: 3000, output_tokens: 7 }
      expect((await client.stream()).message.usage).toMatchObject(usage)
      expect((await client.create()).usage).toMatchObject(usage)
      expect(last().body['stream_options']).toMatchObject({ include_usage: true })
    },
  )

  it('reasoning comes as thinking, before the text, under both names of the field', async () => {
    for (const thinkingField of ['reasoning_content', 'reasoning'] as const) {
      upstream.script(answer([{ thinking: 'Let me see.' }, { text: 'So.' }], { thinkingField }))
      const { message } = await client.stream()
      expect(message.content).toMatchObject([
        { type: 'thinking', thinking: 'Let me see.' },
        { type: 'text', text: 'So.' },
      ])
    }
  })

  it('says which session, model and route it came from', async () => {
    const { headers } = await client.stream()
    expect(headers.get('x-ccr-model')).toBe('fake,m')
    expect(headers.get('x-ccr-session')).toBe('default')
    expect(headers.get('x-ccr-route')).toBeTruthy()
    expect(headers.get('access-control-allow-origin')).toBeNull()
  })

  it('starts with message_start and ends with message_stop, each with its own name', async () => {
    upstream.script(answer([{ text: 'one' }, { call: a }]))
    const list: WireEvent[] = await client.wire()
    expect(list.every(({ event, data }) => event === data.type)).toBe(true)
    const names = list.map(({ event }) => event).filter((event) => event !== 'ping')
    expect(names[0]).toBe('message_start')
    expect(names.slice(-2)).toEqual(['message_delta', 'message_stop'])
  })
})

describe('the request', () => {
  it('an image of the user is an image upstream', async () => {
    const sent = await translated([{ role: 'user', content: [image, { type: 'text', text: 'q' }] }])
    expect(sent.at(-1)).toMatchObject({
      role: 'user',
      content: [
        { type: 'image_url', ...imageUrl },
        { type: 'text', text: 'q' },
      ],
    })
  })

  it('an image in a tool result moves to a user message after it', async () => {
    const sent = await translated(
      withResult({ type: 'tool_result', tool_use_id: 'toolu_1', content: [image] }),
    )
    expect(sent.slice(-2)).toMatchObject([
      { role: 'tool', tool_call_id: 'toolu_1' },
      { role: 'user', content: expect.arrayContaining([expect.objectContaining(imageUrl)]) as [] },
    ])
    expect(JSON.stringify(sent.at(-2))).not.toContain(PNG)
  })

  it('tool results come before the text of the same turn', async () => {
    const sent = await translated(
      withResult(
        { type: 'text', text: 'by the way' },
        { type: 'tool_result', tool_use_id: 'toolu_1', content: 'out' },
      ),
    )
    expect(sent.slice(-2)).toMatchObject([
      { role: 'tool', content: 'out' },
      { role: 'user', content: 'by the way' },
    ])
  })

  it('a failed tool result says so', async () => {
    const ok = { type: 'tool_result', tool_use_id: 'toolu_1', content: 'no such file' }
    const good = (await translated(withResult(ok))).at(-1)
    const bad = (await translated(withResult({ ...ok, is_error: true }))).at(-1)
    expect(bad?.content).not.toBe(good?.content)
    expect(bad?.content).toContain('no such file')
    expect(JSON.stringify(bad?.content)).toMatch(/error/i)
  })

  it('system text in mid-conversation is kept, and never said by the assistant', async () => {
    const sent = await translated([
      { role: 'user', content: 'q' },
      { role: 'system', content: [{ type: 'text', text: 'cwd is /somewhere' }] },
      { role: 'assistant', content: 'a' },
      { role: 'system', content: 'mode is plan' },
      { role: 'user', content: 'go' },
    ])
    const of = (words: string): (string | undefined)[] =>
      sent.filter((m) => JSON.stringify(m.content).includes(words)).map((m) => m.role)
    for (const words of ['cwd is /somewhere', 'mode is plan']) {
      expect(of(words)).toHaveLength(1)
      expect(of(words)).not.toContain('assistant')
    }
  })

  it('stop sequences, temperature, tool choice and the ban on parallel calls arrive', async () => {
    const tool = { name: 'A', description: 'd', input_schema: { type: 'object', properties: {} } }
    await translated([{ role: 'user', content: 'q' }], {
      stop_sequences: ['</severity>'],
      temperature: 0.2,
      top_p: 0.9,
      tools: [tool],
      tool_choice: { type: 'tool', name: 'A', disable_parallel_tool_use: true },
    })
    expect(last().body).toMatchObject({
      stop: ['</severity>'],
      temperature: 0.2,
      top_p: 0.9,
      parallel_tool_calls: false,
      tool_choice: { type: 'function', function: { name: 'A' } },
      tools: [{ type: 'function', function: { name: 'A', parameters: tool.input_schema } }],
    })
    await translated([{ role: 'user', content: 'q' }], {
      tools: [tool],
      tool_choice: { type: 'any' },
    })
    expect(last().body['tool_choice']).toBe('required')
  })

  it('nothing that only Anthropic knows goes out, and what was left out is named', async () => {
    const cached = { cache_control: { type: 'ephemeral' } }
    const answered = await client.post({
      system: [{ type: 'text', text: 's', ...cached }],
      messages: [{ role: 'user', content: [{ type: 'text', text: 'q', ...cached }] }],
      tools: [
        { name: 'A', input_schema: { type: 'object' }, ...cached },
        { name: 'DeferredToolPlaceholder', input_schema: { type: 'object' }, defer_loading: true },
        { type: 'web_search_20250305', name: 'web_search', max_uses: 8 },
      ],
      thinking: { type: 'adaptive' },
      context_management: { edits: [] },
      metadata: { user_id: '{}' },
      safeguards: [{ type: 'dangerous_tool_use' }],
      a_field_of_next_year: { x: 1 },
    })
    expect(answered.status).toBe(200)
    const { raw, body } = last()
    for (const leak of [
      'cache_control',
      'context_management',
      'safeguards',
      'web_search_20250305',
      'DeferredToolPlaceholder',
      'a_field_of_next_year',
      'adaptive',
    ]) {
      expect(raw).not.toContain(leak)
    }
    expect(body.tools).toHaveLength(1)
    const dropped = answered.headers.get('x-ccr-dropped') ?? ''
    expect(dropped).toContain('a_field_of_next_year')
    expect(dropped).toContain('web_search')
  })

  it('prior thinking never reaches the upstream as text', async () => {
    const sent = await translated([
      { role: 'user', content: 'q' },
      {
        role: 'assistant',
        content: [
          { type: 'thinking', thinking: 'secret musing', signature: 'c2ln' },
          { type: 'text', text: 'a' },
        ],
      },
      { role: 'user', content: 'go' },
    ])
    expect(sent.map((message) => JSON.stringify(message.content)).join()).not.toContain('musing')
  })

  it('arguments that were no JSON go back with all that they said', async () => {
    const raw = '{"path": "unfinished'
    const sent = await translated([
      { role: 'user', content: 'q' },
      {
        role: 'assistant',
        content: [
          {
            type: 'tool_use',
            id: 'toolu_1',
            name: 'A',
            input: { __unparsedToolInput: { raw, len: raw.length } },
          },
        ],
      },
      {
        role: 'user',
        content: [{ type: 'tool_result', tool_use_id: 'toolu_1', content: 'bad', is_error: true }],
      },
    ])
    const call = sent.find((message) => message.role === 'assistant')?.tool_calls?.[0]
    expect(call?.function.arguments).toContain('unfinished')
  })
})
