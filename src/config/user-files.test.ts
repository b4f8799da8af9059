import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { homedir, tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { loadConfig } from './load.ts'
import { transformersFor, usedTransformers } from './schema/transformer.ts'

let dir = ''
beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), 'ccr-extensions-'))
})
afterAll(() => {
  rmSync(dir, { recursive: true, force: true })
})

function load(config: object, env = {}) {
  const file = join(dir, 'config.json')
  writeFileSync(file, JSON.stringify(config))
  const { extensions, warnings } = loadConfig(file, env)
  return { extensions, warnings: warnings.map((text) => text.replace(/^.*?:\d+:\d+: /, '')) }
}

function transformerWarnings(transformer: unknown, more: object = {}): string[] {
  const provider = { name: 'p', api_base_url: 'http://h/v1', models: ['gpt-4o'], transformer }
  return load({ Providers: [provider], ...more }).warnings
}

describe("the user's own files", () => {
  it("are found from the config's folder, the home, or anywhere", () => {
    writeFileSync(join(dir, 'router.js'), '')
    writeFileSync(join(dir, 't.js'), '')
    const { extensions, warnings } = load(
      {
        CUSTOM_ROUTER_PATH: './router.js',
        REWRITE_SYSTEM_PROMPT: '~/no-such-prompt.txt',
        transformers: [{ path: '$WHERE/t.js', options: { a: 1 } }, { path: 'u.js' }],
      },
      { WHERE: dir },
    )
    expect(extensions).toEqual({
      router: join(dir, 'router.js'),
      systemPrompt: join(homedir(), 'no-such-prompt.txt'),
      transformers: [
        { path: join(dir, 't.js'), options: { a: 1 } },
        { path: join(dir, 'u.js'), options: {} },
      ],
    })
    expect(warnings).toEqual([
      `there is no file ${join(homedir(), 'no-such-prompt.txt')}; the client's system prompt stays`,
      `there is no file ${join(dir, 'u.js')}; requests that need it fail`,
    ])
  })

  it('are none where the keys are blank', () => {
    expect(load({ CUSTOM_ROUTER_PATH: ' ', REWRITE_SYSTEM_PROMPT: '', transformers: [] })).toEqual({
      extensions: { router: '', systemPrompt: '', transformers: [] },
      warnings: [],
    })
  })

  it('may be below a folder that is called ~, and have blanks around their paths', () => {
    const { extensions } = load({
      CUSTOM_ROUTER_PATH: './~/router.js',
      transformers: [{ path: ' t.js ' }],
    })
    expect(extensions).toMatchObject({
      router: join(dir, '~', 'router.js'),
      transformers: [{ path: join(dir, 't.js') }],
    })
  })

  it('are left out where there is no path', () => {
    const transformers = ['t.js', 7, null, ['t.js'], { path: ' ' }, { path: 5 }, { name: 'x' }]
    expect(load({ transformers }).extensions.transformers).toEqual([])
    expect(load({ transformers: { path: 't.js' } }).extensions.transformers).toEqual([])
  })

  it('are told to be missing where they are named', () => {
    const file = join(dir, 'config.json')
    const source = `{
  "CUSTOM_ROUTER_PATH": "no.js",
  "transformers": [
    { "name": "x" },
    { "options": {}, "path": "u.js" },
  ],
}`
    writeFileSync(file, source)
    expect(loadConfig(file, {}).warnings.filter((text) => text.includes('no file'))).toEqual([
      `${file}:2:25: there is no file ${join(dir, 'no.js')}; requests are routed without it`,
      `${file}:5:30: there is no file ${join(dir, 'u.js')}; requests that need it fail`,
    ])
  })

  it('that the old documentation lists by name are explained', () => {
    const use =
      'this has no path and is ignored; a provider names a built-in one in its own transformer.use'
    expect(load({ transformers: [{ name: 'openrouter', providers: ['x'] }] }).warnings).toEqual([
      use,
    ])
    expect(load({ transformers: { openrouter: {} } }).warnings).toHaveLength(1)
  })
})

describe('transformers of a provider', () => {
  const transformer = {
    use: [' OpenRouter ', ['maxtoken', { max_tokens: 5 }], '', ' ', 7],
    'gpt-4o': { use: ['toolUse'] },
  }

  it('are read with their options, in any case, those of a model last', () => {
    const all = [
      { name: 'openrouter', options: {} },
      { name: 'maxtoken', options: { max_tokens: 5 } },
    ]
    expect(usedTransformers(transformer)).toEqual(all)
    expect(transformersFor(transformer, 'gpt-4o')).toEqual([
      ...all,
      { name: 'tooluse', options: {} },
    ])
    expect(transformersFor(transformer, 'other')).toEqual(all)
    expect(transformersFor(transformer, 'use')).toEqual(all)
    expect(transformersFor(undefined, 'toString')).toEqual([])
    expect(usedTransformers({ use: 7 })).toEqual([])
  })

  it.each([
    [
      { use: ['openroutr'] },
      ['there is no transformer "openroutr"; it is ignored; did you mean "openrouter"?'],
    ],
    [{ use: [['zzzzzz', {}]] }, ['there is no transformer "zzzzzz"; it is ignored']],
    [
      { use: ['qwen-cli'] },
      ['the transformer "qwen-cli" is a plug-in; put its file under transformers: [{ "path": … }]'],
    ],
    [{ use: 'openrouter' }, ['use is read as a list: ["openrouter"]']],
    [{ use: 7 }, ['use is ignored; expected a list: ["name", ["name", { … }]]']],
    [['openrouter'], ['Providers[0].transformer is read as { "use": […] }']],
    [
      'openroutr',
      [
        'Providers[0].transformer is read as { "use": […] }',
        'there is no transformer "openroutr"; it is ignored; did you mean "openrouter"?',
      ],
    ],
    [7, ['transformer is ignored; expected { "use": ["name", ["name", { … }]] }']],
    [{ gpt4o: { use: ['tooluse'] } }, ['no model "gpt4o" is listed; did you mean "gpt-4o"?']],
    [{ 'gpt-4o': ['tooluse'] }, ['Providers[0].transformer["gpt-4o"] is read as { "use": […] }']],
    [
      { 'gpt-4o': 7 },
      ['transformer["gpt-4o"] is ignored; expected { "use": ["name", ["name", { … }]] }'],
    ],
    [{ use: [{ name: 'tooluse' }] }, ['this is an object; it is read as ["name", { … }]']],
    [{ use: [{ tooluse: {} }] }, ['this is ignored; expected "name" or ["name", { … }]']],
    [{ use: ['ANTHROPIC', 'Gemini', 'vertex-openai'] }, []],
    ['', []],
  ])('%j is diagnosed', (written, expected) => {
    expect(transformerWarnings(written)).toEqual(expected)
  })

  it('are told of where they stand, also in a list that is read as { "use": […] }', () => {
    const file = join(dir, 'config.json')
    writeFileSync(
      file,
      `{ "Providers": [{ "name": "p", "api_base_url": "http://h/v1",
  "transformer": ["openrouter", "openroutr"] }] }`,
    )
    expect(loadConfig(file, {}).warnings.at(-1)).toContain(
      `${file}:2:33: there is no transformer "openroutr"`,
    )
  })

  it('may have any name where the config brings modules of its own', () => {
    writeFileSync(join(dir, 'own.js'), '')
    expect(transformerWarnings({ use: ['mine'] }, { transformers: [{ path: 'own.js' }] })).toEqual(
      [],
    )
  })

  it.each([
    ['openruoter', 'openrouter'],
    ['sihn', 'sign'],
  ])('%j beside modules of its own is asked about', (name, meant) => {
    writeFileSync(join(dir, 'sign.js'), '')
    const modules = { transformers: [{ path: 'sign.js' }] }
    expect(transformerWarnings({ use: [name] }, modules)).toEqual([
      `"${name}" is ignored unless a module of yours calls itself so; did you mean "${meant}"?`,
    ])
    expect(transformerWarnings({ use: ['Sign'] }, modules)).toEqual([])
  })
})
