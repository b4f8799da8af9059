import { expect, it } from 'vitest'
import { createDescriptions } from './descriptions.ts'

const text = (length: number): string => 'x'.repeat(length)

it('keeps as many descriptions as it may, those that were used last', () => {
  const kept = createDescriptions({ entries: 2, length: 1_000 })
  kept.set('a', 'A')
  kept.set('b', 'B')
  expect(kept.get('a')).toBe('A')
  kept.set('c', 'C')
  expect([kept.get('a'), kept.get('b'), kept.get('c')]).toEqual(['A', undefined, 'C'])
})

it('keeps no more text than it may, also where one is replaced', () => {
  const kept = createDescriptions({ entries: 100, length: 100 })
  kept.set('a', text(60))
  kept.set('a', text(40))
  kept.set('b', text(60))
  expect([kept.get('a')?.length, kept.get('b')?.length]).toEqual([40, 60])
  kept.set('c', text(50))
  expect([kept.get('a'), kept.get('b'), kept.get('c')?.length]).toEqual([undefined, undefined, 50])
  kept.set('d', text(101))
  expect([kept.get('c'), kept.get('d')]).toEqual([undefined, undefined])
  kept.set('e', 'E')
  expect(kept.get('e')).toBe('E')
})
