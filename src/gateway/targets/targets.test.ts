import { describe, expect, it } from 'vitest'
import type { ProviderConfig } from '../../config/config.ts'
import type { UserTransformers } from '../../user-code/transformers.ts'
import { createTargets } from './targets.ts'

const entry = (name: string, more: Partial<ProviderConfig> = {}): ProviderConfig => ({
  name,
  url: `https://${name}.test/v1/chat/completions`,
  apiKey: 'k',
  models: [],
  missing: [],
  ...more,
})

describe('the candidates of a request', () => {
  it('are the keys of each choice, in their order', () => {
    const keyed = entry('p', { apiKey: 'a', apiKeys: ['a', 'b', 'c'] })
    const candidates = createTargets({ providers: [entry('q'), keyed] }).of([
      { provider: 'p', model: 'm' },
      { provider: 'q', model: 'n' },
    ])
    expect(candidates.map(({ name, model, key }) => [name, model, key])).toEqual([
      ['p,m#1', 'p,m', 'p#1'],
      ['p,m#2', 'p,m', 'p#2'],
      ['p,m#3', 'p,m', 'p#3'],
      ['q,n', 'q,n', 'q#1'],
    ])
    expect(candidates.map(({ provider }) => provider.secrets)).toEqual([['a'], ['b'], ['c'], ['k']])
  })

  it('carry the window of the config, which decides where a long prompt goes', () => {
    const sized = entry('p', { contextWindow: { m: 1_000, '*': 2_000 } })
    const candidates = createTargets({ providers: [sized] }).of([
      { provider: 'p', model: 'm' },
      { provider: 'p', model: 'other' },
    ])
    expect(candidates.map(({ window }) => window)).toEqual([1_000, 2_000])
  })

  it('leave out fallbacks that cannot be called, but not the first choice', () => {
    const missing = entry('q', { missing: ['Q_KEY'] })
    const candidates = createTargets({ providers: [entry('p'), missing] })
    const [p, q, gone] = [
      { provider: 'p', model: 'm' },
      { provider: 'q', model: 'm' },
      { provider: 'gone', model: 'm' },
    ]
    expect(candidates.of([p, q, gone, p]).map(({ name }) => name)).toEqual(['p,m', 'p,m'])
    expect(() => candidates.of([q, p])).toThrow('Provider q needs Q_KEY, which is not set')
    expect(() => candidates.of([gone])).toThrow('No provider "gone" in the config.')
  })

  it('say how to set what is missing, and that retries cannot help', () => {
    const providers = [entry('p', { missing: ['A', 'B'] })]
    const failing = (restart?: string) => () =>
      createTargets({ providers }, restart === undefined ? {} : { restart }).of([
        { provider: 'p', model: 'm' },
      ])
    expect(failing()).toThrow(
      'needs A and B, which are not set. Set them (export A=…; export B=…) and run `ccr restart`.',
    )
    expect(failing('X=1 ccr restart')).toThrow('run `X=1 ccr restart`')
    expect(failing()).toThrow(expect.objectContaining({ status: 401, shouldRetry: false }))
  })

  it('say that ccr can keep a key that is missing, of this session’s config', () => {
    const providers = [entry('p', { missing: ['A'], keyVariable: 'A' })]
    const env = { CCR_CONFIG: '/c.json' }
    const failing = () => createTargets({ providers }, { env }).of([{ provider: 'p', model: 'm' }])
    expect(failing).toThrow(
      'Set it (export A=…, or let ccr store it: ccr --config /c.json key set p) and run',
    )
  })

  it('are made once: what a provider keeps, such as a token, serves later requests too', () => {
    const candidates = createTargets({ providers: [entry('p'), entry('q')] })
    const [first] = candidates.of([{ provider: 'p', model: 'm' }])
    const [again] = candidates.of([{ provider: 'p', model: 'm' }])
    const [other] = candidates.of([{ provider: 'q', model: 'm' }])
    expect(again.provider).toBe(first.provider)
    expect(other.provider).not.toBe(first.provider)
  })

  it('know the field in which the provider says what an answer cost', () => {
    const router = entry('openrouter', { url: 'https://openrouter.ai/api/v1/chat/completions' })
    const [candidate] = createTargets({ providers: [router] }).of([
      { provider: 'openrouter', model: 'm' },
    ])
    expect(candidate.target).toMatchObject({ provider: 'openrouter', model: 'm' })
    expect(candidate.target.costField).toBeDefined()
    const [plain] = createTargets({ providers: [entry('p')] }).of([{ provider: 'p', model: 'm' }])
    expect(plain.target).not.toHaveProperty('costField')
  })

  it('give the user’s transformers the provider with the very key that is used', () => {
    const userTransformers: UserTransformers = {
      refresh: () => Promise.resolve(),
      names: () => ['mine'],
      has: (name) => name === 'mine',
      broken: () => [],
      chain: (used) =>
        used.some(({ name }) => name === 'mine')
          ? {
              request: (body) => Promise.resolve({ body, headers: {} }),
              response: (response) => Promise.resolve(response),
            }
          : undefined,
    }
    const transformer = { use: ['mine'] }
    const keyed = entry('p', { apiKey: 'a', apiKeys: ['a', 'b'], models: ['m'], transformer })
    const candidates = createTargets({ providers: [keyed, entry('q')] }, {}, userTransformers).of([
      { provider: 'p', model: 'm' },
      { provider: 'q', model: 'm' },
    ])
    expect(candidates.map((candidate) => candidate.userTransformers?.provider)).toEqual([
      { name: 'p', baseUrl: keyed.url, apiKey: 'a', models: ['m'], transformer },
      { name: 'p', baseUrl: keyed.url, apiKey: 'b', models: ['m'], transformer },
      undefined,
    ])
    expect(candidates[0].userTransformers?.isChat).toBe(true)
  })
})
