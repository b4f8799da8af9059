import { describe, expect, it } from 'vitest'
import { BEHAVIOURS } from './behaviours.ts'
import { runBehaviour } from './run-behaviour.ts'
import { loadRows } from './row.ts'

const rows = await loadRows()

for (const row of rows) {
  describe.concurrent(row.name, () => {
    for (const behaviour of BEHAVIOURS) {
      if (row.notApplicable[behaviour.name] !== undefined) continue
      it(behaviour.name, { timeout: 60_000 }, () => runBehaviour(behaviour, row))
    }
  })
}

describe('the table', () => {
  it('names only behaviours that it has, once each', () => {
    const names = BEHAVIOURS.map(({ name }) => name)
    expect(new Set(names).size).toBe(names.length)
    const unknown = rows.flatMap(({ notApplicable }) =>
      Object.keys(notApplicable).filter((n) => !names.includes(n)),
    )
    expect(unknown).toEqual([])
  })
})
