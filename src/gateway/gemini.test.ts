import { createServer, type IncomingHttpHeaders, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { gatewayServer, type GatewayServer } from '../../test/support/gateway.ts'
import { chatBytes } from '../../test/support/stream.ts'
import type { Content } from '../protocols/gemini/types.ts'

/** A request as the endpoint saw it. */
interface Seen {
  readonly url: string
  readonly headers: IncomingHttpHeaders
  readonly body: { readonly contents: readonly Content[]; readonly [field: string]: unknown }
}

interface Reply {
  readonly status?: number
  readonly type?: string
  readonly body: string
}

let google: Server
let gateway: GatewayServer
let seen: Seen[]
/** What the endpoint answers, in order; the last one again and again. */
let replies: Reply[]

beforeEach(async () => {
  seen = []
  google = createServer((req, res) => {
    const chunks: Buffer[] = []
    req.on('data', (chunk: Buffer) => chunks.push(chunk))
    req.on('end', () => {
      const body = JSON.parse(Buffer.concat(chunks).toString()) as Seen['body']
      seen.push({ url: req.url ?? '', headers: req.headers, body })
      const reply = replies[Math.min(seen.length, replies.length) - 1]
      res.writeHead(reply?.status ?? 200, { 'content-type': reply?.type ?? 'text/event-stream' })
      res.end(reply?.body)
    })
  })
  await new Promise<void>((resolve) => google.listen(0, '127.0.0.1', resolve))
  const { port } = google.address() as AddressInfo
  const provider = {
    name: 'gemini',
    url: `http://127.0.0.1:${String(port)}/v1beta/models/`,
    apiKey: 'AIza-secret',
    models: ['gemini-3-pro-preview'],
    missing: [],
    transformer: { use: ['gemini'] },
  }
  gateway = await gatewayServer({ providers: [provider] }, 'gemini,gemini-3-pro-preview')
})

afterEach(async () => {
  await gateway.close()
  google.closeAllConnections()
  google.close()
})

const QUESTION = {
  model: 'ccr-deadbeef',
  max_tokens: 9000,
  thinking: { type: 'adaptive' },
  system: 'Be brief.',
  messages: [{ role: 'user', content: 'hi' }],
  tools: [{ name: 'Bash', input_schema: { properties: { command: { type: 'string' } } } }],
}
const CALL = chatBytes(
  {
    candidates: [
      {
        content: {
          parts: [
            {
              functionCall: { name: 'Bash', args: { command: 'ls' } },
              thoughtSignature: 'c2lnbmF0dXJl',
            },
          ],
        },
      },
    ],
  },
  {
    candidates: [{ finishReason: 'STOP' }],
    usageMetadata: { promptTokenCount: 20, candidatesTokenCount: 3, thoughtsTokenCount: 4 },
  },
)
const textChunk = (text: string) => ({ candidates: [{ content: { parts: [{ text }] } }] })
const TEXT = chatBytes(textChunk('Done.'), { candidates: [{ finishReason: 'STOP' }] })

type Message = Record<string, unknown> & { readonly content: unknown[] }

describe('the gateway before Gemini', () => {
  it('asks the model of the URL with the key in its own header, and streams the answer', async () => {
    replies = [{ body: TEXT }]
    const response = await gateway.post({ ...QUESTION, stream: true })
    expect(response.headers.get('x-ccr-model')).toBe('gemini,gemini-3-pro-preview')
    const text = await response.text()
    expect(text).toContain('"text":"Done."')
    expect(text).toContain('message_stop')
    expect(seen[0]).toMatchObject({
      url: '/v1beta/models/gemini-3-pro-preview:streamGenerateContent?alt=sse',
      headers: { 'x-goog-api-key': 'AIza-secret', 'content-type': 'application/json' },
      body: {
        systemInstruction: { parts: [{ text: 'Be brief.' }] },
        contents: [{ role: 'user', parts: [{ text: 'hi' }] }],
        tools: [{ functionDeclarations: [{ name: 'Bash' }] }],
        generationConfig: { maxOutputTokens: 9000, thinkingConfig: { includeThoughts: true } },
      },
    })
    expect(seen[0]?.headers.authorization).toBeUndefined()
  })

  it('gives a thought signature back with the call that it came with', async () => {
    replies = [{ body: CALL }, { body: TEXT }]
    const first = (await (await gateway.post(QUESTION)).json()) as Message
    expect(first).toMatchObject({
      stop_reason: 'tool_use',
      usage: { input_tokens: 20, output_tokens: 7 },
      content: [{ type: 'thinking' }, { type: 'tool_use', name: 'Bash' }],
    })
    const { id } = first.content[1] as { id: string }
    const result = { type: 'tool_result', tool_use_id: id, content: 'a.txt' }
    const messages = [
      ...QUESTION.messages,
      { role: 'assistant', content: first.content },
      { role: 'user', content: [result] },
    ]
    const second = (await (await gateway.post({ ...QUESTION, messages })).json()) as Message
    expect(second.content).toEqual([{ type: 'text', text: 'Done.' }])
    expect(seen[1]?.body.contents.slice(1)).toMatchObject([
      {
        role: 'model',
        parts: [{ functionCall: { args: { command: 'ls' } }, thoughtSignature: 'c2lnbmF0dXJl' }],
      },
      {
        role: 'user',
        parts: [{ functionResponse: { name: 'Bash', response: { output: 'a.txt' } } }],
      },
    ])
  })

  it('asks once more without a thought signature that Google refuses, and says so', async () => {
    const error = { code: 400, message: 'Invalid thought signature.', status: 'INVALID_ARGUMENT' }
    const refusal = { status: 400, type: 'application/json', body: JSON.stringify({ error }) }
    replies = [{ body: CALL }, refusal, { body: TEXT }, refusal]
    const first = (await (await gateway.post(QUESTION)).json()) as Message
    const messages = [...QUESTION.messages, { role: 'assistant', content: first.content }]
    const response = await gateway.post({ ...QUESTION, messages })
    expect((await response.json()) as Message).toMatchObject({ content: [{ text: 'Done.' }] })
    expect(response.headers.get('x-ccr-dropped')).toBe('assistant.thinking.signature')
    const signatures = seen.map(
      ({ body }) => /"thoughtSignature":"(\w+)/.exec(JSON.stringify(body))?.[1],
    )
    expect(signatures).toEqual([undefined, 'c2lnbmF0dXJl', 'skip_thought_signature_validator'])
    expect((await gateway.post(QUESTION)).status).toBe(400)
    expect(seen).toHaveLength(4)
  })

  it('passes on how long Google wants it to wait', async () => {
    const details = [{ retryDelay: '17s' }]
    const error = { code: 429, message: 'quota', status: 'RESOURCE_EXHAUSTED', details }
    replies = [{ status: 429, type: 'application/json', body: JSON.stringify({ error }) }]
    const response = await gateway.post({ ...QUESTION, stream: true })
    expect(response.status).toBe(429)
    expect(response.headers.get('retry-after')).toBe('17')
    expect(await response.json()).toMatchObject({ error: { type: 'rate_limit_error' } })
  })

  it('reads an endpoint that answers with a list instead of a stream', async () => {
    const list = [textChunk('Hel'), textChunk('lo'), { candidates: [{ finishReason: 'STOP' }] }]
    replies = [{ type: 'application/json; charset=UTF-8', body: JSON.stringify(list) }]
    const whole = (await (await gateway.post(QUESTION)).json()) as Message
    expect(whole.content).toEqual([{ type: 'text', text: 'Hello' }])
  })

  it('ends a stream that is cut in an error event', async () => {
    replies = [{ body: chatBytes(textChunk('half')) }]
    const text = await (await gateway.post({ ...QUESTION, stream: true })).text()
    expect(text).toContain('event: error')
    expect(text).not.toContain('message_stop')
  })
})
