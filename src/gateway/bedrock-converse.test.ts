import { createServer, type IncomingHttpHeaders, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { awsEvent, awsException } from '../../test/support/aws-event-stream.ts'
import { gatewayServer, type GatewayServer } from '../../test/support/gateway.ts'

/** A request as the endpoint saw it. */
interface Seen {
  readonly url: string
  readonly headers: IncomingHttpHeaders
  readonly body: { readonly [field: string]: unknown }
}

interface Reply {
  readonly status?: number
  readonly type?: string
  readonly body: Uint8Array | string
}

const MODEL = 'us.anthropic.claude-sonnet-4-5-20250929-v1:0'

let endpoint: Server
let gateway: GatewayServer
let seen: Seen[]
let reply: Reply

async function serve(apiKey: string, env: Record<string, string> = {}): Promise<void> {
  const { port } = endpoint.address() as AddressInfo
  // The path says that Converse is wanted; without it Claude is asked by InvokeModel.
  const url = `http://127.0.0.1:${String(port)}/model/any/converse-stream`
  const provider = { name: 'bedrock', url, apiKey, models: [MODEL], missing: [] }
  gateway = await gatewayServer({ providers: [provider] }, `bedrock,${MODEL}`, env)
}

beforeEach(async () => {
  seen = []
  endpoint = createServer((req, res) => {
    const chunks: Buffer[] = []
    req.on('data', (chunk: Buffer) => chunks.push(chunk))
    req.on('end', () => {
      const body = JSON.parse(Buffer.concat(chunks).toString()) as Seen['body']
      seen.push({ url: req.url ?? '', headers: req.headers, body })
      const type = reply.type ?? 'application/vnd.amazon.eventstream'
      res.writeHead(reply.status ?? 200, { 'content-type': type })
      res.end(reply.body)
    })
  })
  await new Promise<void>((resolve) => endpoint.listen(0, '127.0.0.1', resolve))
})

afterEach(async () => {
  await gateway.close()
  endpoint.closeAllConnections()
  endpoint.close()
})

const QUESTION = {
  model: 'ccr-deadbeef',
  max_tokens: 128_000,
  stream: true,
  thinking: { type: 'adaptive' },
  output_config: { effort: 'low' },
  messages: [{ role: 'user', content: 'hi' }],
}

const ANSWER = Buffer.concat([
  awsEvent('messageStart', { role: 'assistant' }),
  awsEvent('contentBlockDelta', { contentBlockIndex: 0, delta: { text: 'Hello' } }),
  awsEvent('contentBlockStop', { contentBlockIndex: 0 }),
  awsEvent('messageStop', { stopReason: 'end_turn' }),
  awsEvent('metadata', { usage: { inputTokens: 3, outputTokens: 2, totalTokens: 5 } }),
])

describe('the gateway before Bedrock', () => {
  it('posts to the model with a bearer key and streams the answer', async () => {
    await serve('bedrock-key')
    reply = { body: ANSWER }
    const response = await gateway.post(QUESTION)
    const text = await response.text()
    expect(text).toContain('"text":"Hello"')
    expect(text).toContain('"input_tokens":3')
    expect(text).toContain('message_stop')
    expect(seen).toMatchObject([
      {
        url: `/model/${encodeURIComponent(MODEL)}/converse-stream`,
        headers: { authorization: 'Bearer bedrock-key', 'content-type': 'application/json' },
        body: {
          messages: [{ role: 'user', content: [{ text: 'hi' }] }],
          // What the catalogue says of the model: 64,000 tokens, and it thinks by a budget.
          inferenceConfig: { maxTokens: 64_000 },
          additionalModelRequestFields: { thinking: { type: 'enabled', budget_tokens: 2048 } },
        },
      },
    ])
  })

  it('signs with keys from the environment where there is no API key', async () => {
    await serve('', {
      AWS_ACCESS_KEY_ID: 'AKID',
      AWS_SECRET_ACCESS_KEY: 'secret',
      AWS_SESSION_TOKEN: 'session-token',
      AWS_REGION: 'eu-west-1',
    })
    reply = { body: ANSWER }
    await (await gateway.post(QUESTION)).text()
    expect(seen[0]?.headers).toMatchObject({ 'x-amz-security-token': 'session-token' })
    expect(seen[0]?.headers.authorization).toMatch(
      /^AWS4-HMAC-SHA256 Credential=AKID\/\d{8}\/eu-west-1\/bedrock\/aws4_request, SignedHeaders=content-type;host;x-amz-date;x-amz-security-token, Signature=[0-9a-f]{64}$/,
    )
    reply = {
      status: 403,
      type: 'application/json',
      body: '{"message":"canonical: x-amz-security-token:session-token"}',
    }
    const refused = await gateway.post(QUESTION)
    expect(refused.status).toBe(403)
    expect(await refused.text()).not.toContain('session-token"')
  })

  it('says what to set where there are no credentials', async () => {
    await serve('')
    const response = await gateway.post(QUESTION)
    expect(response.status).toBe(401)
    expect(await response.text()).toContain('AWS_ACCESS_KEY_ID')
    expect(seen).toEqual([])
  })

  it('gives an exception before the first content its own status', async () => {
    await serve('k')
    reply = { body: awsException('throttlingException', 'Too many tokens, slow down') }
    const response = await gateway.post(QUESTION)
    expect(response.status).toBe(429)
    expect(await response.json()).toMatchObject({ error: { type: 'rate_limit_error' } })
  })

  it('turns a prompt that is too long into the words that the client understands', async () => {
    await serve('k')
    const message = 'The model returned: prompt is too long: 250000 tokens > 200000 maximum'
    reply = { status: 400, type: 'application/json', body: JSON.stringify({ message }) }
    const response = await gateway.post(QUESTION)
    expect(response.status).toBe(400)
    expect(await response.text()).toContain('prompt is too long: 250000 tokens > 200000 maximum')
  })

  it('ends a cut stream in an error event', async () => {
    await serve('k')
    reply = { body: ANSWER.subarray(0, ANSWER.length - 200) }
    const text = await (await gateway.post(QUESTION)).text()
    expect(text).toContain('event: error')
    expect(text).not.toContain('message_stop')
  })
})
