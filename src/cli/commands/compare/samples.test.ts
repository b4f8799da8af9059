import { describe, expect, it } from 'vitest'
import { byModel, isRepeated, samplesOf } from './samples.ts'

const none = () => false

describe('what -m asks for', () => {
  it.each([
    ['gpt-5', 'gpt-5', 1],
    ['gpt-5*3', 'gpt-5', 3],
    [' gpt-5*20 ', 'gpt-5', 20],
    ['gpt-5 *2', 'gpt-5', 2],
    ['gpt-5*1', 'gpt-5', 1],
    ['openrouter,deepseek/deepseek-r1:free*3', 'openrouter,deepseek/deepseek-r1:free', 3],
    ['p,a,b/c*2', 'p,a,b/c', 2],
    ['p,a*b*2', 'p,a*b', 2],
    ['模型*2', '模型', 2],
  ])('%j is the model %j, %d times', (given, preference, count) => {
    expect(samplesOf(given, none)).toEqual({ preference, count })
  })

  it('is a single run of a model whose name has the star itself', () => {
    const isName = (text: string) => text === 'p,a*3'
    expect(samplesOf('p,a*3', isName)).toEqual({ preference: 'p,a*3', count: 1 })
    expect(samplesOf('p,a*3*2', isName)).toEqual({ preference: 'p,a*3', count: 2 })
  })

  it.each(['a*0', 'a*x', 'a*', 'a*21', 'a*1.5', 'a*-1', 'a*03', 'a* 3', 'a*1e1', 'a*100', 'a*٣'])(
    'is refused when it is %j',
    (given) => {
      expect(() => samplesOf(given, none)).toThrow(
        `-m ${given}: * needs a whole number from 1 to 20 after it.`,
      )
    },
  )
})

describe('samples', () => {
  const sample = (letter: string, preference: string) => ({ letter, preference })

  it('are grouped by model, in the order of the models', () => {
    const all = [sample('A', 'x'), sample('B', 'y'), sample('C', 'x')]
    const letters = byModel(all).map((group) => group.map(({ letter }) => letter).join(''))
    expect(letters).toEqual(['AC', 'B'])
    expect(isRepeated(all)).toBe(true)
    expect(isRepeated(all.slice(1))).toBe(false)
  })
})
