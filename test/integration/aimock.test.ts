/** A second upstream, written by others: what we send and read must suit it as well. */
import { LLMock } from '@copilotkit/aimock'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { messagesClient, type MessagesClient } from '../support/client.ts'
import { throwawayCcr, type Ccr } from '../support/ccr.ts'

const mock = new LLMock({ port: 0, chunkSize: 8 })
let ccr: Ccr
let client: MessagesClient

beforeAll(async () => {
  mock.onMessage('say hello', { content: 'Hello from the other mock.' })
  mock.onMessage('think first', { content: 'Thought about it.', reasoning: 'Let me see.' })
  mock.on(
    { userMessage: 'what is the weather', hasToolResult: false },
    {
      toolCalls: [{ name: 'get_weather', arguments: '{"city":"Oslo","days":[1,2]}' }],
    },
  )
  mock.onMessage('two cities', {
    toolCalls: [
      { name: 'get_weather', arguments: '{"city":"Oslo"}' },
      { name: 'get_weather', arguments: '{"city":"Rome"}' },
    ],
  })
  mock.onMessage('be slow down', {
    error: { message: 'Slow down, please', type: 'rate_limit_error' },
    status: 429,
  })
  await mock.start()
  ccr = await throwawayCcr({
    Providers: [
      {
        name: 'mock',
        api_base_url: `${mock.url}/v1/chat/completions`,
        api_key: 'mock',
        models: ['gpt-mock'],
      },
    ],
  })
  client = messagesClient(await ccr.start(), 'mock,gpt-mock')
})

afterAll(async () => {
  await ccr.remove()
  await mock.stop()
})

const ask = (content: string): { messages: { role: 'user'; content: string }[] } => ({
  messages: [{ role: 'user', content }],
})

const tools = [
  {
    name: 'get_weather',
    description: 'The weather of a city',
    input_schema: { type: 'object' as const, properties: { city: { type: 'string' } } },
  },
]

describe('with aimock upstream', () => {
  it('a text answer comes whole', async () => {
    const message = await client.create(ask('say hello'))
    expect(message.content).toMatchObject([{ type: 'text', text: 'Hello from the other mock.' }])
    expect(message.stop_reason).toBe('end_turn')
  })

  it('a text answer streams in pieces, with usage at the end', async () => {
    const { message, events } = await client.stream(ask('say hello'))
    expect(message.content).toMatchObject([{ type: 'text', text: 'Hello from the other mock.' }])
    expect(events[0]?.type).toBe('message_start')
    expect(events.filter((event) => event.type === 'content_block_delta').length).toBeGreaterThan(1)
    expect(events.at(-1)?.type).toBe('message_stop')
    expect(message.usage.output_tokens).toBeGreaterThan(0)
  })

  it('reasoning becomes a thinking block before the text', async () => {
    const { message } = await client.stream(ask('think first'))
    expect(message.content).toMatchObject([
      { type: 'thinking', thinking: 'Let me see.' },
      { type: 'text', text: 'Thought about it.' },
    ])
  })

  it('a tool call arrives with its input, and its result goes back', async () => {
    const { message } = await client.stream({ ...ask('what is the weather'), tools })
    expect(message.stop_reason).toBe('tool_use')
    const call = message.content.find((block) => block.type === 'tool_use')
    expect(call).toMatchObject({ name: 'get_weather', input: { city: 'Oslo', days: [1, 2] } })

    mock.onToolResult(call!.id, { content: 'Rain in Oslo.' })
    const after = await client.stream({
      tools,
      messages: [
        { role: 'user', content: 'what is the weather' },
        { role: 'assistant', content: message.content },
        {
          role: 'user',
          content: [{ type: 'tool_result', tool_use_id: call!.id, content: 'rain' }],
        },
      ],
    })
    expect(after.message.content).toMatchObject([{ type: 'text', text: 'Rain in Oslo.' }])
  })

  it('parallel calls stay two calls', async () => {
    const { message } = await client.stream({ ...ask('two cities'), tools })
    const calls = message.content.filter((block) => block.type === 'tool_use')
    expect(calls.map((call) => call.input)).toEqual([{ city: 'Oslo' }, { city: 'Rome' }])
    expect(new Set(calls.map((call) => call.id)).size).toBe(2)
  })

  it('an error keeps its status and message', async () => {
    await expect(client.stream(ask('be slow down'))).rejects.toMatchObject({
      status: 429,
      message: expect.stringContaining('Slow down, please') as string,
    })
  })
})
