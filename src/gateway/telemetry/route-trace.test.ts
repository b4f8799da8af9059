import { describe, expect, it } from 'vitest'
import { GatewayError } from '../../messages/error.ts'
import { resolveRoute, type Route } from '../../routing/resolve.ts'
import type { Question } from '../../routing/explain.ts'
import { RouteTrace } from './route-trace.ts'

const providers = [
  { name: 'p', url: '', apiKey: '', models: ['m', 'n'], missing: [] },
  { name: 'q', url: '', apiKey: '', models: ['z'], missing: [] },
]
const SIZE = { tokens: 100, images: 1, bytes: 42 }

function question(more: Partial<Question> = {}): Question {
  return {
    request: {
      model: 'ccr-x',
      stream: true,
      messages: [{ role: 'user', content: 'secret words' }],
    },
    config: { providers, router: { default: 'p,m', think: 'q,z' }, fallback: {} },
    session: { preference: '', alias: 'ccr-x' },
    hints: { tokens: 100 },
    ...more,
  }
}

/** What is remembered of a request that took this route. */
function recorded(input: Question, route: Route | undefined, error?: GatewayError) {
  const { config, session, ...rest } = input
  const trace = new RouteTrace({ config, session })
  trace.received(rest, SIZE)
  if (route) trace.routed(route)
  return trace.end(error)
}

const routeOf = ({ request, config, session, hints }: Question): Route =>
  resolveRoute(request, config, session, hints)
const rulesOf = (input: Question, route: Route | undefined) =>
  (recorded(input, route)?.rules ?? []).map(({ rule, taken }) => (taken ? `${rule}!` : rule))

describe('what is remembered of a request', () => {
  it('is where it went and why, and no word of its prompt', () => {
    const input = question()
    const record = recorded(input, { ...routeOf(input), note: 'a note' })
    expect(record).toEqual({
      at: expect.stringMatching(/^\d{4}-\d\d-\d\dT/) as string,
      request: {
        ...{ model: 'ccr-x', requestClass: null, stream: true, messages: 1, tools: 0 },
        ...{ images: 1, bytes: 42, tokens: 100 },
      },
      rules: expect.any(Array) as unknown,
      route: 'default',
      note: 'a note',
      targets: ['p,m'],
      asked: null,
      lent: null,
      dropped: [],
      hops: [],
      status: 200,
      error: null,
    })
    expect(JSON.stringify(record)).not.toContain('secret')
  })

  it('is its error, where it went nowhere', () => {
    const error = new GatewayError('not_found_error', 'no such model')
    expect(recorded(question(), undefined, error)).toMatchObject({
      ...{ route: null, note: null, targets: [], status: 404, error: 'no such model' },
    })
    expect(recorded(question(), routeOf(question()))?.note).toBeNull()
  })

  it('is nothing of what was no request', () => {
    const { config, session } = question()
    expect(new RouteTrace({ config, session }).end(undefined)).toBeUndefined()
  })

  it('is what became of it', () => {
    const { config, session, ...rest } = question()
    const trace = new RouteTrace({ config, session })
    trace.received(rest, SIZE)
    trace.routed(routeOf(question()))
    const traced = { asked: 'p,m', lent: null, dropped: ['top_k'], hops: [] }
    expect(trace.end(undefined, traced)).toMatchObject(traced)
  })
})

describe('the rules that are remembered', () => {
  it('end with the one that took the request', () => {
    const explicit = question({ request: { model: 'p,n', messages: [] } })
    expect(rulesOf(explicit, routeOf(explicit))).toEqual(['explicit!'])
    const preference = question({ session: { preference: 'p/n', alias: 'ccr-x' } })
    expect(rulesOf(preference, routeOf(preference)).at(-1)).toBe('preference!')
    const thinking = { type: 'enabled', budget_tokens: 4000 }
    const think = question({ request: { model: 'ccr-x', messages: [], thinking } })
    expect(rulesOf(think, routeOf(think))).toEqual([
      ...['explicit', 'sub-agent tag', 'preference', 'longContext', 'webSearch', 'background'],
      ...['image', 'think!'],
    ])
    expect(rulesOf(question(), routeOf(question())).at(-1)).toBe('default!')
  })

  it('are all of them where none took it', () => {
    expect(rulesOf(question(), undefined)).toEqual([
      ...['explicit', 'sub-agent tag', 'preference', 'longContext', 'webSearch', 'background'],
      ...['image', 'think', 'default'],
    ])
  })

  it('end with a router of the user, of which only the outcome is known', () => {
    const by = (reason: string) => {
      const route = { ...routeOf(question()), reason }
      return recorded(question(), route)?.rules.slice(3)
    }
    expect(by('custom router')).toEqual([
      { rule: 'custom router', fits: true, why: 'it names the model', taken: true },
    ])
    expect(by('project: custom router')).toEqual([
      { rule: 'project', fits: true, why: 'custom router', taken: true },
    ])
  })
})
