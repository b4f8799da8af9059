import { describe, expect, it } from 'vitest'
import { limiter } from './limiter.ts'

/** Work that records its start and ends when it is released. */
function gated(started: string[]) {
  const release = new Map<string, () => void>()
  const work = (name: string, error?: Error) => async () => {
    started.push(name)
    await new Promise<void>((resolve) => release.set(name, resolve))
    if (error) throw error
    return name
  }
  return { work, release: (name: string) => release.get(name)?.() }
}

describe('a limiter', () => {
  it('starts as many as it allows, then the next in order when one has ended', async () => {
    const started: string[] = []
    const { work, release } = gated(started)
    const some = limiter(2)
    const [a, b, c, d] = ['a', 'b', 'c', 'd'].map((name) => some(work(name)))
    await Promise.resolve()
    expect(started).toEqual(['a', 'b'])
    release('b')
    expect(await b).toBe('b')
    expect(started).toEqual(['a', 'b', 'c'])
    release('c')
    expect(await c).toBe('c')
    release('a')
    release('d')
    expect(await Promise.all([a, d])).toEqual(['a', 'd'])
  })

  it('goes on after a failure, and has its room again when all have ended', async () => {
    const started: string[] = []
    const { work, release } = gated(started)
    const one = limiter(1)
    const [a, b] = [one(work('a', new Error('broken'))), one(work('b'))]
    release('a')
    await expect(a).rejects.toThrow('broken')
    release('b')
    expect(await b).toBe('b')
    const c = one(work('c'))
    expect(started).toEqual(['a', 'b', 'c'])
    release('c')
    expect(await c).toBe('c')
  })
})
