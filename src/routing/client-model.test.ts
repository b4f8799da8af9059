import { describe, expect, it } from 'vitest'
import type { ModelRef } from '../lib/model-ref.ts'
import { configuredModels, isPlainName, neutralChoice, neutralModelId } from './client-model.ts'
import { clientModelId, explicitChoice } from './resolve.ts'

const NEUTRAL = /^ccr-m-[0-9a-f]{12}$/

function config(...models: string[]) {
  return { providers: [{ name: 'p', models }] }
}

function idOf(model: string): string {
  return clientModelId({ provider: 'p', model }, config(model))
}

describe('the id by which the client asks for a model', () => {
  it.each(['gpt-5.1', 'openai/gpt-4o:nitro', 'llama3.1:8b', 'a,b', 'o'])(
    'is the name of %s',
    (model) => {
      expect(idOf(model)).toBe(`p,${model}`)
    },
  )

  it.each([
    ...[
      'claude-3',
      'anthropic/claude-sonnet-4',
      'my-Sonnet',
      'OPUS-x',
      'haiku',
      'fable-2',
      'mythos',
    ],
    ...['gpt[1m]', 'two words', 'ünï', 'a\u0000b', '', 'x'.repeat(500)],
  ])('is neutral for %j, which the client would misread', (model) => {
    expect(idOf(model)).toMatch(NEUTRAL)
    expect(isPlainName(idOf(model))).toBe(true)
  })

  it('is the same each time, and another for each model', () => {
    const ids = ['claude-1', 'claude-2', 'claude-3'].map(idOf)
    expect(new Set(ids).size).toBe(3)
    expect(idOf('claude-1')).toBe(ids[0])
  })

  it('is neutral where the name would lead to another model', () => {
    const providers = [
      { name: 'a', models: ['b,c'] },
      { name: 'a,b', models: ['c'] },
    ]
    const refs: ModelRef[] = [
      { provider: 'a', model: 'b,c' },
      { provider: 'a,b', model: 'c' },
    ]
    const ids = refs.map((ref) => clientModelId(ref, { providers }))
    expect(new Set(ids).size).toBe(2)
    const choices = ids.map((id) => explicitChoice(id, { providers }, { alias: '' }))
    expect(choices).toMatchObject(refs.map((choice) => ({ kind: 'found', choice })))
  })
})

describe('a request with such an id', () => {
  it('is explicitly for that model, whatever the preference', () => {
    const listed = config('gpt', 'claude-sonnet-x', 'two words')
    for (const { model } of configuredModels(listed)) {
      const id = clientModelId({ provider: 'p', model }, listed)
      const found = explicitChoice(id, listed, { alias: 'ccr-m-aaaaaaaaaaaa' })
      expect(found).toEqual({ kind: 'found', choice: { provider: 'p', model } })
    }
  })

  it('finds models that only Router or Preferences name', () => {
    const routed = {
      ...config('gpt'),
      router: { default: 'p,claude-a', think: 'p,claude-b' },
      preferences: { fast: 'p,claude-c', faster: 'fast' },
    }
    expect(configuredModels(routed).map(({ model }) => model)).toEqual([
      'claude-a',
      'claude-b',
      'gpt',
    ])
    const id = neutralModelId({ provider: 'p', model: 'claude-b' })
    expect(neutralChoice(id, routed)).toEqual({ provider: 'p', model: 'claude-b' })
  })

  it('is for no model that is gone, and none that was never there', () => {
    expect(
      neutralChoice(neutralModelId({ provider: 'p', model: 'claude-a' }), config('b')),
    ).toBeUndefined()
    expect(neutralChoice('ccr-m-', config('b'))).toBeUndefined()
    expect(neutralChoice('ccr-63cb3f01', config('b'))).toBeUndefined()
  })
})

describe('the name that the config gives a model, typed in /model', () => {
  const names = (modelDetails: Readonly<Record<string, { name?: string }>>) => ({
    providers: [{ name: 'p', models: ['half', 'other'], modelDetails }],
  })
  const choiceOf = (text: string, config: ReturnType<typeof names>) =>
    explicitChoice(text, config, { alias: 'ccr-default' })

  it('is explicitly for that model', () => {
    for (const text of ['Half Way', 'half way', 'Half Way[1m]']) {
      const found = choiceOf(text, names({ half: { name: 'Half Way' }, other: {} }))
      expect(found).toEqual({ kind: 'found', choice: { provider: 'p', model: 'half' } })
    }
  })

  it('is for none where several have it, or where the client may mean its own model', () => {
    const twice = names({ half: { name: 'Same' }, other: { name: 'Same' } })
    expect(choiceOf('Same', twice)).toEqual({ kind: 'none' })
    const listed = names({ half: { name: 'claude-sonnet-5' }, other: { name: 'ccr-default' } })
    expect(choiceOf('claude-sonnet-5', listed)).toEqual({ kind: 'none' })
    expect(choiceOf('ccr-default', listed)).toEqual({ kind: 'none' })
  })

  it('counts after --model, where the user is known to have written it', () => {
    const listed = names({ half: { name: 'My Claude' } })
    const found = explicitChoice('My Claude', listed, { alias: '', namedModel: 'My Claude' })
    expect(found).toEqual({ kind: 'found', choice: { provider: 'p', model: 'half' } })
  })
})
