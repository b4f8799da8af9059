import { afterEach, describe, expect, it } from 'vitest'
import { testFolder } from '../../test/support/folder.ts'
import { gatewayServer } from '../../test/support/gateway.ts'
import type { GatewayServer } from '../../test/support/gateway.ts'
import { events, text } from '../../test/support/replies.ts'
import { startUpstream } from '../../test/support/upstream.ts'
import type { Script, Upstream } from '../../test/support/upstream.ts'
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
}

/** A gateway before provider `p` with the models m and n; its home is the test's folder. */
async function gateway({ url, transformer, extensions, preference, ...config }: Parts) {
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
      providers: [provider],
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

const said = async (answer: Response) =>
  ((await answer.json()) as { content: { text?: string; thinking?: string }[] }).content

describe('a gateway with transformers', () => {
  it('changes what is sent and what is said, by provider and by model', async () => {
    const p = await upstream(() => text('<think>hm</think>Yes.'))
    const server = await gateway({
      url: p.chatUrl,
      transformer: {
        use: [['OpenRouter', { provider: { only: ['azure'] } }], 'extrathinktag'],
        n: { use: [['maxtoken', { max_tokens: 100 }]] },
      },
    })
    const answer = await server.post(QUESTION)
    expect(await said(answer)).toMatchObject([{ thinking: 'hm' }, { text: 'Yes.' }])
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

describe('a gateway with own transformers', () => {
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

  it('goes on without one that breaks, and ends the answer with an error when it is broken off', async () => {
    const p = await upstream([text('one'), events([{ choices: [{ delta: { content: 'half' } }] }])])
    const path = folder.write(
      'bad.js',
      `module.exports = { name: 'bad', transformRequestIn() { throw 1 } }`,
    )
    const server = await gateway({
      url: p.chatUrl,
      transformer: { use: ['bad'] },
      extensions: { transformers: [{ path, options: {} }] },
    })
    expect(await said(await server.post(QUESTION))).toMatchObject([{ text: 'one' }])
    expect(await (await server.post({ ...QUESTION, stream: true })).text()).toContain(
      'event: error',
    )
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

  it('asks it when neither the request nor the session names a model', async () => {
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

describe('a gateway with an own system prompt', () => {
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
