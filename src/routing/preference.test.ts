import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { MessagesRequest } from '../messages/request.ts'
import { isDemoPreference } from '../config/demo.ts'
import { resolvePreference, sessionPreference } from './preference.ts'
import { resolveRoute } from './resolve.ts'

const PROVIDERS = [
  {
    name: 'openrouter',
    models: [
      'openai/gpt-4',
      'openai/gpt-4-turbo',
      'anthropic/claude-sonnet-4',
      'google/gemini-2.5-pro',
      'x-ai/grok-2024-11-20',
      'deepseek/r1:free',
    ],
  },
  { name: 'Anthropic', models: ['claude-3-opus-20240229', 'claude-3-5-sonnet-20241022'] },
  { name: 'ollama', models: [] },
  { name: 'openai', models: ['gpt-4-turbo', 'gpt-4o', 'o3', 'ft:gpt-4o:me,v2'] },
  { name: 'vertex', models: ['claude-opus-4@20250514', 'publishers/google/gemini-3'] },
]

function found(preference: string): string {
  const result = resolvePreference(preference, PROVIDERS)
  return result.kind === 'found'
    ? `${result.choice.provider} | ${result.choice.model}`
    : result.kind
}

describe('a preference with its provider', () => {
  it.each([
    ['openrouter,openai/gpt-4', 'openrouter | openai/gpt-4'],
    ['openrouter/openai/gpt-4', 'openrouter | openai/gpt-4'],
    ['OpenRouter,OpenAI/GPT-4', 'openrouter | openai/gpt-4'],
    ['anthropic/claude-3-opus-20240229', 'Anthropic | claude-3-opus-20240229'],
    ['  openrouter ,  openai/gpt-4  ', 'openrouter | openai/gpt-4'],
    ['openrouter / openai/gpt-4', 'openrouter | openai/gpt-4'],
    ['openrouter,deepseek/r1:free', 'openrouter | deepseek/r1:free'],
    ['openai,ft:gpt-4o:me,v2', 'openai | ft:gpt-4o:me,v2'],
    ['openai/ft:gpt-4o:me,v2', 'openai | ft:gpt-4o:me,v2'],
    ['vertex,publishers/google/gemini-3', 'vertex | publishers/google/gemini-3'],
  ])('%j is %s', (preference, expected) => {
    expect(found(preference)).toBe(expected)
    expect(resolvePreference(preference, PROVIDERS)).not.toHaveProperty('note')
  })

  it.each([
    ['openrouter/gpt-4', 'openrouter,openai/gpt-4'],
    ['openrouter,gpt-4', 'openrouter,openai/gpt-4'],
    ['openrouter,GPT-4', 'openrouter,openai/gpt-4'],
    ['openai,openai/o3', 'openai,o3'],
    ['anthropic,claude-3-opus', 'Anthropic,claude-3-opus-20240229'],
    ['anthropic,anthropic/claude-3-opus', 'Anthropic,claude-3-opus-20240229'],
    ['openrouter,grok', 'openrouter,x-ai/grok-2024-11-20'],
    ['openrouter,claude-sonnet-4-20250514', 'openrouter,anthropic/claude-sonnet-4'],
    ['vertex,claude-opus-4', 'vertex,claude-opus-4@20250514'],
    ['vertex,google/gemini-3', 'vertex,publishers/google/gemini-3'],
  ])('%j is taken as %j, and that is said', (preference, taken) => {
    const result = resolvePreference(preference, PROVIDERS)
    expect(result).toMatchObject({ kind: 'found', note: `${preference} taken as ${taken}` })
    const [provider, model] = taken.split(/,(.*)/s)
    expect(result).toMatchObject({ choice: { provider, model } })
  })

  it('takes any model of a provider that has "*", the listed ones first', () => {
    const providers = [{ name: 'p', models: ['maker/m'], takesAny: true }]
    const choice = (text: string) => resolvePreference(text, providers)
    expect(choice('p,m')).toMatchObject({ choice: { model: 'maker/m' } })
    expect(choice('p,other')).toEqual({ kind: 'found', choice: { provider: 'p', model: 'other' } })
    expect(choice('other')).toMatchObject({ kind: 'missing' })
  })

  it('takes any model of a provider that lists none, and says so', () => {
    expect(resolvePreference('Ollama,qwen3:8b', PROVIDERS)).toEqual({
      kind: 'found',
      choice: { provider: 'ollama', model: 'qwen3:8b' },
      note: 'ollama lists no models in the config; qwen3:8b is taken as given',
    })
    expect(found('ollama/library/qwen,x')).toBe('ollama | library/qwen,x')
  })

  it.each([
    [
      'openrouter,gpt-5',
      'openrouter has no model "gpt-5" in the config',
      'openrouter,openai/gpt-4',
    ],
    ['openrouter,o3', 'openrouter has no model "o3" in the config', 'openai,o3'],
    ['openai/gpt-4', 'openai has no model "gpt-4" in the config', 'openrouter,openai/gpt-4'],
    ['openai,gtp-4o', 'openai has no model "gtp-4o" in the config', 'openai,gpt-4o'],
    [
      'anthropic,claude-3-opus-20240307',
      'Anthropic has no model',
      'Anthropic,claude-3-opus-20240229',
    ],
    ['opnrouter,openai/gpt-4', 'there is no provider "opnrouter"', 'openrouter,openai/gpt-4'],
    ['opnrouter/gpt-4', 'there is no provider "opnrouter"', 'openrouter,openai/gpt-4'],
    ['azure,gpt-4o', 'there is no provider "azure" in the config', 'openai,gpt-4o'],
    ['azure/gpt-4o', 'and no provider lists the model "azure/gpt-4o"', 'openai,gpt-4o'],
    ['olama,qwen3:8b', 'there is no provider "olama" in the config', 'ollama,qwen3:8b'],
    ['openrouter', '"openrouter" is a provider; write a model too', 'openrouter,openai/gpt-4'],
    ['openrouter,', '"openrouter," names no model of openrouter', undefined],
    ['gtp-4o', 'no provider lists the model "gtp-4o"', 'openai,gpt-4o'],
    ['llama', 'no provider lists the model "llama"', undefined],
    [',gpt-4o', 'there is no provider "" in the config', 'openai,gpt-4o'],
    ['/', 'there is no provider ""', undefined],
  ])('%j is not found: %s; did you mean %s', (preference, reason, suggestion) => {
    const result = resolvePreference(preference, PROVIDERS)
    expect(result.kind).toBe('missing')
    if (result.kind !== 'missing') return
    expect(result.reason).toContain(reason)
    expect(result.suggestions[0]).toBe(suggestion)
    expect(result.suggestions.length).toBeLessThanOrEqual(3)
  })

  it('is not found rather than taken for one of two dates', () => {
    const providers = [{ name: 'a', models: ['m-20240101', 'm-20250101'] }]
    expect(resolvePreference('a,m', providers)).toEqual({
      kind: 'ambiguous',
      candidates: [
        { provider: 'a', model: 'm-20240101' },
        { provider: 'a', model: 'm-20250101' },
      ],
      reason: '"a,m" fits several models: "a,m-20240101", "a,m-20250101"; write one in full',
    })
  })

  it('is not taken for one of several makers', () => {
    const providers = [{ name: 'a', models: ['x/m', 'y/m', 'n'] }]
    expect(resolvePreference('a/m', providers)).toMatchObject({ kind: 'ambiguous' })
    expect(resolvePreference('a/y/m', providers)).toMatchObject({ kind: 'found' })
  })

  it('prefers the id itself to its other case, and that to a near one', () => {
    const providers = [{ name: 'a', models: ['x/M', 'M-20240101', 'm', 'M', 'x/n', 'N-20240101'] }]
    expect(resolvePreference('a,M', providers)).toMatchObject({ choice: { model: 'M' } })
    expect(resolvePreference('a,N', providers)).toMatchObject({ choice: { model: 'x/n' } })
    const two = [{ name: 'a', models: ['mM', 'Mm'] }]
    expect(resolvePreference('a,mm', two)).toMatchObject({ kind: 'ambiguous' })
  })

  it('prefers the longer name of two providers, and the exact one of two spellings', () => {
    const providers = [
      { name: 'a', models: [] },
      { name: 'a/b', models: [] },
      { name: 'A', models: [] },
    ]
    expect(resolvePreference('a/b/m', providers)).toMatchObject({ choice: { provider: 'a/b' } })
    expect(resolvePreference('A,m', providers)).toMatchObject({ choice: { provider: 'A' } })
    expect(resolvePreference('a,m', providers)).toMatchObject({ choice: { provider: 'a' } })
  })
})

describe('a preference that is only a model', () => {
  it.each([
    ['gpt-4o', 'openai | gpt-4o'],
    ['GPT-4o', 'openai | gpt-4o'],
    ['gpt-4-turbo', 'openai | gpt-4-turbo'],
    ['openai/gpt-4-turbo', 'openai | gpt-4-turbo'],
    ['anthropic/claude-sonnet-4', 'missing'],
    ['google/gemini-2.5-pro', 'openrouter | google/gemini-2.5-pro'],
    ['deepseek/r1:free', 'openrouter | deepseek/r1:free'],
    ['gpt-4', 'openrouter | openai/gpt-4'],
    ['claude-3-opus', 'Anthropic | claude-3-opus-20240229'],
    ['claude-opus-4-20250514', 'missing'],
    ['ft:gpt-4o:me,v2', 'openai | ft:gpt-4o:me,v2'],
  ])('%j is %s', (preference, expected) => {
    expect(found(preference)).toBe(expected)
  })

  it('goes to the first provider that lists it', () => {
    const providers = [
      { name: 'a', models: ['x'] },
      { name: 'b', models: ['m'] },
      { name: 'c', models: ['m'] },
    ]
    expect(resolvePreference('m', providers)).toEqual({
      kind: 'found',
      choice: { provider: 'b', model: 'm' },
    })
  })

  it('is not guessed when only near ones are there, in several providers', () => {
    const providers = [
      { name: 'a', models: ['x/m'] },
      { name: 'b', models: ['x/m'] },
    ]
    const result = resolvePreference('m', providers)
    expect(result).toMatchObject({
      kind: 'ambiguous',
      candidates: [{ provider: 'a' }, { provider: 'b' }],
    })
  })

  it('is not taken for another provider when it names one that is not configured', () => {
    expect(resolvePreference('azure/gpt-4o', PROVIDERS)).toMatchObject({ kind: 'missing' })
  })

  it('is never taken for a model of a provider that lists none', () => {
    const providers = [{ name: 'ollama', models: [] }]
    expect(resolvePreference('qwen', providers)).toMatchObject({ kind: 'missing' })
  })
})

describe('no preference', () => {
  it.each(['', '  ', '\n'])('%j is none', (preference) => {
    expect(resolvePreference(preference, PROVIDERS)).toEqual({ kind: 'none' })
  })
})

describe('the built-in demo', () => {
  it.each([
    ['demo', 'demo | demo-a'],
    ['DEMO', 'demo | demo-a'],
    ['demo,', 'demo | demo-a'],
    ['demo,demo-b', 'demo | demo-b'],
    ['Demo/anything/at,all', 'demo | anything/at,all'],
    [' demo , x ', 'demo | x'],
    ['demo-a', 'missing'],
  ])('%j is %s, without a config', (preference, expected) => {
    expect(found(preference)).toBe(expected)
    const result = resolvePreference(preference, [])
    expect(result.kind === 'found').toBe(isDemoPreference(preference))
  })

  it('takes any model also when the config lists some, and a bare one only then', () => {
    const providers = [{ name: 'demo', models: ['demo-a', 'demo-b'] }]
    expect(resolvePreference('demo,other', providers)).toEqual({
      kind: 'found',
      choice: { provider: 'demo', model: 'other' },
    })
    expect(resolvePreference('demo-b', providers)).toMatchObject({ choice: { provider: 'demo' } })
    expect(resolvePreference('other', providers)).toMatchObject({ kind: 'missing' })
  })

  it.each([
    ['demo', true],
    [' Demo , x', true],
    ['demo/x', true],
    ['demo-a', false],
    ['demos,x', false],
    ['x,demo', false],
    ['', false],
  ])('isDemoPreference(%j) is %s', (preference, expected) => {
    expect(isDemoPreference(preference)).toBe(expected)
  })
})

describe('any preference and any providers', () => {
  const name = fc.oneof(fc.string(), fc.constantFrom('a', 'A', 'b/c', 'demo', 'openai'))
  const model = fc.oneof(fc.string(), fc.constantFrom('m', 'M', 'x/m', 'm-20240101', 'y/m,z:1'))
  const offers = fc.array(fc.record({ name, models: fc.array(model, { maxLength: 6 }) }), {
    maxLength: 5,
  })
  const preference = fc.oneof(
    fc.string(),
    model,
    fc.tuple(name, fc.constantFrom(',', '/', ' , '), model).map((parts) => parts.join('')),
  )

  it('never end with a model that has no name', () => {
    const providers = [{ name: 'openai', models: [''] }]
    expect(resolvePreference('openai,/', providers).kind).toBe('missing')
    expect(resolvePreference('x/', providers).kind).toBe('missing')
  })

  it('end in one of the four outcomes, with a model that is listed unless any is taken', () => {
    fc.assert(
      fc.property(preference, offers, (text, providers) => {
        const result = resolvePreference(text, providers)
        if (result.kind === 'ambiguous') expect(result.candidates.length).toBeGreaterThan(1)
        if (result.kind !== 'found') return
        const { choice } = result
        const listed = providers.some(
          (offer) => offer.name === choice.provider && offer.models.includes(choice.model),
        )
        const anyTaken = providers.some(
          (offer) => offer.name === choice.provider && offer.models.length === 0,
        )
        expect(listed || anyTaken || choice.provider.toLowerCase() === 'demo').toBe(true)
        expect(choice.model).not.toBe('')
      }),
      { numRuns: 500 },
    )
  })

  it('find every configured model under its full name', () => {
    const plain = fc.stringMatching(/^[a-z][a-z0-9-]{0,8}$/).filter((text) => text !== 'demo')
    const id = fc.stringMatching(/^[\w.:@/,-]{1,12}$/)
    const some = fc.uniqueArray(
      fc.record({ name: plain, models: fc.array(id, { minLength: 1, maxLength: 5 }) }),
      { selector: (offer) => offer.name, minLength: 1, maxLength: 4 },
    )
    fc.assert(
      fc.property(some, fc.constantFrom(',', '/'), fc.nat(), fc.nat(), (providers, comma, i, j) => {
        const provider = providers[i % providers.length]!
        const wanted = provider.models[j % provider.models.length]!
        const result = resolvePreference(`${provider.name}${comma}${wanted}`, providers)
        expect(result).toEqual({
          kind: 'found',
          choice: { provider: provider.name, model: wanted },
        })
      }),
    )
  })
})

describe('a name of Preferences', () => {
  const config = {
    providers: [
      { name: 'openrouter', models: ['openai/o3', 'openai/gpt-4'] },
      { name: 'anthropic', models: ['claude-opus-4'] },
    ],
    preferences: {
      fast: 'openrouter,openai/o3',
      quick: 'fast',
      anthropic: 'openrouter,openai/gpt-4',
      'gpt-4': 'anthropic,claude-opus-4',
      broken: 'openrouter,openai/o33',
      near: 'o3',
      play: 'demo',
    },
  }

  it.each([
    ['fast', 'openrouter', 'openai/o3'],
    ['FAST', 'openrouter', 'openai/o3'],
    ['quick', 'openrouter', 'openai/o3'],
    ['anthropic', 'openrouter', 'openai/gpt-4'],
    ['gpt-4', 'anthropic', 'claude-opus-4'],
    ['anthropic,claude-opus-4', 'anthropic', 'claude-opus-4'],
    ['play', 'demo', 'demo-a'],
  ])('%s means %s,%s', (preference, provider, model) => {
    expect(sessionPreference(preference, config)).toEqual({
      kind: 'found',
      choice: { provider, model },
    })
  })

  it('is taken by the same rules as what it stands for, said aloud', () => {
    expect(sessionPreference('near', config)).toMatchObject({
      kind: 'found',
      choice: { provider: 'openrouter', model: 'openai/o3' },
      note: 'o3 taken as openrouter,openai/o3',
    })
  })

  it('that stands for no model says so with both names', () => {
    expect(sessionPreference('broken', config)).toEqual({
      kind: 'missing',
      reason:
        '"broken" stands for "openrouter,openai/o33": openrouter has no model "openai/o33" in the config',
      suggestions: ['openrouter,openai/o3'],
    })
  })

  it('is suggested for a slip', () => {
    const missing = sessionPreference('fsat', config)
    expect(missing).toMatchObject({ kind: 'missing', suggestions: ['fast'] })
  })

  it('that is the name of a model object suggests the model', () => {
    const details = { half: { name: 'Half Way' }, other: {} }
    const providers = [{ name: 'loc', models: ['half', 'other'], modelDetails: details }]
    expect(sessionPreference('half way', { providers })).toMatchObject({
      kind: 'missing',
      suggestions: ['loc,half'],
    })
  })

  it('routes every request of its session', () => {
    const request = { model: 'ccr-x', messages: [] } as unknown as MessagesRequest
    const session = { preference: 'fast', alias: 'ccr-x' }
    const providers = config.providers.map((one) => ({ ...one, url: '', apiKey: '', missing: [] }))
    const whole = { ...config, providers, router: {}, fallback: {} }
    expect(resolveRoute(request, whole, session, { tokens: 1 })).toMatchObject({
      choices: [{ provider: 'openrouter', model: 'openai/o3' }],
      reason: 'preference',
    })
  })
})

describe('the name of a provider alone', () => {
  const config = { providers: PROVIDERS }
  const meant = (preference: string, standard?: string) =>
    sessionPreference(preference, {
      ...config,
      ...(standard === undefined ? {} : { router: { default: standard } }),
    })

  it.each(['openai', 'OpenAI', 'openai,', 'openai/'])('%j is its first model', (preference) => {
    const first = PROVIDERS.find(({ name }) => name === 'openai')?.models[0]
    expect(meant(preference)).toMatchObject({
      kind: 'found',
      choice: { provider: 'openai', model: first },
      note: `${preference} is a provider: taken as openai,${first ?? ''}`,
    })
  })

  it('is the default of Router where that is of the provider', () => {
    const choice = { provider: 'openai', model: 'o3' }
    expect(meant('openai', 'openai,o3')).toMatchObject({ kind: 'found', choice })
    expect(meant('openai', 'openrouter,openai/gpt-4')).not.toMatchObject({ choice })
  })

  it('is refused in words where the provider lists no models', () => {
    const providers = [{ name: 'any', models: [] }]
    expect(sessionPreference('any', { providers })).toMatchObject({
      kind: 'missing',
      reason: '"any" is a provider; write a model too, as any,MODEL',
    })
  })
})
