import { expect, it } from 'vitest'
import { createConversationAffinity } from './affinity.ts'

const LANES = [{ name: 'a' }, { name: 'b' }] as const

it('a conversation stays with who served it', () => {
  const sticky = createConversationAffinity<(typeof LANES)[number]>()
  sticky.keep('c', LANES, 'b')
  expect(sticky.order('c', LANES).map(({ name }) => name)).toEqual(['b', 'a'])
  expect(sticky.order('other', LANES)).toEqual(LANES)
  sticky.keep('c', LANES, 'a')
  expect(sticky.order('c', LANES)).toEqual(LANES)
})

it('what a conversation asks of another model does not loosen its hold, nor take it over', () => {
  const sticky = createConversationAffinity<{ readonly name: string }>()
  const OTHERS = [{ name: 'small' }, { name: 'b' }] as const
  sticky.keep('c', LANES, 'b')
  sticky.keep('c', OTHERS, 'small')
  expect(sticky.order('c', LANES)[0].name).toBe('b')
  expect(sticky.order('c', OTHERS)[0].name).toBe('small')
})

it('requests of no conversation are kept nowhere, and a lane that is gone is not asked', () => {
  const sticky = createConversationAffinity<{ readonly name: string }>()
  sticky.keep(undefined, LANES, 'b')
  expect(sticky.order(undefined, LANES)).toEqual(LANES)
  sticky.keep('c', LANES, 'b')
  const left = [{ name: 'a' }, { name: 'x' }] as const
  expect(sticky.order('c', left)).toEqual(left)
})

it('the conversations that were unused for longest are forgotten, those of now are not', () => {
  const sticky = createConversationAffinity<(typeof LANES)[number]>()
  const isKept = (n: number): boolean => sticky.order(String(n), LANES)[0].name === 'b'
  const many = 20_000
  for (let n = 0; n < many; n += 1) {
    sticky.keep(String(n), LANES, 'b')
    sticky.keep('0', LANES, 'b')
  }
  expect([isKept(0), isKept(many - 1), isKept(many - 100)]).toEqual([true, true, true])
  expect([isKept(1), isKept(many / 2)]).toEqual([false, false])
})
