import { createServer, type IncomingHttpHeaders, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { gatewayServer, type GatewayServer } from '../../test/support/gateway.ts'
import { chatBytes } from '../../test/support/stream.ts'

/** A request as the endpoint saw it. */
interface Seen {
  readonly url: string
  readonly headers: IncomingHttpHeaders
  readonly body: { readonly input: readonly unknown[]; readonly [field: string]: unknown }
}

interface Reply {
  readonly status?: number
  readonly type?: string
  readonly body: string
}

let endpoint: Server
let gateway: GatewayServer
let seen: Seen[]
/** What the endpoint answers, in order. */
let replies: Reply[]

beforeEach(async () => {
  seen = []
  endpoint = createServer((req, res) => {
    const chunks: Buffer[] = []
    req.on('data', (chunk: Buffer) => chunks.push(chunk))
    req.on('end', () => {
      const body = JSON.parse(Buffer.concat(chunks).toString()) as Seen['body']
      seen.push({ url: req.url ?? '', headers: req.headers, body })
      const reply = replies.shift()
      res.writeHead(reply?.status ?? 200, { 'content-type': reply?.type ?? 'text/event-stream' })
      res.end(reply?.body)
    })
  })
  await new Promise<void>((resolve) => endpoint.listen(0, '127.0.0.1', resolve))
  const { port } = endpoint.address() as AddressInfo
  const provider = {
    name: 'openai',
    url: `http://127.0.0.1:${String(port)}/v1/responses`,
    apiKey: 'sk-secret',
    models: ['gpt-5'],
    missing: [],
  }
  gateway = await gatewayServer({ providers: [provider] }, 'openai,gpt-5')
})

afterEach(async () => {
  await gateway.close()
  endpoint.closeAllConnections()
  endpoint.close()
})

const QUESTION = {
  model: 'ccr-deadbeef',
  max_tokens: 9000,
  thinking: { type: 'adaptive' },
  output_config: { effort: 'medium' },
  metadata: { user_id: '{"session_id":"2e1ddc8e"}' },
  system: 'Be brief.',
  messages: [{ role: 'user', content: 'hi' }],
  tools: [{ name: 'Bash', input_schema: { type: 'object', properties: { command: {} } } }],
}
const REASONING = { type: 'reasoning', summary: [], encrypted_content: 'gAAA' }
const CALL = {
  type: 'function_call',
  call_id: 'call_1',
  name: 'Bash',
  arguments: '{"command":"ls"}',
}
const usage = { input_tokens: 30, input_tokens_details: { cached_tokens: 10 }, output_tokens: 7 }
const item = (output_index: number, whole: object) => ({
  type: 'response.output_item.done',
  output_index,
  item: whole,
})
const END = { type: 'response.completed', response: { status: 'completed', usage } }
const text = (delta: string) => ({ type: 'response.output_text.delta', output_index: 0, delta })

type Message = Record<string, unknown> & { readonly content: unknown[] }

describe('the gateway before OpenAI Responses', () => {
  it('posts to the URL of the config with the key, and streams the answer', async () => {
    replies = [{ body: chatBytes(text('Done.'), END) }]
    const response = await gateway.post({ ...QUESTION, stream: true })
    expect(response.headers.get('x-ccr-model')).toBe('openai,gpt-5')
    expect(response.headers.get('x-ccr-dropped')).toBeNull()
    const events = await response.text()
    expect(events).toContain('"text":"Done."')
    expect(events).toContain('message_stop')
    expect(seen[0]).toMatchObject({
      url: '/v1/responses',
      headers: { authorization: 'Bearer sk-secret', 'content-type': 'application/json' },
      body: {
        model: 'gpt-5',
        instructions: 'Be brief.',
        input: [{ role: 'user', content: [{ type: 'input_text', text: 'hi' }] }],
        tools: [{ type: 'function', name: 'Bash', strict: false }],
        stream: true,
        store: false,
        max_output_tokens: 9000,
        reasoning: { effort: 'medium', summary: 'auto' },
        include: ['reasoning.encrypted_content'],
        prompt_cache_key: '2e1ddc8e',
      },
    })
  })

  it('gives encrypted reasoning back with the call that it came with', async () => {
    replies = [
      { body: chatBytes(item(0, REASONING), item(1, CALL), END) },
      { body: chatBytes(text('Done.'), END) },
    ]
    const first = (await (await gateway.post(QUESTION)).json()) as Message
    expect(first).toMatchObject({
      stop_reason: 'tool_use',
      usage: { input_tokens: 20, cache_read_input_tokens: 10, output_tokens: 7 },
      content: [{ type: 'thinking' }, { type: 'tool_use', id: 'call_1' }],
    })
    const result = { type: 'tool_result', tool_use_id: 'call_1', content: 'a.txt' }
    const messages = [
      ...QUESTION.messages,
      { role: 'assistant', content: first.content },
      { role: 'user', content: [result] },
    ]
    const second = (await (await gateway.post({ ...QUESTION, messages })).json()) as Message
    expect(second.content).toEqual([{ type: 'text', text: 'Done.' }])
    expect(seen[1]?.body.input.slice(1)).toEqual([
      REASONING,
      CALL,
      { type: 'function_call_output', call_id: 'call_1', output: 'a.txt' },
    ])
  })

  it('reads an endpoint that answers with one document instead of a stream', async () => {
    const document = { object: 'response', status: 'completed', output: [CALL], usage }
    replies = [{ type: 'application/json', body: JSON.stringify(document) }]
    const whole = (await (await gateway.post(QUESTION)).json()) as Message
    expect(whole.content).toMatchObject([{ id: 'call_1', input: { command: 'ls' } }])
  })

  it('gives an error inside the stream its own status, and ends a cut stream in an error', async () => {
    const error = { type: 'error', error: { code: 'rate_limit_exceeded', message: 'slow down' } }
    replies = [{ body: chatBytes(error) }, { body: chatBytes(text('half')) }]
    expect((await gateway.post({ ...QUESTION, stream: true })).status).toBe(429)
    const cut = await (await gateway.post({ ...QUESTION, stream: true })).text()
    expect(cut).toContain('event: error')
    expect(cut).not.toContain('message_stop')
  })
})
