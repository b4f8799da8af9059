import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Config } from '../config/config.ts'
import { GatewayError } from '../messages/error.ts'
import { resolveRoute } from './resolve.ts'

type Part = Pick<Config, 'providers' | 'router'>

function config(models: Record<string, string[]>, standard?: string): Part {
  return {
    providers: Object.entries(models).map(([name, list]) => ({
      name,
      url: 'https://x.test',
      apiKey: 'k',
      models: list,
      missing: [],
    })),
    router: standard === undefined ? {} : { default: standard },
  }
}

const CONFIG = config(
  {
    openrouter: ['openai/gpt-4', 'anthropic/claude-sonnet-4'],
    ollama: [],
    deepseek: ['chat', 'r1'],
  },
  'deepseek,chat',
)

function routed(model: string, preference = '', part = CONFIG): string {
  const { choice, reason } = resolveRoute({ model }, part, { preference, alias: 'ccr-a3f2d8e1' })
  return `${choice.provider} | ${choice.model} | ${reason}`
}

function refused(model: string, preference: string, part: Part): GatewayError {
  try {
    resolveRoute({ model }, part, { preference, alias: 'ccr-default' })
  } catch (error) {
    expect(error).toBeInstanceOf(GatewayError)
    return error as GatewayError
  }
  throw new Error('a route was found')
}

describe('resolveRoute', () => {
  it.each([
    ['deepseek,r1', 'deepseek | r1 | explicit'],
    ['deepseek/r1', 'deepseek | r1 | explicit'],
    ['DeepSeek , R1', 'deepseek | r1 | explicit'],
    ['deepseek,r1[1m]', 'deepseek | r1 | explicit'],
    ['openrouter,openai/gpt-4 [1M]', 'openrouter | openai/gpt-4 | explicit'],
    ['ollama,qwen3:8b', 'ollama | qwen3:8b | explicit'],
    ['demo,demo-b', 'demo | demo-b | explicit'],
  ])('takes %j of the request before the preference', (model, expected) => {
    expect(routed(model, 'openrouter/openai/gpt-4')).toBe(expected)
  })

  it.each([
    'claude-sonnet-5-5',
    'claude-haiku-4-5-20251001',
    'claude-sonnet-5-5[1m]',
    'ccr-a3f2d8e1',
    'ccr-a3f2d8e1[1m]',
    'r1',
    'openai/gpt-4',
    'anthropic/claude-sonnet-4',
    'unknown,model',
    'deepseek,unknown',
    'deepseek,',
    'demo',
    '',
  ])('takes the preference where the request says only %j', (model) => {
    expect(routed(model, 'openrouter,openai/gpt-4')).toBe('openrouter | openai/gpt-4 | preference')
  })

  it('never takes the alias of the session for a provider and model', () => {
    const part = config({ ccr: ['a'] }, 'ccr,a')
    const session = { preference: '', alias: 'ccr/a' }
    expect(resolveRoute({ model: 'ccr/a' }, part, session).reason).toBe('default')
  })

  it('takes Router.default without a preference, or where it names nothing that is there', () => {
    expect(routed('claude-sonnet-5-5')).toBe('deepseek | chat | default')
    expect(routed('claude-sonnet-5-5', '  ')).toBe('deepseek | chat | default')
    expect(routed('x', 'nothing,here')).toBe('deepseek | chat | default (preference not found)')
    expect(routed('x', 'deepseek,r2')).toBe('deepseek | chat | default (preference not found)')
  })

  it('takes Router.default where the preference fits several', () => {
    const part = config({ a: ['x/m', 'y/m'] }, 'a,x/m')
    expect(routed('x', 'm', part)).toBe('a | x/m | default (preference not found)')
  })

  it.each([
    ['deepseek/r1', 'deepseek | r1 | default'],
    ['deepseek, r1', 'deepseek | r1 | default'],
    ['DEEPSEEK,R1', 'deepseek | r1 | default'],
    ['r1', 'deepseek | r1 | default'],
    ['openrouter,gpt-4', 'openrouter | openai/gpt-4 | default'],
    ['ollama,qwen', 'ollama | qwen | default'],
    ['demo,demo-a', 'demo | demo-a | default'],
    ['deepseek,not-listed', 'deepseek | not-listed | default'],
  ])('reads Router.default %j as %s', (standard, expected) => {
    expect(routed('x', '', { ...CONFIG, router: { default: standard } })).toBe(expected)
  })

  it('says when another model is taken than the one written', () => {
    const session = { preference: 'openrouter/gpt-4', alias: 'ccr-1' }
    expect(resolveRoute({ model: 'ccr-1' }, CONFIG, session)).toEqual({
      choice: { provider: 'openrouter', model: 'openai/gpt-4' },
      reason: 'preference',
      note: 'openrouter/gpt-4 taken as openrouter,openai/gpt-4',
    })
  })

  it('serves the demo without any provider', () => {
    expect(routed('ccr-1', 'demo,demo-b', config({}))).toBe('demo | demo-b | preference')
  })

  it('invents nothing: without a default it says what is missing and what is there', () => {
    const error = refused('claude-sonnet-5-5', '', config({ only: ['one'] }))
    expect(error).toMatchObject({ kind: 'invalid_request_error', status: 400, shouldRetry: false })
    expect(error.message).toBe(
      'No model is chosen for this request. "claude-sonnet-5-5" is no configured provider and ' +
        'model. The config has no Router.default. ' +
        'Set Router.default to "provider,model", or use CCR_MODEL_PREFERENCE=provider,model. ' +
        'Configured: only (one).',
    )
  })

  it('says why neither the preference nor the default helps', () => {
    const part = config({ a: ['1', '2', '3', '4', '5', '6', '7'], b: [] }, 'c,1')
    const { message } = refused('x', 'a,8', part)
    expect(message).toContain(`The session's preference does not help: a has no model "8"`)
    expect(message).toContain('Router.default is "c,1": there is no provider "c" in the config.')
    expect(message).toContain('Configured: a (1, 2, 3, 4, 5, and 2 more), b (any model).')
    expect(refused('x', '', config({}, 'a,')).message).toContain('No providers are configured.')
    expect(refused('x', '', config({ a: ['m'] }, 'a,')).message).toContain('names no model of a')
  })
})

describe('any request, config and session', () => {
  const word = fc.oneof(
    fc.string(),
    fc.constantFrom('a', 'A', 'b', 'm', 'x/m', 'm-20240101', 'demo'),
  )
  const text = fc.oneof(
    word,
    fc.tuple(word, fc.constantFrom(',', '/', ' , '), word).map((parts) => parts.join('')),
  )
  const part = fc
    .tuple(
      fc.dictionary(word, fc.array(word, { maxLength: 4 }), { maxKeys: 4 }),
      fc.option(text, { nil: undefined }),
    )
    .map(([models, standard]) => config(models, standard))

  it('give a route to a configured provider, or a GatewayError', () => {
    fc.assert(
      fc.property(text, part, text, text, (model, any, preference, alias) => {
        try {
          const { choice } = resolveRoute({ model }, any, { preference, alias })
          const known = any.providers.some(({ name }) => name === choice.provider)
          expect(known || choice.provider === 'demo').toBe(true)
          expect(choice.model).not.toBe('')
        } catch (error) {
          expect(error).toBeInstanceOf(GatewayError)
        }
      }),
      { numRuns: 500 },
    )
  })

  it('an explicit choice that is configured always wins', () => {
    const name = fc.stringMatching(/^[a-z][a-z0-9-]{0,8}$/).filter((plain) => plain !== 'demo')
    const id = fc.stringMatching(/^[\w.:@/,-]{1,12}$/)
    const models = fc.dictionary(name, fc.array(id, { minLength: 1, maxLength: 4 }), { minKeys: 1 })
    const suffix = fc.constantFrom('', '[1m]')
    fc.assert(
      fc.property(
        models,
        fc.constantFrom(',', '/'),
        suffix,
        text,
        fc.option(text, { nil: undefined }),
        (offers, separator, end, preference, standard) => {
          for (const [provider, list] of Object.entries(offers)) {
            const model = list[0]!
            const request = { model: `${provider}${separator}${model}${end}` }
            const session = { preference, alias: 'ccr-a3f2d8e1' }
            expect(resolveRoute(request, config(offers, standard), session)).toEqual({
              choice: { provider, model },
              reason: 'explicit',
            })
          }
        },
      ),
    )
  })
})

it('takes the names of model discovery and of the client for what they mean', () => {
  const config = { providers: [{ name: 'p', models: ['m'] }], router: {} } as never
  const session = { preference: '', alias: 'ccr-1' }
  for (const model of ['claude-ccr/p,m', 'p,m[1m]', 'claude-ccr/p,m[1m]']) {
    expect(resolveRoute({ model }, config, session).choice).toEqual({ provider: 'p', model: 'm' })
  }
})
