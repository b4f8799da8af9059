/** What `ccr doctor` says of one thing. */
import { systemFault } from '../../../lib/file-fault.ts'
import { UserError } from '../../../lib/user-error.ts'

/** `note` is worth knowing, `warning` may hurt, `broken` keeps something from working. */
export type Level = 'ok' | 'note' | 'warning' | 'broken'

export interface Check {
  /** What it is about: `claude`, `config`, `ports`. */
  readonly area: string
  readonly level: Level
  readonly text: string
  /** What to do about it. */
  readonly hint?: string
}

/** Checks of one area. */
export function area(name: string) {
  return (level: Level, text: string, hint?: string): Check => ({
    area: name,
    level,
    text,
    ...(hint === undefined ? {} : { hint }),
  })
}

/** The name of an area, and what is looked at there. */
export type AreaCheck = readonly [
  name: string,
  look: () => readonly Check[] | Promise<readonly Check[]>,
]

/** All of them, one after the other; one that fails is told in its place and keeps no other. */
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
  return area(name)(
    'broken',
    fault?.message ?? `could not be looked at: ${error.message}`,
    fault?.hint,
  )
}
