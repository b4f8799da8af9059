import { describe, expect, it, vi } from 'vitest'
import { withResolvers } from '../../../../test/support/upstream.ts'
import { firstStarts } from './first-starts.ts'

describe('the start of a session', () => {
  it('is awaited by the other samples of its model, and by no other model', async () => {
    const first = withResolvers<string>()
    const [second, other] = [
      vi.fn(() => Promise.resolve('second')),
      vi.fn(() => Promise.resolve('other')),
    ]
    const starting = firstStarts()
    const one = starting('a', () => first.promise)
    const two = starting('a', second)
    expect(await starting('b', other)).toBe('other')
    expect(second).not.toHaveBeenCalled()
    first.resolve('first')
    expect(await Promise.all([one, two])).toEqual(['first', 'second'])
  })

  it('that fails is not tried again for each of them', async () => {
    const second = vi.fn(() => Promise.resolve('second'))
    const starting = firstStarts()
    const one = starting('a', () => Promise.reject(new Error('no port')))
    const two = starting('a', second)
    await expect(one).rejects.toThrow('no port')
    await expect(two).rejects.toThrow('no port')
    expect(second).not.toHaveBeenCalled()
  })
})
