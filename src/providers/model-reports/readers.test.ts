/** What each kind of server reports of its models. The answers are written by hand (test/support/local-servers.ts). */
import { describe, expect, it } from 'vitest'
import {
  type Answers,
  llamacpp,
  lmstudio,
  ollama,
  type OllamaModel,
  vllm,
} from '../../../test/support/local-servers.ts'
import { queryServer } from './query.ts'
import type { GetJson } from './reader.ts'

/** Fetches from answers instead of a server, and keeps what was requested. */
function fetching(answers: Answers): GetJson & { readonly requested: string[] } {
  const requested: string[] = []
  const fetch = (path: string, body?: object): Promise<unknown> => {
    const key = `${body === undefined ? 'GET' : 'POST'} ${path}`
    requested.push(key)
    const found = answers[key]
    return Promise.resolve(
      typeof found === 'function' ? (found as (sent: unknown) => unknown)(body) : found,
    )
  }
  return Object.assign(fetch, { requested })
}

describe('Ollama', () => {
  const read = async (model: OllamaModel, wanted = 'qwen3') =>
    (await queryServer('ollama', fetching(ollama(model)), [wanted]))?.get(wanted)

  it('reports the context with which a model is loaded before what it was made for', async () => {
    const model = { name: 'qwen3:latest', made: 40_960, running: 4_096 }
    expect(await read(model)).toEqual({
      server: 'ollama',
      contextWindow: 4_096,
      basis: 'running',
      modelWindow: 40_960,
      images: false,
      reasoning: false,
      tools: true,
    })
  })

  it.each([
    ['the parameter of the model', { numCtx: 8_192 }, 8_192, 'set'],
    ['no more than the model was made for', { numCtx: 1_000_000 }, 40_960, 'set'],
    ['else what the model was made for', {}, 40_960, 'model'],
  ])('reports of a model that is not loaded %s', async (_, more, contextWindow, basis) => {
    const report = await read({ name: 'qwen3:latest', made: 40_960, ...more })
    expect(report).toMatchObject({ contextWindow, basis })
  })

  it('says when the parameter of the model is why its context is small', async () => {
    const small = { name: 'qwen3:latest', made: 40_960, numCtx: 4_096 }
    expect((await read({ ...small, running: 4_096 }))?.isParameter).toBe(true)
    expect((await read(small))?.isParameter).toBe(true)
    expect(await read({ name: small.name, made: 40_960, running: 4_096 })).not.toHaveProperty(
      'isParameter',
    )
  })

  it('reports the parameter of a model that is loaded with another context, as requests load it again', async () => {
    const model = { name: 'qwen3:latest', made: 40_960, numCtx: 8_192 }
    for (const running of [4_096, 32_768]) {
      expect(await read({ ...model, running })).toMatchObject({
        contextWindow: 8_192,
        basis: 'set',
        isParameter: true,
      })
    }
  })

  it('reads a parameter in the notation for large numbers', async () => {
    const answers = {
      ...ollama(),
      'POST /api/show': { parameters: 'num_ctx                        1e+06' },
    }
    const found = await queryServer('ollama', fetching(answers), ['m'])
    expect(found?.get('m')).toMatchObject({ contextWindow: 1_000_000, basis: 'set' })
  })

  it('takes a model of its cloud for whole, which it always is', async () => {
    const answers = {
      ...ollama(),
      'POST /api/show': {
        remote_host: 'https://ollama.com:443',
        model_info: { 'general.architecture': 'glm', 'glm.context_length': 202_752 },
      },
    }
    const found = await queryServer('ollama', fetching(answers), ['glm-4.6:cloud'])
    expect(found?.get('glm-4.6:cloud')).toMatchObject({ contextWindow: 202_752, basis: 'set' })
  })

  it('knows a model by any way to write its name', async () => {
    const model = { name: 'hf.co/Org/Model:Q4_K_M', made: 40_960, running: 8_192 }
    const show = ollama(model)['POST /api/show'] as (body: unknown) => unknown
    const answers = { ...ollama(model), 'POST /api/show': () => show({ model: model.name }) }
    const wanted = 'hf.co/org/model:q4_k_m'
    const found = await queryServer('ollama', fetching(answers), [wanted])
    expect(found?.get(wanted)?.contextWindow).toBe(8_192)
  })

  it('reads abilities, where the version lists them', async () => {
    const capabilities = ['completion', 'vision', 'thinking']
    expect(await read({ name: 'qwen3:latest', made: 1, capabilities })).toMatchObject({
      images: true,
      reasoning: true,
      tools: false,
    })
    const answers = { ...ollama(), 'POST /api/show': { model_info: {} } }
    const found = await queryServer('ollama', fetching(answers), ['m'])
    expect(found?.get('m')).toEqual({ server: 'ollama' })
  })

  it('queries no more than sixteen models, the first ones', async () => {
    const fetch = fetching(ollama())
    const wanted = Array.from({ length: 50 }, (_, n) => `m${String(n)}`)
    await queryServer('ollama', fetch, wanted)
    expect(fetch.requested.filter((request) => request === 'POST /api/show')).toHaveLength(16)
  })
})

describe('llama.cpp', () => {
  it('reports what a slot takes, for whatever name a request gives the model', async () => {
    const found = await queryServer('llamacpp', fetching(llamacpp({ vision: true })), ['x'])
    expect([...(found ?? [])]).toEqual([
      [
        '*',
        {
          server: 'llamacpp',
          contextWindow: 32_768,
          basis: 'running',
          modelWindow: 131_072,
          images: true,
          tools: true,
        },
      ],
    ])
  })

  it('in router mode reports each model, and loads none', async () => {
    const loaded = 'ggml-org/gemma-3-4b-it-GGUF:Q4_K_M'
    const architecture = { input_modalities: ['text', 'image'], output_modalities: ['text'] }
    const props = `/props?model=${encodeURIComponent(loaded)}&autoload=false`
    const fetch = fetching({
      'GET /v1/models': {
        data: [
          { id: loaded, status: { value: 'loaded' }, meta: { n_ctx_train: 131_072 } },
          { id: 'other', status: { value: 'unloaded' }, architecture },
        ],
      },
      'GET /props': { role: 'router' },
      [`GET ${props}`]: { default_generation_settings: { n_ctx: 16_384 } },
    })
    const found = await queryServer('llamacpp', fetch, [loaded, 'other'])
    expect(found?.get(loaded)).toMatchObject({ contextWindow: 16_384, basis: 'running' })
    expect(found?.get('other')).toEqual({ server: 'llamacpp', images: true })
    expect(fetch.requested).toEqual(['GET /v1/models', 'GET /props', `GET ${props}`])
  })

  it('reports nothing while the model is still loading', async () => {
    const answers = { 'GET /v1/models': { data: [{ id: 'm', owned_by: 'llamacpp', meta: null }] } }
    expect(await queryServer('llamacpp', fetching(answers), [])).toBeUndefined()
  })
})

/** Written after the example of https://lmstudio.ai/docs/developer/rest/list. */
const GEMMA = {
  type: 'llm',
  key: 'gemma-3-12b',
  loaded_instances: [
    { id: 'gemma-3-12b', config: { context_length: 8_192 } },
    { id: 'long', config: { context_length: 65_536 } },
  ],
  max_context_length: 131_072,
  capabilities: { vision: true, trained_for_tool_use: false },
}

describe('LM Studio', () => {
  it('reports the context of each instance, and of several the smallest for the model', async () => {
    const answers = lmstudio(GEMMA, { type: 'embedding', key: 'e', max_context_length: 2_048 })
    const found = await queryServer('lmstudio', fetching(answers), [])
    expect(found?.get('gemma-3-12b')).toEqual({
      server: 'lmstudio',
      contextWindow: 8_192,
      basis: 'running',
      modelWindow: 131_072,
      images: true,
    })
    expect(found?.get('long')?.contextWindow).toBe(65_536)
    expect(found?.has('e')).toBe(false)
  })

  it('reports of a model that is not loaded what it was made for', async () => {
    const found = await queryServer(
      'lmstudio',
      fetching(lmstudio({ ...GEMMA, loaded_instances: [] })),
      [],
    )
    expect(found?.get('gemma-3-12b')).toMatchObject({ contextWindow: 131_072, basis: 'model' })
  })

  it('is read through its older API where it has no newer one', async () => {
    const entry = { object: 'model', max_context_length: 32_768 }
    const found = await queryServer(
      'lmstudio',
      fetching({
        'GET /api/v0/models': {
          data: [
            { ...entry, id: 'v', type: 'vlm', state: 'not-loaded' },
            {
              ...entry,
              id: 'l',
              type: 'llm',
              state: 'loaded',
              loaded_context_length: 4_096,
              capabilities: ['tool_use'],
            },
            { ...entry, id: 'e', type: 'embeddings', state: 'loaded' },
          ],
        },
      }),
      [],
    )
    expect([...(found?.keys() ?? [])]).toEqual(['v', 'l'])
    expect(found?.get('v')).toMatchObject({ contextWindow: 32_768, basis: 'model', images: true })
    expect(found?.get('l')).toMatchObject({
      contextWindow: 4_096,
      basis: 'running',
      images: false,
      tools: true,
    })
  })
})

describe('a server that lists limits', () => {
  it('reports them, for an adapter those of its parent', async () => {
    const found = await queryServer('openai', fetching(vllm(32_768)), [])
    const report = { server: 'openai', contextWindow: 32_768, basis: 'running' }
    expect(found?.get('Qwen/Qwen3-8B')).toEqual(report)
    expect(found?.get('sql-lora')).toEqual(report)
  })

  it.each([['context_length'], ['context_window'], ['max_context_length']])(
    'may call them %s',
    async (field) => {
      const answers = { 'GET /v1/models': { data: [{ id: 'm', [field]: 8_192 }] } }
      const found = await queryServer('openai', fetching(answers), [])
      expect(found?.get('m')?.contextWindow).toBe(8_192)
    },
  )
})

describe('a server of which nothing is known', () => {
  it.each([
    ['Ollama', ollama({ name: 'qwen3:latest', made: 40_960, running: 4_096 }), 4_096],
    ['llama.cpp', llamacpp(), 32_768],
    [
      'LM Studio',
      {
        ...lmstudio({ ...GEMMA, key: 'qwen3:latest', loaded_instances: [] }),
        'GET /v1/models': { data: [{ id: 'qwen3:latest', owned_by: 'organization_owner' }] },
      },
      131_072,
    ],
  ])('is recognised as %s by its list of models', async (_, answers, window) => {
    const found = await queryServer(undefined, fetching(answers), ['qwen3:latest'])
    expect((found?.get('qwen3:latest') ?? found?.get('*'))?.contextWindow).toBe(window)
  })

  it('is asked for nothing else where the list says all, or shows no known kind', async () => {
    for (const answers of [vllm(8_192), vllm(undefined), {}]) {
      const fetch = fetching(answers)
      await queryServer(undefined, fetch, ['m'])
      expect(fetch.requested).toEqual(['GET /v1/models'])
    }
  })
})

describe('numbers that cannot be', () => {
  it.each([[-1], [0], [1.5], ['32768'], [null], [1e12], [[8_192]], [{}]])(
    'are no report: %j',
    async (value) => {
      const found = await queryServer('openai', fetching(vllm(value)), [])
      expect(found?.size).toBe(0)
      const props = { default_generation_settings: { n_ctx: value } }
      const answers = { ...llamacpp(), 'GET /props': props, 'GET /v1/models': { data: [] } }
      expect(await queryServer('llamacpp', fetching(answers), [])).toBeUndefined()
    },
  )

  it.each([
    ['text'],
    [null],
    [[]],
    [{ data: 'x', models: {} }],
    [{ data: [null, 3, [], { id: 7 }] }],
  ])('and answers of another shape are none either: %j', async (answer) => {
    const everywhere = new Proxy({}, { get: () => answer })
    for (const kind of ['ollama', 'llamacpp', 'lmstudio', 'openai', undefined] as const) {
      const found = await queryServer(kind, fetching(everywhere), ['m'])
      expect([...(found?.values() ?? [])].filter((one) => 'contextWindow' in one)).toEqual([])
    }
  })

  it('a list is read as far as its first five hundred models', async () => {
    const data = Array.from({ length: 5_000 }, (_, n) => ({
      id: `m${String(n)}`,
      max_model_len: 9,
    }))
    const found = await queryServer('openai', fetching({ 'GET /v1/models': { data } }), [])
    expect(found?.size).toBe(500)
  })
})
