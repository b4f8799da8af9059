import { formatModelRef } from '../lib/model-ref.ts'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Config } from '../config/config.ts'
import { GatewayError } from '../messages/error.ts'
import type { Message } from '../messages/request.ts'
import { resolveRoute, thresholdOf } from './resolve.ts'
import type { Hints } from './scenario.ts'

type Part = Pick<Config, 'providers' | 'router' | 'fallback'>
type Session = { preference: string; alias: string }

function resolve(model: string, part: Part, session: Session) {
  return resolveRoute({ model, messages: [] }, part, session, { tokens: 0 })
}

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
    fallback: {},
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
  const { choices, reason } = resolve(model, part, { preference, alias: 'ccr-a3f2d8e1' })
  const [choice] = choices
  return `${choice.provider} | ${choice.model} | ${reason}`
}

function refused(model: string, preference: string, part: Part): GatewayError {
  try {
    resolve(model, part, { preference, alias: 'ccr-default' })
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
    // Not listed: taken as it is written.
    ['deepseek,unknown', 'deepseek | unknown | explicit'],
    ['deepseek/new/one', 'deepseek | new/one | explicit'],
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
    'deepseek,',
    'demo',
    '',
  ])('takes the preference where the request says only %j', (model) => {
    expect(routed(model, 'openrouter,openai/gpt-4')).toBe('openrouter | openai/gpt-4 | preference')
  })

  it('never takes the alias of the session for a provider and model', () => {
    const part = config({ ccr: ['a'] }, 'ccr,a')
    const session = { preference: '', alias: 'ccr/a' }
    expect(resolve('ccr/a', part, session).reason).toBe('default')
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
    expect(resolve('ccr-1', CONFIG, session)).toMatchObject({
      choices: [{ provider: 'openrouter', model: 'openai/gpt-4' }],
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

describe('a model of /model that the config no longer has', () => {
  const GONE = [
    'unknown,model',
    'unknown,model[1m]',
    'claude-ccr/unknown,model',
    'anthropic,claude-sonnet-4',
    'ccr-m-0123456789ab',
    'ccr-m-0123456789ab[1m]',
  ]
  const refusal = (request: object, sender: Partial<Hints> = {}, preference = '') => {
    const whole = { model: 'unknown,model', messages: [], ...request }
    const session = { preference, alias: 'ccr-a3f2d8e1' }
    const hints = { tokens: 0, ...sender }
    try {
      return resolveRoute(whole, CONFIG, session, hints).reason
    } catch (error) {
      return error as GatewayError
    }
  }

  it.each(GONE)('is an error for %s, with and without a preference', (model) => {
    for (const preference of ['', 'openrouter,openai/gpt-4', 'nothing,here']) {
      const error = refusal({ model }, {}, preference)
      expect(error).toMatchObject({
        kind: 'invalid_request_error',
        status: 400,
        shouldRetry: false,
        origin: 'gateway',
      })
      const { message } = error as GatewayError
      expect(message).toContain(model.replace('claude-ccr/', '').replace('[1m]', ''))
      expect(message).toMatch(/Choose another one with \/model.*Configured: openrouter/)
    }
  })

  it('says which provider is missing', () => {
    expect((refusal({}) as GatewayError).message).toContain('there is no provider "unknown"')
  })

  it('is none where ccr code --model did not find it, and has said where requests go', () => {
    expect(refusal({}, { unmatchedModel: 'unknown,model' })).toBe('default')
  })

  it('is an error in any spelling where ccr code --model found it, also of a sub-agent', () => {
    for (const model of ['unknown,model', 'unknown/model', 'gone', 'claude-gone', 'demo']) {
      for (const agentId of [undefined, 'a1']) {
        const error = refusal({ model }, { namedModel: model, agentId }) as GatewayError
        expect(error.message).toMatch(`The model "${model}" is not in the config: `)
      }
    }
  })

  it('is none where it is the preference, of which the session says so', () => {
    expect(refusal({}, {}, ' unknown,model')).toBe('default (preference not found)')
  })

  it('is none for the alias of the session', () => {
    const session = { preference: '', alias: 'ccr-m-0123456789ab' }
    expect(resolve('ccr-m-0123456789ab', CONFIG, session).reason).toBe('default')
  })

  it('is none for a sub-agent, whose definition may be written for another config', () => {
    expect(refusal({}, { agentId: 'a1' })).toBe('default')
    const neutral = { model: 'ccr-m-0123456789ab' }
    expect(refusal(neutral, { agentId: 'a1' })).toBeInstanceOf(GatewayError)
  })

  it.each(['Claude, cheap', 'claude, CHEAP', 'shared, name', 'c,d', 'c,d[1m]'])(
    'is not meant by %j, which is the name or the id of models of the config',
    (model) => {
      const named = (name: string) => ({ name, abilities: {} })
      const modelDetails = {
        ...{ 'openai/gpt-4': named('Claude, cheap'), a: named('Shared, name') },
        b: named('Shared, name'),
      }
      const [first, ...others] = CONFIG.providers
      const provider = { ...(first as Config['providers'][0]), modelDetails, models: ['c,d'] }
      const part = { ...CONFIG, providers: [provider, ...others] }
      expect(routed(model, '', part)).toBe('deepseek | chat | default')
    },
  )

  it.each([
    'ccr-m-',
    'ccr-m-0123',
    'ccr-63cb3f01',
    ',model',
    'unknown,',
    'unknown, ',
    'unknown/model',
  ])('is not meant by %j', (model) => {
    expect(refusal({ model })).toBe('default')
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
          const [choice] = resolve(model, any, { preference, alias }).choices
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
            const text = `${provider}${separator}${model}${end}`
            const session = { preference, alias: 'ccr-a3f2d8e1' }
            expect(resolve(text, config(offers, standard), session)).toMatchObject({
              choices: [{ provider, model }],
              reason: 'explicit',
            })
          }
        },
      ),
    )
  })
})

it('takes the names of model discovery and of the client for what they mean', () => {
  const session = { preference: '', alias: 'ccr-1' }
  for (const model of ['claude-ccr/p,m', 'p,m[1m]', 'claude-ccr/p,m[1m]']) {
    expect(resolve(model, config({ p: ['m'] }), session).choices).toEqual([
      { provider: 'p', model: 'm' },
    ])
  }
})

describe('scenarios of Router', () => {
  const ROUTED: Part = {
    ...config({ p: ['main', 'small', 'deep', 'wide', 'eyes', 'web'] }, 'p,main'),
    router: {
      default: 'p,main',
      background: 'p,small',
      think: 'p,deep',
      longContext: 'p,wide',
      image: 'p,eyes',
      webSearch: 'p,web',
      longContextThreshold: 1000,
    },
  }
  const user = (content: unknown) => ({ role: 'user', content }) as Message
  const routeOf = (request: object, hints: Partial<Hints> = {}, preference = '') => {
    const whole = { model: 'claude-sonnet-5-5', messages: [user('hi')], ...request }
    const session = { preference, alias: 'ccr-1' }
    const { choices, reason } = resolveRoute(whole, ROUTED, session, { tokens: 10, ...hints })
    return `${choices[0].model} (${reason})`
  }
  const TITLE = {
    type: 'json_schema',
    schema: { type: 'object', properties: { title: { type: 'string' } }, required: ['title'] },
  }
  const PNG = { type: 'image', source: { type: 'base64', media_type: 'image/png', data: 'A' } }

  it.each([
    [
      'a main turn, though adaptive thinking is always on',
      { thinking: { type: 'adaptive' }, output_config: { effort: 'medium' } },
      {},
      'main (default)',
    ],
    [
      'high effort of a known model',
      { output_config: { effort: 'high' } },
      {},
      'deep (think: effort high)',
    ],
    [
      'high effort of an unknown model, which is its usual',
      { model: 'ccr-1', output_config: { effort: 'high' } },
      {},
      'main (default)',
    ],
    [
      'maximal effort',
      { model: 'ccr-1', output_config: { effort: 'max' } },
      {},
      'deep (think: effort max)',
    ],
    [
      'effort of this turn alone',
      {
        messages: [user('x'), { role: 'system', content: '', output_config: { effort: 'xhigh' } }],
      },
      {},
      'deep (think: effort xhigh)',
    ],
    [
      'plan mode',
      { messages: [user('x'), { role: 'system', content: 'Plan mode is active. The user …' }] },
      {},
      'deep (think: plan mode)',
    ],
    [
      'plan mode that was left',
      { messages: [user('Plan mode is active.'), user('You have exited plan mode.')] },
      {},
      'main (default)',
    ],
    [
      'an auxiliary request',
      {},
      { requestClass: 'auxiliary' },
      'small (background: auxiliary request)',
    ],
    [
      'the title of a conversation, which a client that says no class wants',
      { tools: [], output_config: { effort: 'medium', format: TITLE } },
      {},
      'small (background: wants a title)',
    ],
    [
      'a title that a main turn is about',
      { output_config: { format: TITLE } },
      { requestClass: 'main' },
      'main (default)',
    ],
    [
      'a title among other things',
      { output_config: { format: { schema: { properties: { title: {}, body: {} } } } } },
      {},
      'main (default)',
    ],
    ['a format that is nothing', { output_config: { format: null } }, {}, 'main (default)'],
    [
      'a haiku model',
      { model: 'claude-haiku-4-5' },
      {},
      'small (background: asks for a haiku model)',
    ],
    [
      'a web search, auxiliary as it is',
      { tools: [{ name: 'web_search', type: 'web_search_20250305' }] },
      { requestClass: 'auxiliary' },
      'web (webSearch: offers a web search)',
    ],
    ['a new image', { messages: [user([PNG])] }, {}, 'eyes (image: shows the model an image)'],
    [
      'an image in a new tool result',
      { messages: [user([{ type: 'tool_result', tool_use_id: 'a', content: [PNG] }])] },
      {},
      'eyes (image: shows the model an image)',
    ],
    [
      'an image of long ago',
      { messages: [user([PNG]), { role: 'assistant', content: 'nice' }, user('go on')] },
      {},
      'main (default)',
    ],
    ['a long context', {}, { tokens: 1001 }, 'wide (longContext: about 1001 tokens)'],
  ])('%s', (_, request, hints, expected) => {
    expect(routeOf(request, hints)).toBe(expected)
  })

  it('yield to a preference, which takes every request', () => {
    expect(routeOf({}, { requestClass: 'auxiliary', tokens: 99_999 }, 'p,main')).toBe(
      'main (preference)',
    )
  })

  it('yield to the tag in a sub-agent, which is taken out of the prompt', () => {
    const tag = '<CCR-SUBAGENT-MODEL>p,deep</CCR-SUBAGENT-MODEL>'
    const system = [
      { type: 'text', text: 'a' },
      { type: 'text', text: 'b' },
      { type: 'text', text: `${tag}c` },
    ]
    const agent = { agentId: 'a1' }
    expect(routeOf({ system }, agent)).toBe('deep (sub-agent tag)')
    expect(routeOf({ system })).toBe('main (default)')
    expect(routeOf({ messages: [user('x'), user(`${tag} do it`)] }, agent, 'p,main')).toBe(
      'deep (sub-agent tag)',
    )
    expect(routeOf({ messages: [user('x'), user('y'), user(`${tag} do it`)] }, agent)).toBe(
      'main (default)',
    )
    const request = { model: 'x', system, messages: [user('hi')] }
    const route = resolveRoute(
      request,
      ROUTED,
      { preference: '', alias: '' },
      { tokens: 1, ...agent },
    )
    expect(route.request.system).toEqual([system[0], system[1], { type: 'text', text: 'c' }])
  })
})

describe('what to fall back on', () => {
  const part = (fallback: Part['fallback']): Part => ({
    ...config({ p: ['a', 'b'], q: ['c'] }, 'p,a'),
    fallback,
  })
  const names = (fallback: Part['fallback'], preference = '') =>
    resolve('x', part(fallback), { preference, alias: '' }).choices.map((c) => c.model)

  it('is the list of the scenario, without the first choice and without what is not configured', () => {
    expect(names({ default: ['p,a', 'q,c', 'nosuch,x', 'p,b'] })).toEqual(['a', 'c', 'b'])
  })

  it('is nothing for a preference unless it has a list of its own', () => {
    expect(names({ default: ['q,c'] }, 'p,b')).toEqual(['b'])
    expect(names({ preference: ['q,c'] }, 'p,b')).toEqual(['b', 'c'])
  })

  it('is that of the preference also for a model chosen in /model or by a sub-agent', () => {
    const chosen = (fallback: Part['fallback'], preference: string) =>
      resolve('p,a', part(fallback), { preference, alias: '' }).choices.map((c) => c.model)
    expect(chosen({ default: ['q,c'] }, 'p,b')).toEqual(['a'])
    expect(chosen({ preference: ['q,c'] }, 'p,b')).toEqual(['a', 'c'])
    expect(chosen({ default: ['q,c'] }, '')).toEqual(['a', 'c'])
    expect(chosen({ default: ['q,c'] }, 'no such model')).toEqual(['a', 'c'])
    const tag = '<CCR-SUBAGENT-MODEL>p,a</CCR-SUBAGENT-MODEL>'
    const tagged = resolveRoute(
      { model: 'x', messages: [{ role: 'user', content: `${tag}do it` }] },
      part({ default: ['q,c'] }),
      { preference: 'p,b', alias: '' },
      { tokens: 1, agentId: 'agent-1' },
    )
    expect(tagged).toMatchObject({ reason: 'sub-agent tag', choices: [{ model: 'a' }] })
    expect(tagged.choices).toHaveLength(1)
  })
})

describe('a model that the user has named to the client himself', () => {
  const provider = (name: string, models: string[]) => ({
    ...{ name, models, url: `https://${name}.test`, apiKey: 'k', missing: [] },
  })
  const config = {
    providers: [provider('one', ['org/big', 'claude-x-20250101']), provider('two', ['small'])],
    router: { default: 'two,small' },
    fallback: {},
    preferences: { fast: 'one,org/big' },
  }
  const goes = (model: string, namedModel?: string) => {
    const request = { model, messages: [] }
    const hints = { tokens: 0, ...(namedModel === undefined ? {} : { namedModel }) }
    const { choices, reason } = resolveRoute(request, config, { preference: '', alias: 'a' }, hints)
    return `${formatModelRef(choices[0])}: ${reason}`
  }

  it.each([
    ['big', 'one,org/big'],
    ['fast', 'one,org/big'],
    ['claude-x', 'one,claude-x-20250101'],
    ['one', 'one,org/big'],
    ['one,new', 'one,new'],
  ])('counts in every spelling of a preference: %s', (name, choice) => {
    expect(goes(name, name)).toBe(`${choice}: explicit`)
    expect(goes(`${name}[1m]`, name)).toBe(`${choice}: explicit`)
  })

  it('counts for the requests under that name alone', () => {
    expect(goes('claude-x', 'big')).toBe('two,small: default')
    expect(goes('claude-x')).toBe('two,small: default')
  })
})

describe('a refusal', () => {
  it('is not worth asking again, and lists a few of what there is', () => {
    const names = Array.from({ length: 8 }, (_, n): [string, string[]] => [`p${String(n)}`, ['m']])
    const error = refused('x', '', config(Object.fromEntries(names)))
    expect(error).toMatchObject({ status: 400, shouldRetry: false })
    expect(error.message).toContain('p4 (m), and 3 more.')
    expect(error.message).not.toContain('p5')
  })

  it('tells of providers that take any model besides', () => {
    const part = config({ a: ['1'], b: [] })
    const providers = part.providers.map((one) => ({ ...one, takesAny: true as const }))
    const { message } = refused('x', '', { ...part, providers })
    expect(message).toContain('a (1, or any other), b (any model)')
  })
})

describe('a threshold for long contexts', () => {
  it.each([
    [undefined, 60_000],
    [100_000, 100_000],
    ['80000', 80_000],
    ['many', 60_000],
    [{ toString: [] }, 60_000],
    [0, 60_000],
  ])('that is written as %s is %i tokens', (longContextThreshold, expected) => {
    expect(thresholdOf({ longContextThreshold })).toBe(expected)
  })
})
