import { describe, expect, it } from 'vitest'
import { testFolder } from '../../test/support/folder.ts'
import { modelList } from '../gateway/models.ts'
import { loadConfig } from './load.ts'
import { isSecretVariable } from './secret-names.ts'

const folder = testFolder()
const KEY = 'sk-or-v1-0123456789abcdef'

/** The config of a user, with this as the id of a model, a route and a preference. */
function withModel(model: string, env: Record<string, string>) {
  const config = {
    Providers: [
      { name: 'o', api_base_url: 'https://o.test/v1', api_key: '${O}', models: [model, 'plain'] },
    ],
    Router: { default: `o,${model}` },
    Preferences: { fast: `o,${model}` },
    fallback: { default: [`o,${model}`] },
  }
  return loadConfig(folder.write('config.json', JSON.stringify(config)), env)
}

describe('a variable in the name of a model', () => {
  it.each([
    ['that is a key in the config', '${O}', { O: 'short' }],
    ['under another spelling', 'x-$O', { O: 'short' }],
    ['with a default', '${O:-m}', { O: 'short' }],
    ['whose name says that it is a key', '${OTHER_API_KEY}', { O: 'k', OTHER_API_KEY: 'abc' }],
    ['whose value looks like one', '${THING}', { O: 'k', THING: KEY }],
    ['whose value is random', '${THING}', { O: 'k', THING: 'Zm9vYmFyMTIzNDU2Nzg5MGFiY2RlZg' }],
    ['beside another', '${M}${O}', { O: 'short', M: 'm' }],
  ])('is not put in: one %s', (_, model, env) => {
    const config = withModel(model, env)
    const shown = JSON.stringify([
      modelList(config),
      config.router,
      config.preferences,
      config.fallback,
    ])
    for (const value of Object.values(env)) {
      if (value !== 'm' && value !== 'k') expect(shown).not.toContain(value)
    }
    expect(shown).toContain(model)
    expect(config.warnings.join()).toContain('it is not put into a name that every client can see')
    expect(config.warnings.join()).not.toContain(env.O === 'k' ? KEY : 'short')
    expect(config.providers[0]?.apiKey).toBe(env.O)
  })

  it('is put in when it is none, and said aloud', () => {
    const config = withModel('${M}', { O: KEY, M: 'anthropic/claude-sonnet-4-5-20250929' })
    expect(config.providers[0]?.models[0]).toBe('anthropic/claude-sonnet-4-5-20250929')
    expect(config.router.default).toBe('o,anthropic/claude-sonnet-4-5-20250929')
    expect(config.warnings.join()).toContain('takes its name from the variable M')
  })

  it('is told from a key by more than its length', () => {
    const ids = ['gpt-4.1-mini-2025-04-14', 'deepseek/deepseek-chat-v3-0324:free', 'qwen3:32b']
    for (const id of ids) expect(isSecretVariable('MODEL', id)).toBe(false)
    for (const name of ['MONKEY', 'TOKENIZER', 'KEYBOARD']) {
      expect(isSecretVariable(name, 'x')).toBe(false)
    }
  })
})

describe('what looks like a key', () => {
  it.each([
    [`${KEY}\n`, true],
    [` ${KEY}`, true],
    ['sk-123456789', true],
    ['sk-12345678', false],
    ['sk-small', false],
    ['', false],
  ])('%j: %j', (value, isKey) => {
    expect(isSecretVariable('MODEL', value)).toBe(isKey)
  })

  it('is also what clients show: APIKEY', () => {
    const config = {
      APIKEY: '$DOOR',
      Router: { default: 'demo,$DOOR' },
      Providers: [{ name: 'demo' }],
    }
    const file = folder.write('config.json', JSON.stringify(config))
    const { keyVariables, router, apiKey } = loadConfig(file, { DOOR: 'short' })
    expect(keyVariables).toEqual(['DOOR'])
    expect({ router, apiKey }).toEqual({ router: { default: 'demo,$DOOR' }, apiKey: 'short' })
  })
})

it('a key that stands in the list of models as text is shown to nobody', () => {
  const providers = [
    { name: 'p', url: 'https://p.test', apiKey: KEY, models: [`x-${KEY}`, 'm'], missing: [] },
  ]
  expect(modelList({ providers }).data.map(({ display_name: name }) => name)).toEqual(['p,m'])
})
