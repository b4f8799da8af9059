/** Gemini as a third-party mock implements it: ccr must work with it as well. */
import { LLMock } from '@copilotkit/aimock'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { gatewayServer, type GatewayServer } from '../support/gateway.ts'

const mock = new LLMock({ port: 0, chunkSize: 8 })
let gateway: GatewayServer

beforeAll(async () => {
  mock.onMessage('say hello', { content: 'Hello from the other mock.' })
  mock.onMessage('think first', { content: 'Thought about it.', reasoning: 'Let me see.' })
  mock.on(
    { userMessage: 'two cities', hasToolResult: false },
    {
      toolCalls: [
        { name: 'get_weather', arguments: '{"city":"Oslo"}' },
        { name: 'get_weather', arguments: '{"city":"Rome"}' },
      ],
    },
  )
  mock.on({ userMessage: 'two cities', hasToolResult: true }, { content: 'Rain in both.' })
  mock.onMessage('be slow down', {
    error: { message: 'Slow down, please', type: 'rate_limit_error' },
    status: 429,
  })
  await mock.start()
  const provider = {
    name: 'gemini',
    url: `${mock.url}/v1beta/models/`,
    apiKey: 'mock',
    models: ['gemini-2.5-flash'],
    missing: [],
  }
  gateway = await gatewayServer({ providers: [provider] }, 'gemini,gemini-2.5-flash')
})

afterAll(async () => {
  await gateway.close()
  await mock.stop()
})

interface Answer {
  readonly content: readonly { type: string; id?: string; input?: unknown }[]
  readonly stop_reason: string
}

async function ask(messages: readonly object[]): Promise<Answer> {
  const schema = { type: 'object', properties: { city: { type: 'string' } } }
  const tools = [{ name: 'get_weather', input_schema: schema }]
  const body = { model: 'ccr-deadbeef', max_tokens: 99, messages, tools }
  return (await (await gateway.post(body)).json()) as Answer
}

const user = (content: unknown) => ({ role: 'user', content })

describe("with aimock's Gemini upstream", () => {
  it('a text answer comes whole', async () => {
    expect(await ask([user('say hello')])).toMatchObject({
      content: [{ type: 'text', text: 'Hello from the other mock.' }],
      stop_reason: 'end_turn',
    })
  })

  it('thoughts become a thinking block before the text', async () => {
    expect((await ask([user('think first')])).content).toMatchObject([
      { type: 'thinking', thinking: 'Let me see.' },
      { type: 'text', text: 'Thought about it.' },
    ])
  })

  it('parallel calls arrive with their inputs, and their results go back', async () => {
    const first = await ask([user('two cities')])
    const calls = first.content.filter((block) => block.type === 'tool_use')
    expect(calls.map((call) => call.input)).toEqual([{ city: 'Oslo' }, { city: 'Rome' }])
    expect(first.stop_reason).toBe('tool_use')
    const results = calls.map(({ id }) => ({
      type: 'tool_result',
      tool_use_id: id,
      content: 'rain',
    }))
    const second = await ask([
      user('two cities'),
      { role: 'assistant', content: first.content },
      user(results),
    ])
    expect(second.content).toMatchObject([{ type: 'text', text: 'Rain in both.' }])
  })

  it('an error keeps its status and message', async () => {
    const body = { model: 'x', max_tokens: 9, messages: [user('be slow down')] }
    const response = await gateway.post(body)
    expect(response.status).toBe(429)
    expect(await response.text()).toContain('Slow down, please')
  })
})
