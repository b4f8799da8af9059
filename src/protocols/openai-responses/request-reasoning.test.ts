import { describe, expect, it } from 'vitest'
import { reasoningFields } from './request.ts'

const TARGET = { provider: 'p', model: 'gpt-5' }
const ask = (more: object, target: Parameters<typeof reasoningFields>[1] = TARGET) => {
  const dropped = new Set<string>()
  const request = { model: 'm', messages: [], ...more }
  return { fields: reasoningFields(request, target, dropped), dropped: [...dropped] }
}

describe('how much a model of Responses is asked to think', () => {
  it.each<readonly [object, object]>([
    [{}, {}],
    [{ output_config: { effort: 'high' } }, { reasoning: { effort: 'high', summary: 'auto' } }],
    [{ thinking: { type: 'adaptive' } }, { reasoning: { effort: undefined, summary: 'auto' } }],
    [
      { thinking: { type: 'enabled', budget_tokens: 1024 } },
      { reasoning: { effort: 'low', summary: 'auto' } },
    ],
  ])('for %j is %j', (more, fields) => {
    expect(ask(more)).toEqual({ fields, dropped: [] })
  })

  it('is not said to one that does not think', () => {
    const more = { output_config: { effort: 'high' } }
    expect(ask(more, { ...TARGET, model: 'gpt-4o' }).fields).toEqual({})
    expect(ask(more, { ...TARGET, can: { reasoning: false } }).fields).toEqual({})
    expect(ask(more, { ...TARGET, model: 'gpt-4o', can: { reasoning: true } }).fields).toEqual({
      reasoning: { effort: 'high', summary: 'auto' },
    })
  })
})
