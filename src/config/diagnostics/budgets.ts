/** Warnings about `Budgets`. */
import type { Diagnostic } from '../check.ts'
import type { ConfigInput } from '../schema/schema.ts'

/** Budgets with neither a limit nor a warning, which have no effect. */
export function budgetWarnings({ Budgets: list = [] }: ConfigInput): Diagnostic[] {
  return list.flatMap(({ limit, warn }, index) => {
    if (limit !== undefined || warn !== undefined) return []
    const text = `Budgets[${index}] has neither limit nor warn and does nothing; expected { "limit": 20 }`
    return [{ path: ['Budgets', index], text, isMistake: true }]
  })
}
