import { describe, expect, it } from 'vitest'
import { childEnvironment, type LaunchOptions, withoutProviderKeys } from './launch-env.ts'

const OPTIONS: LaunchOptions = {
  baseUrl: 'http://127.0.0.1:3457',
  token: 'ccr-secret',
  alias: 'ccr-a3f2d8e1',
  target: { provider: 'openrouter', model: 'openai/gpt-4' },
  firstParty: false,
  apiTimeoutMs: 600_000,
  contextWindow: undefined,
  maxOutput: undefined,
}
const FIRST_PARTY = {
  ...OPTIONS,
  target: { provider: 'anthropic', model: 'claude-opus-4-8' },
  firstParty: true,
}

describe('the environment of the claude child', () => {
  it('is the launcher contract and nothing else', () => {
    expect(childEnvironment({}, OPTIONS)).toEqual({
      CCR_SET_VARIABLES: expect.stringContaining('ANTHROPIC_MODEL=') as string,
      CLAUDE_CODE_PROVIDER_MANAGED_BY_HOST: '1',
      ANTHROPIC_BASE_URL: 'http://127.0.0.1:3457',
      ANTHROPIC_AUTH_TOKEN: 'ccr-secret',
      ANTHROPIC_MODEL: 'ccr-a3f2d8e1',
      ANTHROPIC_DEFAULT_MODEL: 'ccr-a3f2d8e1',
      ANTHROPIC_CUSTOM_MODEL_OPTION: 'ccr-a3f2d8e1',
      ANTHROPIC_CUSTOM_MODEL_OPTION_NAME: 'openrouter,openai/gpt-4',
      CLAUDE_CODE_MAX_CONTEXT_TOKENS: '200000',
      CLAUDE_CODE_GATEWAY_HINT_HEADERS: '1',
      CLAUDE_CODE_ATTRIBUTION_HEADER: '0',
      CLAUDE_CODE_AUTO_MODE_SERVER: '0',
      API_TIMEOUT_MS: '600000',
      NO_PROXY: '127.0.0.1,localhost',
      no_proxy: '127.0.0.1,localhost',
    })
  })

  it('keeps the bare name of a Claude model on the own API of Anthropic', () => {
    expect(childEnvironment({}, FIRST_PARTY)).toEqual({
      CCR_SET_VARIABLES: expect.stringContaining('ANTHROPIC_MODEL=') as string,
      CLAUDE_CODE_PROVIDER_MANAGED_BY_HOST: '1',
      ANTHROPIC_BASE_URL: 'http://127.0.0.1:3457',
      ANTHROPIC_AUTH_TOKEN: 'ccr-secret',
      ANTHROPIC_MODEL: 'claude-opus-4-8',
      ANTHROPIC_DEFAULT_MODEL: 'claude-opus-4-8',
      CLAUDE_CODE_GATEWAY_HINT_HEADERS: '1',
      API_TIMEOUT_MS: '600000',
      NO_PROXY: '127.0.0.1,localhost',
      no_proxy: '127.0.0.1,localhost',
    })
  })

  it('lets the client list the models of the session where it is to', () => {
    const name = 'CLAUDE_CODE_ENABLE_GATEWAY_MODEL_DISCOVERY'
    const of = (parent: Record<string, string>, options: LaunchOptions) =>
      childEnvironment(parent, { ...options, discovery: true })[name]
    expect(of({}, OPTIONS)).toBe('1')
    expect(of({ [name]: '0' }, OPTIONS)).toBe('0')
    expect(of({}, FIRST_PARTY)).toBeUndefined()
  })

  it('takes a Claude model elsewhere for a foreign one', () => {
    const target = { provider: 'openrouter', model: 'anthropic/claude-sonnet-4' }
    expect(childEnvironment({}, { ...OPTIONS, target })).toMatchObject({
      ANTHROPIC_MODEL: 'ccr-a3f2d8e1',
      ANTHROPIC_CUSTOM_MODEL_OPTION_NAME: 'openrouter,anthropic/claude-sonnet-4',
      CLAUDE_CODE_AUTO_MODE_SERVER: '0',
    })
  })

  it('tells the client what the model takes, an answer within a quarter of its window', () => {
    const limits = (window: number, maxOutput?: number, parent = {}) => {
      const env = childEnvironment(parent, { ...OPTIONS, contextWindow: window, maxOutput })
      return [env['CLAUDE_CODE_MAX_CONTEXT_TOKENS'], env['CLAUDE_CODE_MAX_OUTPUT_TOKENS']]
    }
    expect(limits(128_000, 16_384)).toEqual(['128000', '16384'])
    expect(limits(131_072, 131_072)).toEqual(['131072', '32768'])
    expect(limits(131_072)).toEqual(['131072', undefined])
    expect(limits(65_536)).toEqual(['70344', '16384'])
    expect(limits(128_000, 16_384, { CLAUDE_CODE_MAX_OUTPUT_TOKENS: '9' })).toEqual(['128000', '9'])
    expect(limits(128_000, 16_384, { CLAUDE_CODE_MAX_CONTEXT_TOKENS: '9' })).toEqual(['9', '16384'])
  })

  it('labels a session without a known target by its alias', () => {
    expect(childEnvironment({}, { ...OPTIONS, target: null })).toMatchObject({
      ANTHROPIC_MODEL: 'ccr-a3f2d8e1',
      ANTHROPIC_CUSTOM_MODEL_OPTION_NAME: 'ccr-a3f2d8e1',
    })
  })

  it('replaces what would lead past the session and removes what cannot be replaced', () => {
    const environment = childEnvironment(
      {
        ANTHROPIC_BASE_URL: 'https://elsewhere.example',
        ANTHROPIC_AUTH_TOKEN: 'theirs',
        ANTHROPIC_API_KEY: 'sk-theirs',
        ANTHROPIC_MODEL: 'opus',
        CLAUDE_CODE_USE_BEDROCK: '1',
        CLAUDE_CODE_USE_VERTEX: '1',
        CLAUDE_CODE_USE_FOUNDRY: '1',
        anthropic_api_key: 'sk-lower',
      },
      OPTIONS,
    )
    expect(environment).toMatchObject({
      ANTHROPIC_BASE_URL: OPTIONS.baseUrl,
      ANTHROPIC_AUTH_TOKEN: OPTIONS.token,
      ANTHROPIC_MODEL: OPTIONS.alias,
    })
    expect(Object.keys(environment).filter((name) => /api_key|_use_/i.test(name))).toEqual([])
    expect(JSON.stringify(environment)).not.toMatch(/theirs|sk-lower/)
  })

  it('leaves the limits and the other models that the user set', () => {
    const theirs = {
      API_TIMEOUT_MS: '1000',
      CLAUDE_CODE_MAX_CONTEXT_TOKENS: '64000',
      CLAUDE_CODE_MAX_OUTPUT_TOKENS: '4096',
      ANTHROPIC_DEFAULT_HAIKU_MODEL: 'p,small',
      ANTHROPIC_SMALL_FAST_MODEL: 'p,tiny',
      HOME: '/home/user',
    }
    expect(childEnvironment(theirs, OPTIONS)).toMatchObject(theirs)
    expect(childEnvironment({ API_TIMEOUT_MS: ' ' }, OPTIONS)['API_TIMEOUT_MS']).toBe('600000')
  })

  it.each([
    ['corp.example', 'corp.example,127.0.0.1,localhost'],
    ['localhost,.corp.example', 'localhost,.corp.example,127.0.0.1'],
    ['*', '*'],
    ['', '127.0.0.1,localhost'],
  ])('appends loopback to NO_PROXY %j', (NO_PROXY, expected) => {
    expect(childEnvironment({ NO_PROXY }, OPTIONS)).toMatchObject({
      NO_PROXY: expected,
      no_proxy: expected,
    })
  })

  it('reads no_proxy where NO_PROXY is not set', () => {
    const environment = childEnvironment({ no_proxy: 'a.example' }, OPTIONS)
    expect(environment['NO_PROXY']).toBe('a.example,127.0.0.1,localhost')
  })

  it('in another session than that of the shell has nothing of the first', () => {
    const small = { ...OPTIONS, contextWindow: 8_192, maxOutput: 4_096, apiTimeoutMs: 1_000 }
    const user = { HOME: '/home/user', NO_PROXY: 'corp.example', CLAUDE_CODE_EFFORT_LEVEL: 'low' }
    for (const next of [OPTIONS, FIRST_PARTY]) {
      expect(childEnvironment(childEnvironment(user, small), next)).toEqual(
        childEnvironment(user, next),
      )
    }
  })

  it('keeps what the user set, before a session was chosen for the shell and after', () => {
    const small = { ...OPTIONS, contextWindow: 8_192, maxOutput: 4_096 }
    const shell = childEnvironment({ API_TIMEOUT_MS: '1234' }, small)
    const changed = { ...shell, CLAUDE_CODE_MAX_CONTEXT_TOKENS: '64000' }
    expect(childEnvironment(changed, OPTIONS)).toMatchObject({
      API_TIMEOUT_MS: '1234',
      CLAUDE_CODE_MAX_CONTEXT_TOKENS: '64000',
    })
    const header = { CLAUDE_CODE_ATTRIBUTION_HEADER: '0' }
    expect(childEnvironment(childEnvironment(header, small), FIRST_PARTY)).toMatchObject(header)
  })

  it('tells nothing of the token in what it notes', () => {
    const { CCR_SET_VARIABLES: mark } = childEnvironment({}, OPTIONS)
    expect(mark).not.toContain(OPTIONS.token)
  })

  it('does not change the environment it is given', () => {
    const parent = Object.freeze({ ANTHROPIC_API_KEY: 'x', GONE: undefined })
    expect(childEnvironment(parent, OPTIONS)).not.toHaveProperty('GONE')
    expect(parent.ANTHROPIC_API_KEY).toBe('x')
  })
})

const KEYS_CONFIG = { keyVariables: ['OPENAI_API_KEY', 'GITHUB_TOKEN', 'AWS_BEARER_TOKEN_BEDROCK'] }
const KEYS_ENV = {
  OPENAI_API_KEY: 'k',
  GITHUB_TOKEN: 'g',
  AWS_BEARER_TOKEN_BEDROCK: 'b',
  HOME: '/h',
}

it('the keys of providers do not reach the child; those that other tools go by do', () => {
  expect(withoutProviderKeys(KEYS_ENV, KEYS_CONFIG)).toEqual({
    GITHUB_TOKEN: 'g',
    AWS_BEARER_TOKEN_BEDROCK: 'b',
    HOME: '/h',
  })
  expect(withoutProviderKeys(KEYS_ENV, { keyVariables: [] })).toEqual(KEYS_ENV)
})

it.each(['OPENAI_API_KEY', 'X, OPENAI_API_KEY', '*'])('CCR_KEEP_KEYS=%s keeps one', (list) => {
  const kept = withoutProviderKeys({ ...KEYS_ENV, CCR_KEEP_KEYS: list }, KEYS_CONFIG)
  expect(kept).toMatchObject(KEYS_ENV)
})
