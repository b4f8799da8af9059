import { createServer, type IncomingHttpHeaders } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, describe, expect, it } from 'vitest'
import { testFolder } from '../../test/support/folder.ts'
import { gatewayServer, type GatewayServer } from '../../test/support/gateway.ts'
import { events, text } from '../../test/support/replies.ts'
import {
  type Script,
  type SeenBody,
  startUpstream,
  type Upstream,
} from '../../test/support/upstream.ts'
import type { Config, ProviderConfig } from '../config/config.ts'
import { NO_EXTENSIONS } from '../config/defaults.ts'

const folder = testFolder()
const open: { close(): Promise<void> }[] = []
afterEach(async () => {
  for (const each of open.splice(0).reverse()) await each.close()
})

async function upstream(script: Script = () => text('hello')): Promise<Upstream> {
  const started = await startUpstream(script)
  open.push(started)
  return started
}

interface Parts extends Partial<Omit<Config, 'extensions'>> {
  readonly url: string
  readonly transformer?: unknown
  readonly extensions?: Partial<Config['extensions']>
  readonly preference?: string
  readonly others?: readonly ProviderConfig[]
}

/** A gateway before provider `p` with the models m and n; its home is the test's folder. */
async function gateway({
  url,
  transformer,
  extensions,
  preference,
  others = [],
  ...config
}: Parts) {
  const provider: ProviderConfig = {
    name: 'p',
    url,
    apiKey: 'k',
    models: ['m', 'n'],
    missing: [],
    transformer,
  }
  const started: GatewayServer = await gatewayServer(
    {
      providers: [provider, ...others],
      router: { default: 'p,m' },
      ...config,
      extensions: { ...NO_EXTENSIONS, ...extensions },
    },
    preference,
    { CCR_HOME: `${folder.path}/home`, CLAUDE_CONFIG_DIR: `${folder.path}/claude` },
  )
  open.push(started)
  return started
}

const QUESTION = {
  model: 'x',
  max_tokens: 900,
  messages: [{ role: 'user', content: 'hi' }],
}
const AGENT = { 'x-claude-code-agent-id': 'a1' }
const SESSION = { headers: { 'x-claude-code-session-id': 's-1' } }

const textOf = async (answer: Response) =>
  ((await answer.json()) as { content: { text?: string; thinking?: string }[] }).content

describe('a gateway with transformers', () => {
  it('changes requests and answers, by provider and by model', async () => {
    const p = await upstream(() => text('<think>hm</think>Yes.'))
    const server = await gateway({
      url: p.chatUrl,
      transformer: {
        use: [['OpenRouter', { provider: { only: ['azure'] } }], 'extrathinktag'],
        n: { use: [['maxtoken', { max_tokens: 100 }]] },
      },
    })
    const answer = await server.post(QUESTION)
    expect(await textOf(answer)).toMatchObject([{ thinking: 'hm' }, { text: 'Yes.' }])
    await server.post({ ...QUESTION, model: 'p,n' })
    expect((await p.request(0)).body).toMatchObject({
      provider: { only: ['azure'] },
      max_tokens: 900,
    })
    expect((await p.request(1)).body).toMatchObject({
      provider: { only: ['azure'] },
      max_tokens: 100,
    })
  })

  it('changes what passes through, and nothing more', async () => {
    const p = await upstream()
    const transformer = { use: ['Anthropic', ['maxtoken', { max_tokens: 5 }]] }
    const server = await gateway({ url: p.messagesUrl, transformer })
    await server.post({ ...QUESTION, unknown: [1] })
    const { body } = await p.request(0)
    expect(body).toEqual({ ...QUESTION, unknown: [1], model: 'm', max_tokens: 5 })
  })
})

describe('a gateway with transformers of the user', () => {
  const SHOUT = `module.exports = class {
    name = 'shout'
    transformRequestIn(body, provider) {
      return { body: { ...body, shouted: true }, config: { headers: { 'x-own': provider.name } } }
    }
    transformResponseOut(response) {
      const up = new TransformStream({ transform(chunk, out) {
        out.enqueue(new TextEncoder().encode(new TextDecoder().decode(chunk).replace(/hello/g, 'HELLO')))
      } })
      return new Response(response.body.pipeThrough(up), response)
    }
  }`

  it('lets them see Chat Completions and the answer, streamed', async () => {
    const p = await upstream(() => text('hello', { pieces: 1 }))
    const path = folder.write('shout.js', SHOUT)
    const server = await gateway({
      url: p.chatUrl,
      transformer: { use: ['shout'] },
      extensions: { transformers: [{ path, options: {} }] },
    })
    const answer = await server.post({ ...QUESTION, stream: true })
    expect(await answer.text()).toContain('"text":"HELLO"')
    const { body, headers } = await p.request(0)
    expect(body).toMatchObject({ shouted: true, messages: [{ role: 'user', content: 'hi' }] })
    expect(headers).toMatchObject({ 'x-own': 'p', authorization: 'Bearer k' })
  })

  it('puts one of the same name before the built-in one', async () => {
    const p = await upstream()
    const path = folder.write('maxtoken.js', `module.exports = { name: 'maxtoken' }`)
    const server = await gateway({
      url: p.chatUrl,
      transformer: { use: [['maxtoken', { max_tokens: 5 }]] },
      extensions: { transformers: [{ path, options: {} }] },
    })
    await server.post(QUESTION)
    expect((await p.request(0)).body).toMatchObject({ max_tokens: 900 })
  })

  it('fails a request with the message of one that fails, tries no other target, and trips no breaker', async () => {
    const [p, other] = [await upstream(), await upstream()]
    const path = folder.write(
      'bad.js',
      `module.exports = { name: 'bad', transformRequestIn(body) {
        if (body.max_tokens === 900) throw new Error('log in first')
      } }`,
    )
    const server = await gateway({
      url: p.chatUrl,
      transformer: { use: ['bad'] },
      extensions: { transformers: [{ path, options: {} }] },
      fallback: { default: ['q,n'] },
      others: [{ name: 'q', url: other.chatUrl, apiKey: 'k', models: ['n'], missing: [] }],
    })
    for (let tries = 0; tries < 4; tries += 1) {
      const answer = await server.post(QUESTION)
      expect([answer.status, answer.headers.get('x-should-retry')]).toEqual([500, 'false'])
      expect(await answer.text()).toMatch(/bad\.js: .*log in first\. The request was not sent\./)
    }
    expect([p.requests, other.requests]).toEqual([[], []])
    expect(await textOf(await server.post({ ...QUESTION, max_tokens: 5 }))).toMatchObject([
      { text: 'hello' },
    ])
    expect(p.requests).toHaveLength(1)
  })

  it('ends an answer with an error where its transformation breaks off', async () => {
    const p = await upstream([events([{ choices: [{ delta: { content: 'half' } }] }])])
    const path = folder.write('same.js', `module.exports = { name: 'same' }`)
    const server = await gateway({
      url: p.chatUrl,
      transformer: { use: ['same'] },
      extensions: { transformers: [{ path, options: {} }] },
    })
    const answer = await server.post({ ...QUESTION, stream: true })
    expect(await answer.text()).toContain('event: error')
  })

  describe('that name no API', () => {
    const SEES = `module.exports = { name: 'sees', transformRequestIn(body) {
      return { body: { ...body, keys: Object.keys(body).sort(), seen: [body.reasoning,
        body.messages.at(-1).content, body.tools] }, config: { headers: { 'x-own': '1' } } }
    } }`

    /** A server that answers with Chat Completions on every path. */
    async function chatServer() {
      const requests: { url: string; headers: IncomingHttpHeaders; body: SeenBody }[] = []
      const server = createServer((req, res) => {
        const pieces: Buffer[] = []
        req.on('data', (piece: Buffer) => pieces.push(piece))
        req.on('end', () => {
          const body = JSON.parse(Buffer.concat(pieces).toString()) as SeenBody
          requests.push({ url: req.url ?? '', headers: req.headers, body })
          const choice = { message: { content: 'hello' }, finish_reason: 'stop' }
          res.end(JSON.stringify({ choices: [choice] }))
        })
      })
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
      open.push({
        close: () => new Promise((resolve) => server.close(() => resolve()).closeAllConnections()),
      })
      return { requests, port: (server.address() as AddressInfo).port }
    }

    async function sent(path: string, request: object = {}) {
      const { port, requests } = await chatServer()
      const server = await gateway({
        url: `http://127.0.0.1:${String(port)}${path}`,
        transformer: { use: ['sees'] },
        extensions: { transformers: [{ path: folder.write('sees.js', SEES), options: {} }] },
      })
      const answer = await server.post({ ...QUESTION, ...request })
      expect(await textOf(answer)).toMatchObject([{ text: 'hello' }])
      return requests[0] ?? expect.unreachable()
    }

    it.each(['/v1/messages', '/v1/responses', '/v1beta/models/', '/anthropic', '/v1/special'])(
      'are given Chat Completions for %s, and post there',
      async (path) => {
        const { url, body, headers } = await sent(path)
        expect(url).toBe(path)
        expect(headers).toMatchObject({ 'x-own': '1', authorization: 'Bearer k' })
        expect(body).toMatchObject({ messages: [{ role: 'user', content: 'hi' }] })
      },
    )

    it('leave effort to a server of Responses in its own field', async () => {
      const { body } = await sent('/v1/responses', {
        thinking: { type: 'adaptive' },
        output_config: { effort: 'high' },
      })
      expect(body['reasoning']).toEqual({ effort: 'high', summary: 'auto' })
    })

    it('see what the old router passed to them, and leave none of it behind', async () => {
      const image = { type: 'base64', media_type: 'image/png', data: 'AAAA' }
      const { body } = await sent('/v1/special', {
        thinking: { type: 'enabled', budget_tokens: 2_000 },
        messages: [{ role: 'user', content: [{ type: 'image', source: image }] }],
        tools: [{ type: 'web_search_20250305', name: 'web_search' }],
      })
      const [reasoning, content, tools] = body['seen'] as unknown[]
      expect(reasoning).toEqual({ effort: 'medium', max_tokens: 2_000, enabled: true })
      expect(content).toContainEqual(
        expect.objectContaining({ type: 'image_url', media_type: 'image/png' }),
      )
      expect(tools).toMatchObject([{ type: 'function', function: { name: 'web_search' } }])
      expect(body['keys']).toContain('reasoning')
      expect(body).not.toHaveProperty('reasoning')
      expect(body).not.toHaveProperty('tools')
      expect(JSON.stringify(body['messages'])).not.toContain('media_type')
    })
  })

  it('are given what passes through, and its answer', async () => {
    const p = await upstream(() => text('hello', { pieces: 1 }))
    const server = await gateway({
      url: p.messagesUrl,
      transformer: { use: ['Anthropic', 'shout'] },
      extensions: { transformers: [{ path: folder.write('pass.js', SHOUT), options: {} }] },
    })
    const answer = await server.post({ ...QUESTION, stream: true })
    expect(await answer.text()).toContain('HELLO')
    const { body, headers } = await p.request(0)
    expect(body).toMatchObject({ ...QUESTION, model: 'm', shouted: true })
    expect(headers).toMatchObject({ 'x-own': 'p' })
  })
})

describe('a gateway with a custom router', () => {
  const routed = async (
    source: string,
    request: object = {},
    parts: Partial<Parts> = {},
    headers = {},
  ) => {
    const p = await upstream()
    const router = folder.write(`router-${String(Math.random()).slice(2)}.js`, source)
    const server = await gateway({ url: p.chatUrl, extensions: { router }, ...parts })
    const answer = await server.post({ ...QUESTION, ...request }, { headers })
    return { answer, status: answer.status, route: answer.headers.get('x-ccr-route'), p }
  }

  it('calls it when neither the request nor the session names a model', async () => {
    const pick = `module.exports = async (req) => req.body.max_tokens === 900 ? 'p,n' : null`
    const { answer, route } = await routed(pick)
    expect([answer.headers.get('x-ccr-model'), route]).toEqual(['p,n', 'custom router'])
    expect((await routed(pick, { max_tokens: 1 })).route).toBe('default')
  })

  it('does not ask it otherwise', async () => {
    const refuse = `module.exports = () => { throw new Error('asked') }`
    expect((await routed(refuse, { model: 'p,n' })).route).toBe('explicit')
    const system = '<CCR-SUBAGENT-MODEL>p,n</CCR-SUBAGENT-MODEL>Work.'
    expect((await routed(refuse, { system }, {}, AGENT)).route).toBe('sub-agent tag')
    expect((await routed(refuse, {}, { preference: 'p,n' })).route).toBe('preference')
  })

  it.each([
    ['throws', `module.exports = () => { throw new Error('no') }`],
    ['names no configured model', `module.exports = () => 'nowhere,x'`],
    ['breaks the request', `module.exports = (req) => { req.body.messages = 5; return null }`],
  ])('goes on by the rules when it %s', async (_, source) => {
    expect(await routed(source)).toMatchObject({ status: 200, route: 'default' })
  })

  it('sends what it makes of the request', async () => {
    const { p } = await routed(
      `module.exports = (req) => { req.body.temperature = 0.5; return 'p,m' }`,
    )
    expect((await p.request(0)).body).toMatchObject({ temperature: 0.5 })
    const { route } = await routed(`module.exports = (req) => { req.body.model = 'p,n' }`)
    expect(route).toBe('explicit')
  })
})

describe("a gateway with a project's Router", () => {
  it('uses it instead of its own, behind the custom router', async () => {
    folder.write('home/-my-app/config.json', '{ "Router": { "default": "p,n" } }')
    folder.write('claude/projects/-my-app/s-1.jsonl', '')
    const p = await upstream()
    const server = await gateway({ url: p.chatUrl })
    const mine = await server.post(QUESTION, SESSION)
    expect(mine.headers.get('x-ccr-route')).toBe('project: default')
    expect(mine.headers.get('x-ccr-model')).toBe('p,n')
    expect((await server.post(QUESTION)).headers.get('x-ccr-route')).toBe('default')
    const user_id = 'user_x_account__session_s-1'
    const old = await server.post({ ...QUESTION, metadata: { user_id } })
    expect(old.headers.get('x-ccr-model')).toBe('p,n')
  })
})

describe('a gateway with a system prompt of the user', () => {
  const system = [
    { type: 'text', text: "You are Claude Code, Anthropic's official CLI for Claude." },
    { type: 'text', text: 'The long prompt.' },
  ]
  const tools = [{ name: 'Bash', input_schema: { type: 'object' } }]

  it('sends it in place of the client’s, but to sub-agents', async () => {
    const systemPrompt = folder.write('prompt.txt', 'MINE')
    const p = await upstream()
    const server = await gateway({ url: p.chatUrl, extensions: { systemPrompt } })
    await server.post({ ...QUESTION, system, tools })
    const agent = { headers: { 'x-claude-code-agent-id': 'a' } }
    await server.post({ ...QUESTION, system, tools }, agent)
    expect((await p.request(0)).body.messages[0]?.content).toMatch(/CLI for Claude\.\s+MINE$/)
    expect((await p.request(1)).body.messages[0]?.content).toContain('The long prompt.')
  })
})
