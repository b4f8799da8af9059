/** The result of one check of `ccr doctor`. */
import { systemFault } from '../../../lib/file-fault.ts'
import { UserError } from '../../../lib/user-error.ts'

/** `note`: worth knowing; `warning`: a possible problem; `broken`: something does not work. */
export type Level = 'ok' | 'note' | 'warning' | 'broken'

export interface Check {
  /** The area that was checked: `claude`, `config`, `ports`. */
  readonly area: string
  readonly level: Level
  readonly text: string
  /** What to do about it. */
  readonly hint?: string
}

/** A constructor for checks of one area. */
export function area(name: string) {
  return (level: Level, text: string, hint?: string): Check => ({
    area: name,
    level,
    text,
    ...(hint === undefined ? {} : { hint }),
  })
}

/** The name of an area and the function that checks it. */
export type AreaCheck = readonly [
  name: string,
  look: () => readonly Check[] | Promise<readonly Check[]>,
]

/** Runs all checks in turn; a check that throws becomes a broken result and does not stop the others. */
export async function everyCheck(areas: readonly AreaCheck[]): Promise<Check[]> {
  const checks: Check[] = []
  for (const [name, look] of areas) {
    try {
      checks.push(...(await look()))
    } catch (thrown) {
      checks.push(failedCheck(name, thrown))
    }
  }
  return checks
}

function failedCheck(name: string, thrown: unknown): Check {
  const error = thrown instanceof Error ? thrown : new Error(String(thrown))
  const fault = thrown instanceof UserError ? thrown : systemFault(error)
  return area(name)('broken', fault?.message ?? `the check failed: ${error.message}`, fault?.hint)
}
