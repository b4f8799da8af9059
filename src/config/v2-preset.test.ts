import { describe, expect, it } from 'vitest'
import { presetOf } from './v2-preset.ts'

// Written by hand, in the form of version 2.
const MANIFEST = {
  name: 'fast-coding',
  version: '1.0.0',
  description: 'Cheap and fast',
  author: 'somebody',
  Providers: [
    {
      name: 'openrouter',
      api_base_url: '#{base}/chat/completions',
      api_key: '#{key}',
      models: '#{models}',
    },
  ],
  Router: { default: 'openrouter,#{model}' },
  StatusLine: { enabled: true },
  schema: [
    { id: 'base', type: 'input', defaultValue: 'https://openrouter.ai/api/v1' },
    { id: 'key', type: 'password', label: 'API key', required: true },
    { id: 'model', type: 'select', defaultValue: 'a/b' },
    { id: 'models', type: 'multiselect', defaultValue: ['a/b', 'c/d'] },
    { id: 'limit', type: 'number', required: false },
  ],
  configMappings: [
    {
      target: 'Providers[0].transformer.use',
      value: ['openrouter'],
      when: { field: 'model', operator: 'ne', value: 'x' },
    },
    {
      target: 'Router.longContextThreshold',
      value: '#{limit}',
      when: [{ field: 'limit', operator: 'exists', value: true }],
    },
    { target: 'constructor.prototype.bad', value: 1 },
  ],
  userValues: { model: 'c/d' },
  noServer: true,
}

describe('a preset of version 2', () => {
  it('tells what it is and what it asks for', () => {
    const preset = presetOf(MANIFEST, 'folder')
    expect(preset).toMatchObject({
      name: 'fast-coding',
      version: '1.0.0',
      description: 'Cheap and fast',
    })
    expect(
      preset.inputs.map(({ id, required, isSecret, value }) => [id, required, isSecret, value]),
    ).toEqual([
      ['base', true, false, 'https://openrouter.ai/api/v1'],
      ['key', true, true, undefined],
      ['model', true, false, 'c/d'],
      ['models', true, false, ['a/b', 'c/d']],
      ['limit', false, false, undefined],
    ])
    expect(preset.notes).toEqual([expect.stringContaining('noServer') as string])
  })

  it('becomes a config: answers in their places, mappings where they hold, nothing else', () => {
    const preset = presetOf(MANIFEST, 'folder')
    expect(preset.configWith({ key: '${OPENROUTER_API_KEY}' })).toEqual({
      Providers: [
        {
          name: 'openrouter',
          api_base_url: 'https://openrouter.ai/api/v1/chat/completions',
          api_key: '${OPENROUTER_API_KEY}',
          models: ['a/b', 'c/d'],
          transformer: { use: ['openrouter'] },
        },
      ],
      Router: { default: 'openrouter,c/d' },
      StatusLine: { enabled: true },
    })
    expect(preset.configWith({ limit: 90_000, model: 'x' })).toMatchObject({
      Router: { default: 'openrouter,x', longContextThreshold: 90_000 },
    })
    expect({}).not.toHaveProperty('bad')
  })

  it('may have its config as a template, and a router in small letters', () => {
    const old = {
      template: { Providers: [{ name: '#{p}' }] },
      router: { default: '#{p},m' },
      userValues: { p: 'a' },
    }
    const preset = presetOf(old, 'folder')
    expect(preset.name).toBe('folder')
    expect(preset.configWith({})).toEqual({
      Providers: [{ name: 'a' }],
      Router: { default: 'a,m' },
    })
  })

  it('asks a question only where its `when` holds, and forgets its answer elsewhere', () => {
    const asking = presetOf(
      {
        Providers: [{ name: 'p', api_base_url: '{{url}}', api_key: 'Bearer {{ key }}' }],
        StatusLine: { default: { modules: [{ text: '{{key}}' }] } },
        schema: [
          { id: 'kind', type: 'select', defaultValue: 'cloud' },
          { id: 'url', type: 'input', when: { field: 'kind', value: 'local' } },
          { id: 'key', when: [{ field: 'kind', operator: 'ne', value: 'local' }] },
          { id: 'Router.default', type: 'input' },
        ],
      },
      'folder',
    )
    const questions = (answers: object) =>
      asking.inputs.filter((input) => asking.applies(input, { ...answers })).map(({ id }) => id)
    expect(questions({})).toEqual(['kind', 'key', 'Router.default'])
    expect(questions({ kind: 'local' })).toEqual(['kind', 'url', 'Router.default'])
    const answers = { url: 'http://h', key: 'k', 'Router.default': 'p,m' }
    expect(asking.configWith({ ...answers, kind: 'local' })).toEqual({
      Providers: [{ name: 'p', api_base_url: 'http://h', api_key: 'Bearer {{ key }}' }],
      StatusLine: { default: { modules: [{ text: '{{key}}' }] } },
      Router: { default: 'p,m' },
    })
    expect(asking.configWith(answers)).toMatchObject({
      Providers: [{ api_base_url: '{{url}}', api_key: 'Bearer k' }],
      StatusLine: { default: { modules: [{ text: '{{key}}' }] } },
    })
  })
})
