/** A second Bedrock, written by others: its event streams must be read, and our requests suit it. */
import { LLMock } from '@copilotkit/aimock'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { gatewayServer, type GatewayServer } from '../support/gateway.ts'

const MODEL = 'us.anthropic.claude-sonnet-4-5-20250929-v1:0'

const mock = new LLMock({ port: 0, chunkSize: 8 })
let gateway: GatewayServer

beforeAll(async () => {
  mock.onMessage('say hello', { content: 'Grüße from the other mock 👋' })
  mock.onMessage('think first', { content: 'Thought about it.', reasoning: 'Let me see.' })
  mock.on(
    { userMessage: 'what is the weather', hasToolResult: false },
    { toolCalls: [{ name: 'get_weather', arguments: '{"city":"Oslo","days":[1,2]}' }] },
  )
  mock.on({ userMessage: 'what is the weather', hasToolResult: true }, { content: 'It rains.' })
  mock.onMessage('be slow down', {
    error: { message: 'Slow down, please', type: 'throttlingException' },
    status: 429,
  })
  await mock.start()
  const provider = { name: 'bedrock', url: mock.url, apiKey: 'k', models: [MODEL], missing: [] }
  gateway = await gatewayServer({ providers: [provider] }, `bedrock,${MODEL}`)
})

afterAll(async () => {
  await gateway.close()
  await mock.stop()
})

interface Answer {
  readonly content: readonly Readonly<Record<string, unknown>>[]
  readonly [field: string]: unknown
}

const TOOLS = [{ name: 'get_weather', input_schema: { type: 'object' } }]

async function ask(...messages: readonly object[]): Promise<Answer> {
  const body = { model: 'ccr-deadbeef', max_tokens: 64, messages, tools: TOOLS }
  const response = await gateway.post(body)
  return (await response.json()) as Answer
}

it('text comes through whole', async () => {
  expect(await ask({ role: 'user', content: 'say hello' })).toMatchObject({
    stop_reason: 'end_turn',
    content: [{ type: 'text', text: 'Grüße from the other mock 👋' }],
  })
})

it('reasoning becomes a thinking block before the text', async () => {
  expect((await ask({ role: 'user', content: 'think first' })).content).toMatchObject([
    { type: 'thinking', thinking: 'Let me see.' },
    { type: 'text', text: 'Thought about it.' },
  ])
})

it('a tool call and its result make a conversation', async () => {
  const question = { role: 'user', content: 'what is the weather' }
  const { content, stop_reason: stop } = await ask(question)
  expect(stop).toBe('tool_use')
  expect(content).toMatchObject([
    { type: 'tool_use', name: 'get_weather', input: { city: 'Oslo', days: [1, 2] } },
  ])
  const result = { type: 'tool_result', tool_use_id: content[0]?.['id'], content: 'rain' }
  const next = await ask(
    question,
    { role: 'assistant', content },
    { role: 'user', content: [result] },
  )
  expect(next.content).toMatchObject([{ type: 'text', text: 'It rains.' }])
})

it('an error keeps its status', async () => {
  expect(await ask({ role: 'user', content: 'be slow down' })).toMatchObject({
    error: { type: 'rate_limit_error' },
  })
})
