import type { Diagnostic } from '../check.ts'
import type { ConfigInput } from '../schema/schema.ts'

/** Budgets that hold nothing back and tell nothing. */
export function budgetWarnings({ Budgets: list = [] }: ConfigInput): Diagnostic[] {
  return list.flatMap(({ limit, warn }, index) => {
    if (limit !== undefined || warn !== undefined) return []
    const text = `Budgets[${index}] has neither limit nor warn and does nothing; expected { "limit": 20 }`
    return [{ path: ['Budgets', index], text, isMistake: true }]
  })
}
