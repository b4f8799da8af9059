import { nameMeant } from '../../../config/preferences.ts'
import type { SessionRef } from '../../../session/identity.ts'
import type { Io } from '../../command.ts'

/** Where a command about the config reads, writes and prints. */
export interface Place {
  readonly ref: SessionRef
  readonly io: Io
}

/** The key of `Preferences` in the file that a name means, in whatever case and with blanks around it. */
export function writtenName(name: string, keys: Iterable<string>): string | undefined {
  const written = new Map([...keys].map((key) => [key.trim(), key]))
  const meant = nameMeant(name, Object.fromEntries(written))
  return meant === undefined ? undefined : written.get(meant)
}
