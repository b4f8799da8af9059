/**
 * keys.json: the keys that `ccr key set` keeps for all sessions of a home, by the name of the variable
 * that configs take them from. Readable by the user alone (0600).
 */
import { parseJson } from '../lib/json.ts'
import { join } from 'node:path'
import { shellWord } from '../lib/command-line.ts'
import { readText, replaceFile } from '../lib/files.ts'
import { withLock } from '../lib/lock.ts'
import { UserError } from '../lib/user-error.ts'

export type Keys = Readonly<Record<string, string>>

export function keysFile(home: string): string {
  return join(home, 'keys.json')
}

/** The kept keys; none when the file is not there, cannot be read or is damaged. */
export function keptKeys(home: string): Keys {
  try {
    return readKeys(home)
  } catch {
    return {}
  }
}

/** The same. Throws UserError where `keptKeys` gives none in spite of a file. */
export function readKeys(home: string): Keys {
  const file = keysFile(home)
  const text = readText(file)
  if (text === null) return {}
  const found = parseJson(text)
  const entries = typeof found === 'object' && found !== null ? Object.entries(found) : null
  if (entries?.every((entry): entry is [string, string] => typeof entry[1] === 'string')) {
    return Object.fromEntries(entries)
  }
  throw new UserError(
    `${file} is damaged: it is no object of variables and keys.`,
    `Correct it, or move it away (mv ${shellWord(file)} ${shellWord(`${file}.old`)}) and set the keys again: ccr key set`,
  )
}

/** Puts what `change` makes of the keys in their place. Throws UserError; a damaged file stays. */
export async function changeKeys(home: string, change: (keys: Keys) => Keys): Promise<void> {
  await withLock(home, 'keys', () => {
    const next = change(readKeys(home))
    replaceFile(keysFile(home), `${JSON.stringify(next, null, 2)}\n`)
  })
}
