import { describe, expect, it } from 'vitest'
import { emptyConfig } from '../config/defaults.ts'
import type { Config, ProviderConfig } from '../config/config.ts'
import { silent } from '../lib/log.ts'
import { explain, type Explanation } from './explain.ts'

const provider = (name: string, more: Partial<ProviderConfig> = {}): ProviderConfig => ({
  name,
  url: `https://${name}.test/v1/chat/completions`,
  apiKey: 'k',
  models: [],
  missing: [],
  ...more,
})

const BODY: object = {
  model: 'x',
  stream: true,
  messages: [{ role: 'user', content: 'my secret words' }],
}

function explained(
  config: Partial<Config>,
  { preference = '', headers = {}, body = BODY } = {},
): Promise<Explanation> {
  return explain(
    { body: JSON.stringify(body), headers },
    {
      config: { ...emptyConfig(), ...config },
      session: { id: 's', preference, alias: 'ccr-s' },
      log: silent,
    },
  )
}

describe('what would become of a request', () => {
  it('has each target: its keys, its API, its window and what it leaves out', async () => {
    const explanation = await explained(
      {
        providers: [
          provider('p', { apiKeys: ['k', 'l'], contextWindow: 5_000, models: ['m'] }),
          provider('q', { url: 'https://q.test/v1/messages' }),
        ],
        router: { default: 'p,m' },
        fallback: { default: ['q,n'] },
      },
      { body: { ...BODY, thinking: { type: 'adaptive' } } },
    )
    expect(explanation).toMatchObject({
      request: { model: 'x', stream: true, messages: 1, tools: 0, images: 0, requestClass: null },
      route: 'default',
      note: null,
      error: null,
    })
    expect(explanation.targets).toEqual([
      {
        target: 'p,m',
        keys: 2,
        format: 'openai-chat',
        url: 'https://p.test/v1/chat/completions',
        dropped: ['thinking'],
        window: 5_000,
        problem: null,
      },
      expect.objectContaining({ target: 'q,n', keys: 1, format: 'anthropic', dropped: [] }),
    ])
    expect(explanation.rules.filter(({ taken }) => taken).map(({ rule }) => rule)).toEqual([
      'default',
    ])
    expect(JSON.stringify(explanation)).not.toContain('secret words')
  })

  it('shows no secret of a URL', async () => {
    const url = 'https://user:pass-word@p.test/v1/chat/completions?api-version=1&key=sk-1&alt=sse'
    const explanation = await explained({
      providers: [provider('p', { url })],
      router: { default: 'p,m' },
    })
    expect(explanation.targets[0]?.url).toBe(
      'https://p.test/v1/chat/completions?api-version=1&key=***&alt=sse',
    )
  })

  it('names why a target cannot be used; for the first one, that is the error of the request', async () => {
    const config = {
      providers: [provider('p'), provider('q', { missing: ['Q_KEY'] })],
      router: { default: 'p,m' },
      fallback: { default: ['q,n'] },
    }
    const explanation = await explained(config)
    expect(explanation.error).toBeNull()
    expect(explanation.targets[1]).toMatchObject({
      target: 'q,n',
      keys: 0,
      url: null,
      format: null,
    })
    expect(explanation.targets[1]?.problem).toContain('Q_KEY')
    const first = await explained({ ...config, router: { default: 'q,n' } })
    expect(first.error).toContain('Q_KEY')
  })

  it('is an error in words where no model is chosen, and by whom it would have been', async () => {
    const explanation = await explained({ providers: [provider('p')] })
    expect(explanation).toMatchObject({ route: null, targets: [] })
    expect(explanation.error).toContain('No model is chosen')
    expect(explanation.rules.some(({ taken }) => taken)).toBe(false)
    const by = Object.fromEntries(explanation.rules.map(({ rule, why }) => [rule, why]))
    expect(by['custom router']).toBe('CUSTOM_ROUTER_PATH is not set')
    expect(by['project']).toBe('the project has no Router of its own')
  })

  it('goes by the headers of the client too', async () => {
    const config = {
      providers: [provider('p')],
      router: { default: 'p,m', background: 'p,small' },
    }
    const headers = { 'x-claude-code-request-class': 'auxiliary' }
    const explanation = await explained(config, { headers })
    expect(explanation.targets[0]?.target).toBe('p,small')
    expect(explanation.request.requestClass).toBe('auxiliary')
  })
})

it('says that images would be described, by whom, and where nobody would be asked', async () => {
  const modelDetails = { m: { abilities: { images: false } } }
  const providers = [provider('blind', { models: ['m'], modelDetails }), provider('eye')]
  const source = { type: 'base64', media_type: 'image/png', data: 'iVBORw0KGgo=' }
  const messages = [{ role: 'user', content: [{ type: 'image', source }] }]
  const droppedBy = async (config: Partial<Config>, preference = 'blind,m') => {
    const options = { preference, body: { ...BODY, messages } }
    return (await explained({ providers, ...config }, options)).targets[0]?.dropped
  }
  const described = ['image (described by eye,v)']
  expect(await droppedBy({ lend: { vision: 'eye,v' } })).toEqual(described)
  expect(await droppedBy({ router: { image: 'eye,v' } })).toEqual(['user.image'])
  expect(await droppedBy({ lend: { vision: 'nobody,v' } })).toEqual(['user.image'])
  expect(await droppedBy({ lend: { vision: 'blind,m' } })).toEqual(['user.image'])
  expect(await droppedBy({ lend: { vision: 'eye,v' } }, 'eye,w')).toEqual([])
})

it('says who would search the web, and nothing where the target does or nothing is lent', async () => {
  const providers = [
    provider('blind', { models: ['m'] }),
    provider('openrouter', { url: 'https://openrouter.ai/api/v1', models: ['m', 'x'] }),
  ]
  const tools = [{ type: 'web_search_20250305', name: 'web_search' }]
  const body = { ...BODY, tools }
  const noteOf = async (config: Partial<Config>, preference = 'blind,m') =>
    (await explained({ providers, ...config }, { preference, body })).note
  const searxng = {
    service: 'searxng',
    url: 'http://127.0.0.1:1',
    apiKey: '',
    missing: [],
  } as const
  expect(await noteOf({ lend: { webSearch: 'openrouter,x' } })).toBe(
    'the search goes to openrouter,x (Lend.webSearch)',
  )
  expect(await noteOf({ lend: { webSearch: searxng } })).toContain('searxng,web-search')
  expect(await noteOf({ lend: { webSearch: searxng } }, 'openrouter,m')).toBeNull()
  expect(await noteOf({})).toBeNull()
  const elsewhere = await explained(
    { providers, lend: { webSearch: searxng } },
    { preference: 'blind,m' },
  )
  expect(elsewhere.note).toBeNull()
})
