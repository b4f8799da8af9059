import { writeFileSync } from 'node:fs'
import { UserError } from '../../../lib/user-error.ts'

/** Writes a file that the user asked for. Throws UserError. */
export function writeOutput(file: string, text: string): void {
  try {
    writeFileSync(file, text)
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause)
    throw new UserError(
      `ccr compare: ${why}`,
      'Nothing was written there; the rest was done.',
      cause,
    )
  }
}
