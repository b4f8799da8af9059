/**
 * What a model object of the config does to requests, on each kind of API. Answers are hand-written.
 */
import { afterEach, describe, expect, it } from 'vitest'
import { testFolder } from '../../test/support/folder.ts'
import { gatewayServer, type GatewayServer } from '../../test/support/gateway.ts'
import { text } from '../../test/support/replies.ts'
import { startUpstream, type Upstream } from '../../test/support/upstream.ts'
import { loadConfig } from '../config/load.ts'

const folder = testFolder()
const open: { close(): Promise<void> }[] = []
afterEach(async () => {
  for (const each of open.splice(0).reverse()) await each.close()
})

async function started(path: 'chatUrl' | 'messagesUrl', model: object) {
  const upstream = await startUpstream(() => text('hello'))
  const provider = { name: 'p', api_base_url: upstream[path], api_key: 'k', models: [model] }
  const config = { Providers: [provider], Router: { default: 'p,m' } }
  const file = folder.write('config.json', JSON.stringify(config))
  const server = await gatewayServer(loadConfig(file, {}), '', { CLAUDE_CONFIG_DIR: folder.path })
  open.push(upstream, server)
  return { upstream, server }
}

const image = { type: 'image', source: { type: 'base64', media_type: 'image/png', data: 'aGk=' } }
const REQUEST = {
  model: 'x',
  max_tokens: 32_000,
  thinking: { type: 'adaptive' },
  output_config: { effort: 'high' },
  tools: [{ name: 'Bash', input_schema: { type: 'object' } }],
  messages: [{ role: 'user', content: [{ type: 'text', text: 'look' }, image] }],
}

async function sent({ upstream, server }: { upstream: Upstream; server: GatewayServer }) {
  const response = await server.post(REQUEST)
  await response.text()
  const dropped = (response.headers.get('x-ccr-dropped') ?? '').split(', ')
  return { status: response.status, dropped, raw: upstream.requests[0]?.raw ?? '' }
}

describe.each(['chatUrl', 'messagesUrl'] as const)('a model object, on %s', (path) => {
  it('that forbids everything takes it out of the request, and names it', async () => {
    const model = { id: 'm', maxOutput: 4_000, input: ['text'], reasoning: false, tools: false }
    const { status, dropped, raw } = await sent(await started(path, model))
    expect(status).toBe(200)
    expect(raw).not.toMatch(/Bash|aGk=|thinking|effort/)
    expect(raw).toMatch(/"max_(completion_)?tokens":4000/)
    const names = ['tools', 'thinking', 'output_config.effort']
    expect(dropped).toEqual(expect.arrayContaining(names))
    expect(dropped.join()).toMatch(/messages\.image|image/)
  })

  it('that allows everything leaves it', async () => {
    const model = { id: 'm', maxOutput: 64_000, input: ['text', 'image'], tools: true }
    const { dropped, raw } = await sent(await started(path, model))
    expect(raw).toContain('Bash')
    expect(raw).toContain('aGk=')
    expect(raw).toMatch(/"max_(completion_)?tokens":32000/)
    expect(dropped).not.toContain('tools')
    expect(dropped.join()).not.toContain('image')
  })
})
