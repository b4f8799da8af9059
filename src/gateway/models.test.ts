import { formatModelRef } from '../lib/model-ref.ts'
import type { ModelInfo } from '@anthropic-ai/sdk/resources/models'
import { describe, expect, it } from 'vitest'
import type { Config } from '../config/config.ts'
import { emptyConfig } from '../config/defaults.ts'
import { resolveRoute } from '../routing/resolve.ts'
import { modelList, modelNamed, type ModelPage, modelsAnswer } from './models.ts'

function provider(name: string, url: string, models: string[]): Config['providers'][0] {
  return { name, url, apiKey: 'k', models, missing: [] }
}

const CONFIG: Config = {
  ...emptyConfig(),
  providers: [
    provider('mine', 'https://api.openai.com/v1/chat/completions', ['gpt-4o', 'my-finetune']),
    provider('router', 'https://openrouter.ai/api/v1/chat/completions', ['z-ai/glm-4.7:nitro']),
    provider('demo', '', ['demo-a']),
  ],
}
const ID = 'claude-ccr/mine,gpt-4o'

function page(query: string): ModelPage {
  return modelsAnswer(CONFIG, `/v1/models?${query}`) as ModelPage
}

describe('GET /v1/models', () => {
  it('lists the configured models with what they can take and give', () => {
    const { data, has_more, first_id, last_id } = modelList(CONFIG)
    const first: ModelInfo | undefined = data[0]
    expect(first).toEqual({
      type: 'model',
      id: ID,
      display_name: 'mine,gpt-4o',
      created_at: '1970-01-01T00:00:00Z',
      max_input_tokens: 128_000,
      max_tokens: 16_384,
      lifecycle: 'active',
      deprecated_at: null,
      retires_at: null,
      capabilities: null,
      line: null,
    })
    expect(data[1]).toMatchObject({ max_input_tokens: null, max_tokens: null })
    expect([has_more, first_id, last_id]).toEqual([false, ID, 'claude-ccr/demo,demo-a'])
  })

  it('has ids that the client keeps and that a request can be made under', () => {
    for (const { id, display_name } of modelList(CONFIG).data) {
      expect(id).toMatch(/claude|anthropic/i)
      const request = { model: id, messages: [{ role: 'user', content: 'hi' }] }
      const session = { preference: '', alias: 'ccr-default' }
      const [choice] = resolveRoute(request, CONFIG, session, { tokens: 1 }).choices
      expect(formatModelRef(choice)).toBe(display_name)
    }
  })

  it('shows the names and the limits that the config gives its models', () => {
    const modelDetails = {
      a: { name: 'Model A', abilities: { contextWindow: 5_000, maxOutput: 100 } },
      '*': { abilities: { contextWindow: 6_000 } },
    }
    const made = { ...provider('p', 'https://p.test/v1', ['a', 'b']), modelDetails }
    expect(modelList({ providers: [made] }).data).toMatchObject([
      { id: 'claude-ccr/p,a', display_name: 'Model A', max_input_tokens: 5_000, max_tokens: 100 },
      { id: 'claude-ccr/p,b', display_name: 'p,b', max_input_tokens: 6_000, max_tokens: null },
    ])
    for (const id of ['claude-ccr/p,a', 'p,a', 'a']) {
      expect(modelNamed({ providers: [made] }, id)?.display_name).toBe('Model A')
    }
  })

  it('comes in pages', () => {
    const first = page('limit=2')
    expect(first.data).toHaveLength(2)
    expect(first.has_more).toBe(true)
    const second = page(`limit=2&after_id=${encodeURIComponent(first.last_id ?? '')}`)
    expect(second.data.map(({ id }) => id)).toEqual([
      'claude-ccr/router,z-ai/glm-4.7:nitro',
      'claude-ccr/demo,demo-a',
    ])
    expect(second.has_more).toBe(false)
    const back = page(`limit=1&before_id=${encodeURIComponent(second.first_id ?? '')}`)
    expect(back).toMatchObject({ has_more: true, first_id: 'claude-ccr/mine,my-finetune' })
    expect(page('limit=nonsense').data).toHaveLength(4)
  })
})

describe('GET /v1/models/{id}', () => {
  it.each([
    encodeURIComponent(ID),
    'claude-ccr/mine,gpt-4o',
    'mine,gpt-4o',
    'gpt-4o',
    'gpt-4o?beta=true',
  ])('finds %s', (id) => {
    expect(modelsAnswer(CONFIG, `/v1/models/${id}`)).toMatchObject({ id: ID })
  })

  it('finds ids with slashes and colons', () => {
    expect(modelsAnswer(CONFIG, '/v1/models/z-ai/glm-4.7:nitro')).toMatchObject({ type: 'model' })
  })

  it.each(['nobody', '%zz'])('knows no %s', (id) => {
    expect(() => modelsAnswer(CONFIG, `/v1/models/${id}`)).toThrow(/not configured/)
  })
})

describe('models that hold a key', () => {
  const key = 'secret-123456'
  const ids = (more: Partial<Config['providers'][0]>, apiKey = '') => {
    const made = { ...provider('p', 'https://p.test/v1', ['a', `m-${key}`]), ...more }
    return modelList({ providers: [made], apiKey }).data.map(({ display_name: name }) => name)
  }

  it('are not listed, whose key it may be', () => {
    expect(ids({})).toEqual(['p,a', `p,m-${key}`])
    expect(ids({ apiKey: key })).toEqual(['p,a'])
    expect(ids({ apiKey: 'k', apiKeys: ['k', key] })).toEqual(['p,a'])
    expect(ids({}, key)).toEqual(['p,a'])
    expect(ids({ apiKey: key, modelDetails: { a: { name: key, abilities: {} } } })).toEqual([])
  })

  it('are, where the key is a word', () => {
    expect(ids({ apiKey: key.slice(0, 11) })).toEqual(['p,a', `p,m-${key}`])
    expect(ids({ apiKey: key.slice(0, 12) })).toEqual(['p,a'])
  })
})

it('no models are a page too', () => {
  const none = { data: [], has_more: false, first_id: null, last_id: null }
  expect(modelList({ providers: [] })).toEqual(none)
  expect(modelList(CONFIG, new URLSearchParams({ before_id: ID }))).toEqual(none)
})

it('the list is found with a slash behind it, and a model by an id that cannot be decoded', () => {
  expect(modelsAnswer(CONFIG, '/v1/models/')).toMatchObject({ first_id: ID })
  expect(() => modelsAnswer(CONFIG, '/v1/models/%E0%A4%A')).toThrow('model: %E0%A4%A is not')
})
