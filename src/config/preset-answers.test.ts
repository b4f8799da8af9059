// Manifests written by hand, in the form of version 2.
import { describe, expect, it } from 'vitest'
import { presetOf } from './v2-preset.ts'

/** The config of a manifest, as the file will hold it. */
function written(manifest: object, answers: object = {}): unknown {
  return JSON.parse(JSON.stringify(presetOf({ ...manifest }, 'folder').configWith({ ...answers })))
}

describe('what a preset says of itself', () => {
  it('is text, also where a number is written; the rest is left empty', () => {
    expect(presetOf({ name: 5, version: 2, description: { en: 'x' } }, 'folder')).toMatchObject({
      name: '5',
      version: '2',
      description: '',
    })
    expect(presetOf({ name: '' }, 'folder')).toMatchObject({ name: 'folder', version: '' })
  })

  it('has a note for each thing that ccr does not act on', () => {
    const notes = (manifest: object) => presetOf({ ...manifest }, 'folder').notes
    expect(notes({ noServer: true })).toEqual([
      'noServer is not read: its sessions go through ccr like all others.',
    ])
    expect(notes({ claudeCodeSettings: { env: {} } })).toEqual([
      "claudeCodeSettings is not read: put it into Claude Code's own settings.json.",
    ])
    expect(notes({ provider: 'openrouter' })).toEqual([
      'provider "openrouter" is not read: its entry must be under Providers.',
    ])
    expect(notes({ noServer: false, provider: { name: 'x' } })).toEqual([])
  })
})

describe('the questions of a preset', () => {
  it.each([
    [{ label: 'Your key', prompt: 'Key?' }, 'Your key'],
    [{ prompt: 'Key?' }, 'Key?'],
    [{}, 'key'],
  ])('%j are shown as %s', (texts, label) => {
    const { inputs } = presetOf({ schema: [{ id: 'key', ...texts }] }, 'folder')
    expect(inputs.map((input) => input.label)).toEqual([label])
  })

  it('are secret where a password is asked for, and needed unless it says otherwise', () => {
    const schema = [
      { id: 'a', type: 'password' },
      { id: 'b', type: 'input', required: false },
      { id: 'c', required: true },
    ]
    expect(presetOf({ schema }, 'folder').inputs).toMatchObject([
      { id: 'a', isSecret: true, required: true },
      { id: 'b', isSecret: false, required: false },
      { id: 'c', isSecret: false, required: true },
    ])
  })

  it('have the answer that was given before, else the usual one', () => {
    const schema = [
      { id: 'a', defaultValue: 1 },
      { id: 'b', defaultValue: 2 },
    ]
    const { inputs } = presetOf({ schema, userValues: { a: 0 } }, 'folder')
    expect(inputs.map(({ value }) => value)).toEqual([0, 2])
  })

  it('are none where the manifest has none, or no list of them', () => {
    for (const manifest of [{}, { schema: null, userValues: null, template: null }]) {
      const preset = presetOf(manifest, 'folder')
      expect([preset.inputs, preset.notes]).toEqual([[], []])
      expect(preset.configWith({})).toEqual({})
    }
    const { inputs } = presetOf({ schema: [null, { id: 'a' }], userValues: null }, 'folder')
    expect(inputs.map(({ id }) => id)).toContain('a')
  })
})

describe('`when` of a preset', () => {
  const holds = (when: unknown, answers: object): boolean => {
    const preset = presetOf({ schema: [{ id: 'q', when }] }, 'folder')
    const [input] = preset.inputs
    return input !== undefined && preset.applies(input, { ...answers })
  }

  it.each([
    ['eq', 'x', 'x', true],
    ['eq', 'x', 'y', false],
    ['ne', 'x', 'y', true],
    ['ne', 'x', 'x', false],
    ['in', ['x', 'y'], 'y', true],
    ['in', ['x', 'y'], 'z', false],
    ['in', 'x', 'x', true],
    ['nin', ['x', 'y'], 'z', true],
    ['nin', ['x', 'y'], 'x', false],
    ['gt', 5, 6, true],
    ['gt', 5, '5', false],
    ['lt', 5, 4, true],
    ['lt', 5, 5, false],
    ['gte', '5', 5, true],
    ['gte', 5, 4, false],
    ['lte', 5, 5, true],
    ['lte', 5, 6, false],
    ['exists', true, 'x', true],
    ['exists', true, undefined, false],
    ['exists', undefined, 'x', true],
    ['exists', false, 'x', false],
    ['exists', false, undefined, true],
    ['like', 'x', 'x', false],
    ['toString', 'x', 'x', false],
    [7, 'x', 'x', false],
  ])('%s %j for the answer %j: %s', (operator, value, answer, expected) => {
    expect(holds({ field: 'f', operator, value }, { f: answer })).toBe(expected)
  })

  it('must hold in each of its parts, and nothing asks for everything', () => {
    const one = { field: 'a', value: 1 }
    const other = { field: 'b', value: 2 }
    expect(holds([one, other], { a: 1, b: 2 })).toBe(true)
    expect(holds([one, other], { a: 1, b: 3 })).toBe(false)
    expect([holds(null, {}), holds(undefined, {}), holds([], {})]).toEqual([true, true, true])
  })

  it('knows no answers that nobody gave', () => {
    expect(holds({ field: 'constructor', operator: 'exists', value: true }, {})).toBe(false)
  })
})

describe('the config of a preset', () => {
  it('keeps numbers, switches and null as they are', () => {
    const manifest = { PORT: 4000, LOG: false, PROXY_URL: null, Router: { think: 'p,${x}' } }
    expect(presetOf(manifest, 'folder').configWith({})).toStrictEqual(manifest)
  })

  it('takes answers as text within a text, as they are in place of a whole one', () => {
    const manifest = {
      Router: { default: 'p,#{ model }', longContextThreshold: '{{tokens}}' },
      HOST: 'a-{{tokens}}-#{list}',
      models: '#{list}',
    }
    const answers = { model: 'm', tokens: 90_000, list: ['a'] }
    expect(written(manifest, answers)).toEqual({
      Router: { default: 'p,m', longContextThreshold: 90_000 },
      HOST: 'a-90000-#{list}',
      models: ['a'],
    })
  })

  it('leaves places that no question is called', () => {
    const manifest = { HOST: '#{host}', CLAUDE_PATH: '#{toString}', LOG: 'x{{__proto__}}' }
    expect(written(manifest)).toEqual(manifest)
  })

  it('says what it said where a question without an answer is a place of it', () => {
    const schema = [{ id: 'Router.default' }, { id: 'Router.think', defaultValue: 'p,t' }]
    expect(written({ schema, Router: { default: 'p,m' } })).toEqual({
      Router: { default: 'p,m', think: 'p,t' },
    })
    const unanswered = presetOf({ schema: schema.slice(0, 1) }, 'folder').configWith({})
    expect(unanswered).not.toHaveProperty('Router')
  })

  it('has each mapping whose `when` holds as a whole, or that has none', () => {
    const yes = { field: 'a', value: 1 }
    const no = { field: 'a', value: 2 }
    const configMappings = [
      { target: 'LOG', value: true },
      { target: 'HOST', value: 'h', when: [yes, no] },
      { target: 'PORT', value: 1, when: [yes, yes] },
    ]
    expect(written({ configMappings }, { a: 1 })).toEqual({ LOG: true, PORT: 1 })
  })

  it('is the same each time: no answer stays in the manifest, nor a mapping in an answer', () => {
    const preset = presetOf(
      {
        StatusLine: { enabled: true },
        models: '#{models}',
        configMappings: [
          {
            target: 'StatusLine.theme',
            value: '#{theme}',
            when: { field: 'theme', operator: 'exists' },
          },
          { target: 'models[1]', value: 'own' },
        ],
      },
      'folder',
    )
    const models = ['m']
    const config = { StatusLine: { enabled: true }, models: ['m', 'own'] }
    expect(preset.configWith({ models, theme: 'dark' })).toEqual({
      ...config,
      StatusLine: { enabled: true, theme: 'dark' },
    })
    expect(preset.configWith({ models })).toEqual(config)
    expect(models).toEqual(['m'])
  })

  it.each([
    ['Router.default', { Router: { default: 'v' } }],
    ['fallback.default[1]', { fallback: { default: [null, 'v'] } }],
    ['list[10]', { list: [...Array.from({ length: 10 }, () => null), 'v'] }],
    ['a.o3.use', { a: { o3: { use: 'v' } } }],
    ['a.4o-mini.use', { a: { '4o-mini': { use: 'v' } } }],
    ['empty.inner', { empty: { inner: 'v' } }],
    ['text.inner', { text: { inner: 'v' } }],
    ['', {}],
    ['__proto__.bad', {}],
    ['Router.__proto__.bad', {}],
    ['constructor.prototype.bad', {}],
    ['prototype', {}],
  ])('has a mapping to %j where that is', (target, expected) => {
    const there = target.startsWith('empty') ? { empty: null } : {}
    const text = target.startsWith('text') ? { text: 'x' } : {}
    const manifest = { ...there, ...text, configMappings: [{ target, value: 'v' }] }
    const config = presetOf(manifest, 'folder').configWith({})
    expect(JSON.parse(JSON.stringify(config))).toEqual(expected)
    expect(Object.keys(config)).toEqual(Object.keys(expected))
    expect({}).not.toHaveProperty('bad')
  })
})
