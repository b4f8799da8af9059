import { UserError } from '../../../lib/user-error.ts'

/** Names of devices on Windows, with any ending. */
const RESERVED = /^(con|prn|aux|nul|com[0-9]|lpt[0-9])(\.|$)/i
const LONGEST = 80

/**
 * The name of the folder for a preset of this name: one segment that is safe on every system.
 * Blanks become hyphens. Throws UserError for a name that could lead elsewhere.
 */
export function folderName(name: string): string {
  const segment = name.trim().replace(/ +/g, '-')
  const isSafe =
    /^[\p{L}\p{N}_][\p{L}\p{N}_.-]*$/u.test(segment) &&
    !segment.endsWith('.') &&
    !segment.includes('..') &&
    !RESERVED.test(segment) &&
    Buffer.byteLength(segment) <= LONGEST
  if (isSafe) return segment
  throw new UserError(
    `${JSON.stringify(name.slice(0, LONGEST))} cannot be the name of a preset.`,
    'Letters, digits, _, - and . make a name, which is no path and no device of Windows. ' +
      'Change "name" in its manifest.json, or the name of its folder.',
  )
}
