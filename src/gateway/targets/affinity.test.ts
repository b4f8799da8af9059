import { expect, it } from 'vitest'
import { createConversationAffinity } from './affinity.ts'

const CANDIDATES = [{ name: 'a' }, { name: 'b' }] as const

it('a conversation stays with the candidate that served it', () => {
  const affinity = createConversationAffinity<(typeof CANDIDATES)[number]>()
  affinity.keep('c', CANDIDATES, 'b')
  expect(affinity.order('c', CANDIDATES).map(({ name }) => name)).toEqual(['b', 'a'])
  expect(affinity.order('other', CANDIDATES)).toEqual(CANDIDATES)
  affinity.keep('c', CANDIDATES, 'a')
  expect(affinity.order('c', CANDIDATES)).toEqual(CANDIDATES)
})

it('what a conversation sends to another model does not loosen its hold, nor take it over', () => {
  const affinity = createConversationAffinity<{ readonly name: string }>()
  const OTHERS = [{ name: 'small' }, { name: 'b' }] as const
  affinity.keep('c', CANDIDATES, 'b')
  affinity.keep('c', OTHERS, 'small')
  expect(affinity.order('c', CANDIDATES)[0].name).toBe('b')
  expect(affinity.order('c', OTHERS)[0].name).toBe('small')
})

it('what answered without being a candidate, as a search service does, loosens no hold', () => {
  const affinity = createConversationAffinity<{ readonly name: string }>()
  affinity.keep('c', CANDIDATES, 'b')
  affinity.keep('c', CANDIDATES, 'brave,web-search')
  expect(affinity.order('c', CANDIDATES)[0].name).toBe('b')
})

it('requests of no conversation are kept nowhere, and a candidate that is gone is not tried', () => {
  const affinity = createConversationAffinity<{ readonly name: string }>()
  affinity.keep(undefined, CANDIDATES, 'b')
  expect(affinity.order(undefined, CANDIDATES)).toEqual(CANDIDATES)
  affinity.keep('c', CANDIDATES, 'b')
  const left = [{ name: 'a' }, { name: 'x' }] as const
  expect(affinity.order('c', left)).toEqual(left)
})

it('the conversations that were unused for longest are forgotten, those of now are not', () => {
  const affinity = createConversationAffinity<(typeof CANDIDATES)[number]>()
  const isKept = (n: number): boolean => affinity.order(String(n), CANDIDATES)[0].name === 'b'
  const many = 20_000
  for (let n = 0; n < many; n += 1) {
    affinity.keep(String(n), CANDIDATES, 'b')
    affinity.keep('0', CANDIDATES, 'b')
  }
  expect([isKept(0), isKept(many - 1), isKept(many - 100)]).toEqual([true, true, true])
  expect([isKept(1), isKept(many / 2)]).toEqual([false, false])
})
