import { describe, expect, it } from 'vitest'
import { BEHAVIOURS } from './behaviours.ts'
import { play } from './play.ts'
import { loadRows } from './row.ts'

const rows = await loadRows()

for (const row of rows) {
  describe.concurrent(row.name, () => {
    for (const behaviour of BEHAVIOURS) {
      if (row.not[behaviour.name] !== undefined) continue
      it(behaviour.name, { timeout: 60_000 }, () => play(behaviour, row))
    }
  })
}

describe('the table', () => {
  it('names only behaviours that it has, once each', () => {
    const names = BEHAVIOURS.map(({ name }) => name)
    expect(new Set(names).size).toBe(names.length)
    const unknown = rows.flatMap(({ not }) => Object.keys(not).filter((n) => !names.includes(n)))
    expect(unknown).toEqual([])
  })
})
