import { describe, expect, it } from 'vitest'
import type { Config, ProviderConfig } from '../../config/config.ts'
import { emptyConfig } from '../../config/defaults.ts'
import { clientIdentity } from '../../gateway/client-headers.ts'
import { formatModelRef } from '../../lib/model-ref.ts'
import { resolveRoute } from '../../routing/resolve.ts'
import { childEnvironment } from './launch-env.ts'
import { launchOptions } from './launch-options.ts'
import { resolveModelArgument } from './model-argument.ts'

const LEASE = { baseUrl: 'http://127.0.0.1:3457', token: 't' }
const CLAUDE = provider('anthropic', 'https://api.anthropic.com/v1/messages', 'claude-opus-4-8')
const OTHER = provider('openrouter', 'https://openrouter.ai/api/v1/chat/completions', 'openai/gpt')

function provider(name: string, url: string, ...models: string[]): ProviderConfig {
  return { name, url, models, apiKey: 'k', missing: [] }
}

function config(parts: Partial<Config>): Config {
  return { ...emptyConfig(), ...parts }
}

const facts = (preference: string, parts: Partial<Config>) =>
  launchOptions({ id: 'a3f2d8e1', preference }, LEASE, config(parts))

describe('what the child must know', () => {
  it('is the target of the preference, however it is spelled', () => {
    expect(facts('openrouter/gpt', { providers: [CLAUDE, OTHER], apiTimeoutMs: 5 })).toEqual({
      ...LEASE,
      alias: 'ccr-a3f2d8e1',
      target: { provider: 'openrouter', model: 'openai/gpt' },
      firstParty: false,
      apiTimeoutMs: 5,
    })
  })

  it('is the name that the config gives the target, on one line', () => {
    const modelDetails = { 'openai/gpt': { name: 'My\nmodel', abilities: {} } }
    const providers = [{ ...OTHER, modelDetails }]
    expect(facts('openrouter/gpt', { providers }).targetName).toBe('My model')
    expect(facts('openrouter/gpt', { providers: [OTHER] }).targetName).toBeUndefined()
  })

  it('is the default of the config without a preference, or with one that is not configured', () => {
    const parts = { providers: [OTHER], router: { default: 'openrouter,openai/gpt' } }
    const target = { provider: 'openrouter', model: 'openai/gpt' }
    expect(facts('', parts).target).toEqual(target)
    expect(facts('nobody,nothing', parts).target).toEqual(target)
    expect(facts('', { providers: [OTHER] }).target).toBeNull()
  })

  it('is first party for a preference on the own API of Anthropic, whatever else is configured', () => {
    expect(facts('anthropic,claude-opus-4-8', { providers: [CLAUDE, OTHER] }).firstParty).toBe(true)
  })

  it('is first party without a preference only when all providers are', () => {
    const router = { default: 'anthropic,claude-opus-4-8' }
    expect(facts('', { providers: [CLAUDE], router }).firstParty).toBe(true)
    expect(facts('', { providers: [CLAUDE, OTHER], router }).firstParty).toBe(false)
  })

  it('goes by the address of a provider, not by its name', () => {
    const named = provider('anthropic', 'https://proxy.example/v1/messages', 'claude-opus-4-8')
    expect(facts('anthropic,claude-opus-4-8', { providers: [named] }).firstParty).toBe(false)
  })

  it('knows from the catalogue what the model takes, and the longer window it may fall back on', () => {
    const url = 'https://openrouter.ai/api/v1/chat/completions'
    const providers = [provider('openrouter', url, 'openai/gpt-4o', 'openai/gpt-4.1')]
    const of = (preference: string, router: Config['router']) => {
      const { contextWindow, maxOutput } = facts(preference, { providers, router })
      return { contextWindow, maxOutput }
    }
    const router = { default: 'openrouter,openai/gpt-4o' }
    expect(of('', router)).toEqual({ contextWindow: 128_000, maxOutput: 16_384 })
    const longContext = 'openrouter,openai/gpt-4.1'
    expect(of('', { ...router, longContext }).contextWindow).toBe(1_047_576)
    expect(of('openrouter,openai/gpt-4o', { ...router, longContext }).contextWindow).toBe(128_000)
  })

  it('knows the built-in demo without a config', () => {
    const { target, firstParty } = facts('demo,demo-b', {})
    expect({ target, firstParty }).toEqual({
      target: { provider: 'demo', model: 'demo-b' },
      firstParty: false,
    })
  })
})

describe('requests of a claude that was started with --model', () => {
  const before = config({
    providers: [OTHER, provider('live', 'https://live.example/v1/chat/completions', 'm')],
    router: { default: 'openrouter,openai/gpt' },
    preferences: { fast: 'live,m', größe: 'live,m' },
  })
  const after = { ...before, providers: [OTHER] }
  const usual = { provider: 'openrouter', model: 'openai/gpt' }
  /** Where requests go under the name with which claude was started, or the error. */
  const goes = (
    name: string,
    now: Config,
    { parent = {}, preference = '', requested = name } = {},
  ) => {
    const ref = { id: 'a3f2d8e1', preference }
    const options = launchOptions(ref, LEASE, before, resolveModelArgument(name, before, usual))
    const env = childEnvironment(parent, options)
    const headers = (env['ANTHROPIC_CUSTOM_HEADERS'] ?? '').split('\n').map((line) => {
      const [header = '', value] = line.split(': ')
      return [header, value]
    })
    const identity = clientIdentity(Object.fromEntries(headers) as Record<string, string>)
    const request = { model: requested, messages: [] }
    const session = { preference, alias: options.alias }
    try {
      const { choices, reason } = resolveRoute(request, now, session, { ...identity, tokens: 0 })
      return `${formatModelRef(choices[0])}: ${reason}`
    } catch (error) {
      return String(error)
    }
  }

  it.each(['gone,m', 'gone, m', 'gone,größe', 'gone,50%', 'ccr-m-0123456789ab', 'nothing'])(
    'go where the note says, if no model was found for %j',
    (name) => {
      const { notes } = resolveModelArgument(name, before, usual)
      expect(notes.join('')).toContain('Requests go to openrouter,openai/gpt.')
      expect(goes(name, before)).toBe('openrouter,openai/gpt: default')
      expect(goes(`${name}[1m]`, before, { requested: name })).toMatch(/: default$/)
      const parent = { ANTHROPIC_CUSTOM_HEADERS: 'x-team: a' }
      expect(goes(name, before, { parent })).toBe('openrouter,openai/gpt: default')
      const preference = 'live,m'
      expect(goes(name, before, { preference })).toBe('live,m: preference')
    },
  )

  it.each(['live,m', 'live/m', 'm', 'fast', 'größe', 'live'])(
    'are refused once the model that was found for %s has left the config',
    (name) => {
      expect(goes(name, before)).toBe('live,m: explicit')
      for (const preference of ['', 'openrouter,openai/gpt']) {
        const error = goes(name, after, { preference })
        expect(error).toContain(`The model "${name}" is not in the config: `)
        expect(error).toContain('Choose another one with /model')
      }
    },
  )

  it('are refused for another name that has left the config', () => {
    expect(goes('gone,m', after, { requested: 'live,m' })).toContain(
      '"live,m" is not in the config',
    )
    expect(goes('openrouter,openai/gpt', after, { requested: 'live,m' })).toContain('"live,m" is')
  })
})
