import { describe, expect, it } from 'vitest'
import type { Target } from '../protocol.ts'
import { encode } from './request.ts'

const TARGET = { provider: 'p', model: 'gpt-5' }
const ask = (more: object, target: Target = TARGET) => {
  const { body, dropped } = encode({ model: 'm', messages: [], ...more }, target)
  const { reasoning } = body as { readonly reasoning?: object }
  return { fields: reasoning === undefined ? {} : { reasoning }, dropped }
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
