import { describe, expect, it } from 'vitest'
import { spendingLimitNotes } from './spending-limit.ts'

const target = { provider: 'shop', model: 'x' }
const KNOWN = { target, price: { input: 1, output: 2 } }
const UNKNOWN = { target, price: undefined }
/** On Anthropic's own API. */
const LISTED = { target, price: 'listed' } as const
const LIMITED = ['-p', 'hi', '--max-budget-usd', '1']

describe('the note for --max-budget-usd', () => {
  it('is absent where claude knows the price, and where there is no limit', () => {
    expect(spendingLimitNotes(LIMITED, KNOWN, true)).toEqual([])
    expect(spendingLimitNotes(LIMITED, LISTED, false)).toEqual([])
    for (const argv of [
      ['-p', 'hi'],
      ['-p', '--', '--max-budget-usd'],
    ]) {
      expect(spendingLimitNotes(argv, UNKNOWN, false)).toEqual([])
    }
  })

  it('names the model whose price is unknown, and what to do', () => {
    for (const argv of [LIMITED, ['--max-budget-usd=1']]) {
      const [note] = spendingLimitNotes(argv, UNKNOWN, true)
      expect(note).toMatch(/--max-budget-usd cannot .* shop,x .*Prices/)
    }
    const nowhere = { target: null, price: undefined }
    expect(spendingLimitNotes(LIMITED, nowhere, true)[0]).toContain('the model')
  })

  it('says that claude takes no prices', () => {
    expect(spendingLimitNotes(LIMITED, KNOWN, false)[0]).toMatch(/takes no prices/)
  })
})
