import { createServer, type Server } from 'node:http'
import { type AddressInfo, connect } from 'node:net'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { gatewayServer, type GatewayServer } from '../../test/support/gateway.ts'
import { calls, events, text } from '../../test/support/replies.ts'
import { startUpstream, type Upstream } from '../../test/support/upstream.ts'

let upstream: Upstream
let proxy: Server
let gateway: GatewayServer

/** A proxy that leads every host to the fake, so that a known host can be called. */
beforeEach(async () => {
  upstream = await startUpstream()
  proxy = createServer()
  proxy.on('connect', (_req, socket) => {
    const through = connect(upstream.port, '127.0.0.1', () => {
      socket.write('HTTP/1.1 200 OK\r\n\r\n')
      socket.pipe(through).pipe(socket)
    })
    through.on('error', () => socket.destroy())
    socket.on('error', () => through.destroy())
  })
  await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve))
})

afterEach(async () => {
  await gateway.close()
  await upstream.close()
  proxy.closeAllConnections()
  proxy.close()
})

async function serve(url: string): Promise<void> {
  const { port } = proxy.address() as AddressInfo
  const provider = { name: 'p', url, apiKey: 'k', models: ['glm-4.7'], missing: [] }
  const proxyUrl = `http://127.0.0.1:${String(port)}`
  gateway = await gatewayServer({ providers: [provider], proxyUrl }, 'p,glm-4.7')
}

const BODY = {
  model: 'ccr-deadbeef',
  max_tokens: 128_000,
  stream: true,
  safeguards: [{ type: 'dangerous_tool_use' }],
  messages: [
    { role: 'user', content: 'hi' },
    { role: 'system', content: 'cwd: /x' },
  ],
}
const HEADERS = { 'anthropic-beta': 'claude-code-20250219,dangerous-tool-use-2026-09-03' }

describe("the gateway before another maker's Messages API", () => {
  it('sends what that API knows and names what it leaves out', async () => {
    await serve('http://api.z.ai/api/anthropic')
    upstream.script(text('Hello'))
    const response = await gateway.post(BODY, { headers: HEADERS })
    expect(await response.text()).toContain('message_stop')
    expect(response.headers.get('x-ccr-dropped')).toBe(
      'safeguards, anthropic-beta.dangerous-tool-use-2026-09-03',
    )
    const [request] = upstream.requests
    expect(request).toMatchObject({
      path: '/api/anthropic/v1/messages?beta=true',
      headers: { authorization: 'Bearer k', 'anthropic-beta': 'claude-code-20250219' },
    })
    expect(request?.body).toEqual({
      model: 'glm-4.7',
      max_tokens: 128_000,
      stream: true,
      messages: [
        {
          role: 'user',
          content: [
            { type: 'text', text: 'hi' },
            { type: 'text', text: '<system-reminder>\ncwd: /x\n</system-reminder>' },
          ],
        },
      ],
    })
  })

  it('leaves every byte but the model where the host is not known', async () => {
    await serve('http://relay.example/v1/messages')
    upstream.script(text('Hello'))
    const messages = BODY.messages.slice(0, 1)
    const body = JSON.stringify({ ...BODY, messages }, null, 1)
    const response = await gateway.post(body, { headers: HEADERS })
    expect(await response.text()).toContain('message_stop')
    expect(response.headers.get('x-ccr-dropped')).toBeNull()
    const [request] = upstream.requests
    expect(request?.raw).toBe(body.replace('ccr-deadbeef', 'glm-4.7'))
    expect(request?.headers['anthropic-beta']).toBe(HEADERS['anthropic-beta'])
  })

  it('says system messages in mid-conversation as the user where the host is not known', async () => {
    await serve('http://relay.example/v1/messages')
    upstream.script(text('Hello'))
    const response = await gateway.post(JSON.stringify(BODY), { headers: HEADERS })
    expect(await response.text()).toContain('message_stop')
    const sent = JSON.parse(upstream.requests[0]?.raw ?? '') as typeof BODY
    expect(sent).toMatchObject({ max_tokens: 128_000, safeguards: BODY.safeguards })
    expect(sent.messages).toEqual([
      {
        role: 'user',
        content: [
          { type: 'text', text: 'hi' },
          { type: 'text', text: '<system-reminder>\ncwd: /x\n</system-reminder>' },
        ],
      },
    ])
  })

  it.each(['http://relay.example/v1/messages', 'http://api.z.ai/api/anthropic'])(
    'gives a call of %s an id of its own where the conversation has it already',
    async (url) => {
      await serve(url)
      const again = calls([{ name: 'Bash', input: { command: 'ls' }, id: 'toolu_1' }])
      upstream.script([again, again])
      const messages = [
        { role: 'user', content: 'hi' },
        {
          role: 'assistant',
          content: [{ type: 'tool_use', id: 'toolu_1', name: 'Bash', input: {} }],
        },
        { role: 'user', content: [{ type: 'tool_result', tool_use_id: 'toolu_1', content: '' }] },
      ]
      const whole = await gateway.post({ ...BODY, messages, stream: false })
      const { content } = (await whole.json()) as { content: readonly { id: string }[] }
      expect(content).toMatchObject([{ name: 'Bash', input: { command: 'ls' } }])
      expect(content[0]?.id).toMatch(/^toolu_(?!1$)/)
      const streamed = await (await gateway.post({ ...BODY, messages })).text()
      expect(streamed).toContain('"name":"Bash"')
      expect(streamed).not.toContain('"id":"toolu_1"')
    },
  )

  it('ends a stream that cannot be put right in an error', async () => {
    await serve('http://relay.example/v1/messages')
    const start = { type: 'message_start', message: { id: 'm', content: [], usage: {} } }
    const begun = { type: 'content_block_start', index: 0, content_block: { type: 'text' } }
    const piece = {
      type: 'content_block_delta',
      index: 0,
      delta: { type: 'text_delta', text: 'Hel' },
    }
    upstream.script(events([start, begun, piece, { type: 'message_stop' }]))
    const streamed = await (await gateway.post(BODY)).text()
    expect(streamed).toContain('"text":"Hel"')
    expect(streamed).toContain('event: error')
    expect(streamed).not.toContain('message_stop')
  })
})
