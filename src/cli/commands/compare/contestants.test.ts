import { describe, expect, it } from 'vitest'
import { labelOf } from './contestants.ts'

describe('the label of a model, for folders and branches', () => {
  it.each([
    ['openrouter,openai/GPT-4.1', 'gpt-4.1'],
    ['demo,demo-a', 'demo-a'],
    ['fast', 'fast'],
    ['p,qwen3:32b', 'qwen3-32b'],
    ['p,../../etc', 'etc'],
    ['p,..', 'model'],
    ['p,模型', 'model'],
    ['p,x.lock', 'x-lock'],
    ['p,logs', 'model-x'],
    ['p,run.json', 'model-x'],
    ['p,a..b', 'a.b'],
    [`p,${'x'.repeat(100)}`, 'x'.repeat(40)],
  ])('of %j is %s', (model, label) => {
    expect(labelOf(model, new Set())).toBe(label)
  })

  it('is one of its own when a model is named twice', () => {
    expect(labelOf('p,a', new Set(['a']))).toBe('a-2')
    expect(labelOf('q/a', new Set(['a', 'a-2']))).toBe('a-3')
  })

  it('has the number of the sample when a model runs several times, and stays unique', () => {
    expect(labelOf('p,gpt', new Set(), 2)).toBe('gpt-2')
    expect(labelOf('q,gpt', new Set(['gpt-1']), 1)).toBe('gpt-1-2')
    expect(labelOf(`p,${'x'.repeat(100)}`, new Set(), 20)).toBe(`${'x'.repeat(40)}-20`)
    expect(labelOf('p,..', new Set(), 1)).toBe('model-1')
  })
})
