/** A second upstream for OpenAI Responses, written by others. */
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
  mock.on({ userMessage: 'two cities', hasToolResult: true }, { content: 'Rain and sun.' })
  mock.onMessage('be slow down', {
    error: { message: 'Slow down, please', type: 'rate_limit_error' },
    status: 429,
  })
  await mock.start()
  const provider = {
    name: 'mock',
    url: `${mock.url}/v1/responses`,
    apiKey: 'mock',
    models: ['gpt-mock'],
    missing: [],
  }
  gateway = await gatewayServer({ providers: [provider] }, 'mock,gpt-mock')
})

afterAll(async () => {
  await gateway.close()
  await mock.stop()
})

interface Answer {
  readonly content: readonly { readonly type: string; readonly id: string }[]
}

const tools = [{ name: 'get_weather', input_schema: { type: 'object', properties: { city: {} } } }]

async function ask(...messages: readonly object[]): Promise<Answer> {
  const response = await gateway.post({ model: 'ccr-deadbeef', max_tokens: 9, messages, tools })
  return (await response.json()) as Answer
}

const says = (content: unknown) => ({ role: 'user', content })

describe('OpenAI Responses of another mock', () => {
  it('gives text and thinking', async () => {
    expect(await ask(says('say hello'))).toMatchObject({
      content: [{ type: 'thinking' }, { text: 'Hello from the other mock.' }],
      stop_reason: 'end_turn',
    })
    expect(await ask(says('think first'))).toMatchObject({
      content: [{ thinking: 'Let me see.' }, { text: 'Thought about it.' }],
    })
  })

  it('calls two tools at once and reads their results', async () => {
    const first = await ask(says('two cities'))
    expect(first).toMatchObject({
      content: [{ type: 'thinking' }, { input: { city: 'Oslo' } }, { input: { city: 'Rome' } }],
      stop_reason: 'tool_use',
    })
    const results = first.content.slice(1).map(({ id }) => ({
      type: 'tool_result',
      tool_use_id: id,
      content: 'ok',
    }))
    const second = await ask(
      says('two cities'),
      { role: 'assistant', content: first.content },
      says(results),
    )
    expect(second.content.at(-1)).toEqual({ type: 'text', text: 'Rain and sun.' })
  })

  it('fails as it says', async () => {
    expect(await ask(says('be slow down'))).toMatchObject({
      error: { type: 'rate_limit_error', message: 'mock: Slow down, please' },
    })
  })
})
