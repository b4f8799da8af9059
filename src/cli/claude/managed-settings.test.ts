import { describe, expect, it } from 'vitest'
import { type Config, type ProviderConfig } from '../../config/config.ts'
import { emptyConfig } from '../../config/defaults.ts'
import { clientModels, mostWanted } from './client-models.ts'
import { managedSettings, settingsArgument } from './managed-settings.ts'

const TOKEN = 'ccr-tok-abcdefghijkl'
const LINUX = { words: ['/usr/bin/claude'], windows: false }
const WINDOWS = { words: ['C:\\claude.exe'], windows: true }

function provider(name: string, models: readonly string[], more: object = {}): ProviderConfig {
  const url = 'https://openrouter.ai/api/v1/chat/completions'
  return { name, url, models, apiKey: 'k', missing: [], ...more }
}

function config(parts: Partial<Config>): Config {
  return { ...emptyConfig(), ...parts }
}

const SESSION = {
  alias: 'ccr-a3f2d8e1',
  target: { provider: 'p', model: 'm-0' },
  unmatched: undefined,
  preference: 'p,m-0',
  firstParty: false,
}
const listOf = (parts: Partial<Config>, session: object = {}) =>
  clientModels({ ...SESSION, ...session }, config(parts), { token: TOKEN, priceText: () => 'free' })
const labels = (parts: Partial<Config>, session: object = {}): string[] =>
  listOf(parts, session).map(({ label }) => label)

describe('the models of /model', () => {
  it('are the session’s by its alias, then every other configured one, each once', () => {
    const providers = [provider('p', ['m-1', 'm-0', 'm-1']), provider('q', ['m-1', 'claude-x'])]
    expect(listOf({ providers })).toMatchObject([
      { name: 'ccr-a3f2d8e1', label: 'p,m-0', target: { provider: 'p', model: 'm-0' } },
      { name: 'p,m-1', label: 'p,m-1' },
      { name: 'q,m-1', label: 'q,m-1' },
      { name: expect.stringMatching(/^ccr-m-/) as string, label: 'q,claude-x' },
    ])
  })

  it('say how the session’s is chosen, what its window is and what it costs', () => {
    const providers = [provider('p', ['openai/gpt-4o'])]
    const target = { provider: 'p', model: 'openai/gpt-4o' }
    const of = (parts: Partial<Config>, session: object) =>
      listOf({ providers, ...parts }, { target, ...session })[0]?.description
    const known = 'Context window 128,000 tokens · free'
    expect(of({}, { preference: '' })).toBe(`The model of this session · ${known}`)
    const router = { default: 'p,openai/gpt-4o', think: 'p,openai/gpt-4o' }
    expect(of({ router }, {})).toBe(`The model of this session · ${known}`)
    expect(of({ router }, { preference: '' })).toContain('Router takes others for some requests')
  })

  it('include what only Router names; what it and Preferences name comes first', () => {
    const parts = {
      providers: [provider('p', ['m-0', 'm-1', 'm-9'])],
      router: { default: 'p,m-0', think: 'p,m-8' },
      preferences: { fast: 'p,m-9', missing: 'p,m-5' },
    }
    expect(labels(parts)).toEqual(['p,m-0', 'p,m-8', 'p,m-9', 'p,m-1'])
  })

  it('name a session whose preference matches nothing by both', () => {
    const providers = [provider('p', ['m-0'])]
    expect(labels({ providers }, { unmatched: 'nope' })).toEqual(['nope -> p,m-0'])
    expect(labels({ providers: [] }, { target: null })).toEqual(['ccr-a3f2d8e1'])
  })

  it('are called by the name that the config gives them, and then say which they are', () => {
    const modelDetails = {
      'm-0': { name: 'My\nfirst', abilities: {} },
      'm-1': { name: 'My second', abilities: { contextWindow: 32_000 } },
      'm-2': { name: ' ', abilities: {} },
      '*': { name: 'any', abilities: {} },
    }
    const providers = [provider('p', ['m-0', 'm-1', 'm-2', 'm-3'], { modelDetails })]
    const models = listOf({ providers }, { targetName: 'My first' })
    expect(models.map(({ label }) => label)).toEqual(['My first', 'My second', 'p,m-2', 'p,m-3'])
    expect(models[0]?.description).toContain('The model of this session · p,m-0')
    expect(models[1]?.description).toContain('p,m-1 · Context window 32,000 tokens')
  })

  it('of Anthropic’s own API alone are Claude models under ids that the client knows', () => {
    const url = 'https://api.anthropic.com/v1/messages'
    const models = ['claude-opus-5-5', 'claude-sonnet-5-5', 'claude-opus-5-5[1m]', 'other']
    const providers = [
      provider('anthropic', models, { url }),
      provider('two words', ['claude-haiku-4-5'], { url }),
      provider('openrouter', ['claude-haiku-4-5', 'gpt']),
    ]
    const target = { provider: 'anthropic', model: 'claude-opus-5-5' }
    const list = listOf({ providers }, { target, firstParty: true })
    expect(list.map(({ name, label }) => [name, label])).toEqual([
      ['claude-opus-5-5', 'anthropic,claude-opus-5-5'],
      ['anthropic/claude-sonnet-5-5', 'anthropic,claude-sonnet-5-5'],
    ])
    const mixed = listOf({ providers }, { target }).map(({ name }) => name)
    expect(mixed.filter((name) => name.includes('claude'))).toEqual([])
    expect(mixed).toHaveLength(7)
  })

  it('keep their names on one line, and short', () => {
    const hostile = ['a\u001b[31m\nb', 'x'.repeat(100_000), '漢'.repeat(200)]
    const shown = labels({ providers: [provider('p', hostile)] })
    expect(shown.join('')).not.toMatch(/\p{Cc}/u)
    expect(Math.max(...shown.map((label) => label.length))).toBeLessThanOrEqual(80)
    const names = listOf({ providers: [provider('p', hostile)] }).map(({ name }) => name)
    expect(Math.max(...names.map((name) => name.length))).toBeLessThanOrEqual(120)
  })

  it('leave out names that hold a secret', () => {
    const secret = 'sk-0123456789ab'
    const providers = [
      provider('p', ['m-0', `x-${secret}`, 'y-second-key-0123', `z-${TOKEN}`], {
        apiKey: secret,
        apiKeys: [secret, 'second-key-0123'],
      }),
      provider('q', [`w-${secret}`, 'k-9'], { apiKey: 'k' }),
    ]
    expect(labels({ providers })).toEqual(['p,m-0', 'q,k-9'])
  })
})

describe('the managed settings', () => {
  const models = listOf({ providers: [provider('p', ['m-0', 'm-1'])] })

  it('list exactly these models, and hide the built-in ones', () => {
    expect(managedSettings({ models })).toEqual({
      modelPicker: {
        options: [
          {
            model: 'ccr-a3f2d8e1',
            label: 'p,m-0',
            description: 'The model of this session · free',
          },
          { model: 'p,m-1', label: 'p,m-1', description: 'Context window unknown · free' },
        ],
        replaceBuiltInOptions: true,
      },
    })
  })

  it('carry prices of the same models', () => {
    const pricing = (priced: readonly { name: string }[]) => ({
      of: priced.map(({ name }) => name),
    })
    const modelPricing = { of: ['ccr-a3f2d8e1', 'p,m-1'] }
    expect(managedSettings({ models, pricing })).toMatchObject({ modelPricing })
  })

  it('are no argument where there is nothing to set', () => {
    expect(managedSettings({ models: [] })).toEqual({})
    expect(settingsArgument([[]], {}, LINUX)).toBeUndefined()
  })
})

describe('the size of the argument', () => {
  const many = (count: number, length: number): Partial<Config> => ({
    providers: [
      provider(
        'p',
        Array.from({ length: count }, (_, n) => `m-${String(n)}`.padEnd(length, 'x')),
      ),
    ],
    router: { default: `p,${'m-7'.padEnd(length, 'x')}` },
    preferences: { fast: `p,${'m-8'.padEnd(length, 'x')}` },
  })
  const argument = (parts: Partial<Config>, commandLine: typeof LINUX) => {
    const models = listOf(parts)
    const lists = [models, mostWanted(models, config(parts)), models.slice(0, 1)]
    const { text } = settingsArgument(lists, {}, commandLine) ?? {}
    const { modelPicker } = JSON.parse(text ?? '{}') as ReturnType<typeof managedSettings>
    return { text, rows: modelPicker?.options.map(({ label }) => label) ?? [] }
  }

  it('is enough for 400 models on Linux', () => {
    const { text, rows } = argument(many(400, 30), LINUX)
    expect(rows).toHaveLength(401)
    expect(Buffer.byteLength(text ?? '')).toBeLessThan(128 * 1024)
  })

  it('allows only the session’s model and those of Router and Preferences beyond it', () => {
    const short = ['p,m-0', 'p,m-7', 'p,m-8']
    const beginnings = (rows: readonly string[]) => rows.map((row) => row.slice(0, 5))
    for (const found of [argument(many(400, 30), WINDOWS), argument(many(2_000, 30), LINUX)]) {
      expect(beginnings(found.rows)).toEqual(short)
    }
  })

  it('counts the quotes and the words of the user on Windows', () => {
    const parts = many(100, 30)
    expect(argument(parts, WINDOWS).rows.length).toBeGreaterThan(100)
    const busy = { words: ['C:\\claude.exe', '"'.repeat(10_000)], windows: true }
    expect(argument(parts, busy).rows).toHaveLength(3)
    const full = { words: ['x'.repeat(31_990)], windows: true }
    expect(argument(parts, full).text).toBeUndefined()
  })
})
