import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { MessagesRequest } from '../messages/request.ts'
import { claimRules, type Question, routerRules, type Rule } from './explain.ts'
import { resolveRoute } from './resolve.ts'

const providers = [
  { name: 'p', url: '', apiKey: '', models: ['m', 'n'], missing: [] },
  { name: 'q', url: '', apiKey: '', models: [], missing: [] },
]

function question(more: Partial<Question> = {}): Question {
  return {
    request: { model: 'ccr-x', messages: [{ role: 'user', content: 'hi' }] },
    config: { providers, router: { default: 'p,m' }, fallback: {} },
    session: { preference: '', alias: 'ccr-x' },
    hints: { tokens: 100 },
    ...more,
  }
}

const rules = (input: Question): Rule[] => [...claimRules(input), ...routerRules(input)]

describe('the rules for a request', () => {
  it('are all told in their order, each with its reason', () => {
    expect(rules(question())).toEqual([
      { rule: 'explicit', fits: false, why: 'asks for ccr-x, which names no configured provider' },
      { rule: 'sub-agent tag', fits: false, why: 'the prompt has none' },
      { rule: 'preference', fits: false, why: 'the session has none' },
      { rule: 'longContext', fits: false, why: 'Router.longContext is not set' },
      { rule: 'webSearch', fits: false, why: 'Router.webSearch is not set' },
      { rule: 'background', fits: false, why: 'Router.background is not set' },
      { rule: 'image', fits: false, why: 'Router.image is not set' },
      { rule: 'think', fits: false, why: 'Router.think is not set' },
      { rule: 'default', fits: true, why: 'Router.default is p,m: p,m' },
    ])
  })

  it('say what made a scenario fit, and what the threshold is', () => {
    const router = { default: 'p,m', longContext: 'p,n', think: 'nobody,x' }
    const config = { ...question().config, router }
    const request: MessagesRequest = {
      ...question().request,
      thinking: { type: 'enabled', budget_tokens: 4000 },
    }
    const found = rules(question({ config, request, hints: { tokens: 70_000 } }))
    expect(found.find(({ rule }) => rule === 'longContext')).toEqual({
      rule: 'longContext',
      fits: true,
      why: 'about 70000 tokens; the threshold is 60000: p,n',
    })
    expect(found.find(({ rule }) => rule === 'think')).toMatchObject({
      fits: false,
      why: expect.stringContaining(
        'thinking with a budget: there is no provider "nobody"',
      ) as string,
    })
  })

  it('agree with the route: the first that fits takes the request', () => {
    const model = fc.constantFrom('', 'p,m', 'p,n', 'q,z', 'nobody,x', 'm', 'claude-haiku')
    const router = fc.record({
      default: model,
      think: model,
      background: model,
      longContext: model,
    })
    fc.assert(
      fc.property(
        model,
        model,
        router,
        fc.nat(100_000),
        (requested, preference, scenarios, tokens) => {
          const one = question({
            request: { model: requested, messages: [] },
            session: { preference, alias: 'ccr-x' },
            config: { providers, router: scenarios, fallback: {} },
            hints: { tokens },
          })
          const first = rules(one).find(({ fits }) => fits)
          try {
            const { request, config, session, hints } = one
            const route = resolveRoute(request, config, session, hints)
            expect(route.reason.split(/[:(]/)[0]?.trim()).toBe(first?.rule)
            const [{ provider, model: id }] = route.choices
            expect(first?.why.endsWith(`: ${provider},${id}`)).toBe(true)
          } catch (thrown) {
            expect(thrown).toMatchObject({ name: 'GatewayError' })
            const isMissing = requested === 'nobody,x' && preference !== requested
            if (isMissing) expect(rules(one)[0]?.why).toContain('nothing else is taken')
            else expect(first).toBeUndefined()
          }
        },
      ),
    )
  })
})

describe('what is told of tags', () => {
  const asking = (content: string, hints: Partial<Question['hints']> = {}): Question =>
    question({
      request: { model: 'ccr-x', messages: [{ role: 'user', content }] },
      hints: { tokens: 100, ...hints },
    })
  const tag = (model: string): string => `<CCR-SUBAGENT-MODEL>${model}</CCR-SUBAGENT-MODEL>`
  const tagRule = (input: Question): Rule | undefined =>
    rules(input).find(({ rule }) => rule === 'sub-agent tag')

  it('is its model and where it leads, of a long name the beginning', () => {
    expect(tagRule(asking(`${tag('p,n')}\nDo it`, { agentId: 'a' }))).toEqual({
      rule: 'sub-agent tag',
      fits: true,
      why: 'the prompt has p,n: p,n',
    })
    const long = tagRule(asking(`${tag(`q,${'x'.repeat(400)}`)}\nDo it`, { agentId: 'a' }))
    expect(long?.why.length).toBeLessThan(300)
    expect(long?.why).toContain(`q,${'x'.repeat(98)}`)
  })

  it('is why those that choose nothing do not', () => {
    const mentions = [
      { model: 'p,n', location: 'a prompt' },
      { model: 'y'.repeat(300), location: 'a tool result' },
    ] as const
    const main = tagRule({ ...asking('hi'), mentions })
    expect(main).toMatchObject({ fits: false })
    expect(main?.why).toBe(
      `the tag for p,n (in a prompt), ${'y'.repeat(100)} (in a tool result) is text: ` +
        'it counts only in the task of a sub-agent',
    )
    const agent = tagRule({ ...asking('hi', { agentId: 'a' }), mentions })
    expect(agent?.why).toContain('only at the beginning of a line of the task')
  })
})
