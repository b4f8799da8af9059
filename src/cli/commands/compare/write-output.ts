/** Writes the Markdown and HTML files of `ccr compare`. */
import { writeFileSync } from 'node:fs'
import { UserError } from '../../../lib/user-error.ts'

/** Writes a requested output file. Throws UserError. */
export function writeOutput(file: string, text: string): void {
  try {
    writeFileSync(file, text)
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause)
    throw new UserError(
      `ccr compare: ${why}`,
      'That file was not written; everything else was done.',
      cause,
    )
  }
}
