import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { GatewayError } from '../messages/error.ts'
import { parseRequest } from '../messages/request.ts'
import { resolveRoute, type Route, type RouteConfig } from './resolve.ts'
import { SCENARIOS } from './scenario.ts'

const word = fc.constantFrom(
  'p',
  'P',
  'q',
  'm',
  'x/m',
  'claude-haiku-4-5',
  'demo',
  'ccr-1',
  '',
  ' ',
)
const target = fc.oneof(
  fc.string(),
  word,
  fc.tuple(word, fc.constantFrom(',', '/', ' , '), word).map((parts) => parts.join('')),
)
/** What should not stand in a field, and what should. */
const junk = fc.oneof(fc.jsonValue({ maxDepth: 2 }), fc.constantFrom(null, [], {}, [null], '', 0))
const often = (right: fc.Arbitrary<unknown>) =>
  fc.oneof({ arbitrary: right, weight: 3 }, { arbitrary: junk, weight: 1 })

const block = fc.oneof(
  fc.record({
    type: fc.constant('text'),
    text: often(fc.constantFrom('hi', 'Plan mode is active')),
  }),
  fc.record({ type: fc.constant('image'), source: junk }),
  fc.record({ type: fc.constant('tool_result'), content: junk }),
)
const tag = fc.constant([
  { type: 'text', text: 'a' },
  { type: 'text', text: '<CCR-SUBAGENT-MODEL>q,m</CCR-SUBAGENT-MODEL>' },
])
const message = fc.record({
  role: fc.constantFrom('user', 'assistant', 'system'),
  content: often(fc.oneof(fc.string(), fc.array(block, { maxLength: 3 }))),
})
const request = fc.record(
  {
    model: target,
    messages: often(fc.array(message, { maxLength: 4 })),
    system: often(tag),
    tools: often(
      fc.array(fc.record({ name: fc.string(), type: often(fc.constant('web_search_1')) })),
    ),
    thinking: often(fc.record({ type: fc.constant('enabled'), budget_tokens: junk })),
    output_config: often(fc.record({ effort: often(fc.constant('max')), format: junk })),
    safeguards: often(fc.array(fc.record({ classifier_context: junk }))),
  },
  { requiredKeys: ['model', 'messages'] },
)

const router = fc.record(
  {
    default: target,
    longContextThreshold: junk,
    ...Object.fromEntries(SCENARIOS.map((scenario) => [scenario, often(target)])),
  },
  { requiredKeys: [] },
)
const list = fc.array(target, { maxLength: 3 })
const config: fc.Arbitrary<RouteConfig> = fc.record({
  providers: fc.array(
    fc.record({
      name: fc.constantFrom('p', 'q', 'x/y', 'ccr-1'),
      url: fc.constant('https://x.test'),
      apiKey: fc.constant('k'),
      models: fc.array(word, { maxLength: 3 }),
      fallback: list,
      missing: fc.constant([]),
    }),
    { maxLength: 3 },
  ),
  router,
  fallback: fc.dictionary(fc.constantFrom(...SCENARIOS, 'default', 'preference'), list),
  preferences: fc.dictionary(word, target, { maxKeys: 2 }),
})
const hints = fc.record({
  tokens: fc.nat(200_000),
  requestClass: fc.constantFrom(undefined, 'main', 'auxiliary', 'subagent', 'x'),
})

interface Case {
  readonly body: object
  readonly config: RouteConfig
  readonly preference: string
  readonly hints: { tokens: number; requestClass: string | undefined }
}
const anyCase = fc.record({ body: request, config, preference: target, hints })

function routeOf({ body, config, preference, hints }: Case): Route | GatewayError {
  try {
    const parsed = parseRequest(JSON.stringify(body))
    return resolveRoute(parsed, config, { preference, alias: 'ccr-1' }, hints)
  } catch (thrown) {
    if (thrown instanceof GatewayError) return thrown
    throw thrown
  }
}

describe('any body a client may send, with any Router', () => {
  it('has configured targets, the first of them once, or an error that says why', () => {
    fc.assert(
      fc.property(anyCase, (one) => {
        const end = routeOf(one)
        if (end instanceof GatewayError) {
          expect(end).toMatchObject({ kind: 'invalid_request_error', status: 400 })
          expect(end.message.length).toBeGreaterThan(10)
          return
        }
        expect(end.reason).not.toBe('')
        const names = ['demo', ...one.config.providers.map(({ name }) => name)]
        for (const { provider, model } of end.choices) {
          expect(names).toContain(provider.toLowerCase() === 'demo' ? 'demo' : provider)
          expect(model.trim()).not.toBe('')
        }
        const [first, ...others] = end.choices
        expect(others).not.toContainEqual(first)
      }),
      { numRuns: 2000 },
    )
  })

  it('goes where its model says when that is a configured provider and model', () => {
    const provider = {
      name: 'asked',
      url: 'https://x.test',
      apiKey: 'k',
      models: ['for'],
      missing: [],
    }
    fc.assert(
      fc.property(anyCase, fc.constantFrom(',', '/'), (one, separator) => {
        const providers = [...one.config.providers, provider]
        const body = { ...one.body, messages: [], model: `asked${separator}for` }
        const end = routeOf({ ...one, body, config: { ...one.config, providers } })
        if (end instanceof GatewayError) {
          // Of bodies that are no request; nothing is routed.
          expect(() => parseRequest(JSON.stringify(body))).toThrow(GatewayError)
          return
        }
        expect(end).toMatchObject({
          reason: 'explicit',
          choices: [{ provider: 'asked', model: 'for' }, ...end.choices.slice(1)],
        })
      }),
      { numRuns: 500 },
    )
  })
})
