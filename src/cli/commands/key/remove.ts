/** `ccr key rm`. */
/** `ccr key rm`. */
import { existsSync } from 'node:fs'
import { readSource } from '../../../config/parse/read.ts'
import { UserError } from '../../../lib/user-error.ts'
import { forgetValue } from '../../../session/environment.ts'
import { changeKeys, keysFile, readKeys } from '../../../session/kept-keys.ts'
import { knownSessions } from '../../../session/record.ts'
import type { CommandContext } from '../../client/command-context.ts'
import { keyedEntriesOf, variableIn } from '../provider/entry.ts'
import { visible } from '../../terminal/untrusted-text.ts'

/** Removes the stored key of a provider or a variable. Throws UserError if none is stored. */
export async function removeKey(name: string, { ref, io }: CommandContext): Promise<number> {
  const keys = readKeys(ref.home)
  const variable = variableNamed(name, keys, ref.configFile)
  const key = variable === undefined ? undefined : keys[variable]
  if (variable === undefined || key === undefined) {
    throw new UserError(
      'no key is stored under that name.',
      'Name a provider or a variable: ccr key list shows both.',
    )
  }
  await changeKeys(ref.home, (present) =>
    Object.fromEntries(Object.entries(present).filter(([other]) => other !== variable)),
  )
  // Sessions remember the values that they were started with.
  for (const { ref: session } of knownSessions(ref.home)) forgetValue(session, variable, key)
  io.stdout.write(
    `${visible(variable)} is no longer stored in ${keysFile(ref.home)}.\n` +
      'Running sessions use it until they end: ccr restart, or ccr stop\n',
  )
  return 0
}

/** The variable of a provider in the config, or the variable of this name. */
function variableNamed(
  name: string,
  keys: Readonly<Record<string, string>>,
  configFile: string,
): string | undefined {
  const wanted = name.trim().toLowerCase()
  const entries = existsSync(configFile) ? entriesIn(configFile) : []
  const entry = entries.find((one) => one.name.trim().toLowerCase() === wanted)
  const variable = entry && variableIn(entry.key)
  if (variable !== undefined && Object.hasOwn(keys, variable)) return variable
  return Object.keys(keys).find((one) => one === name.trim())
}

/** The providers of the config; none if it is broken, so that keys can be removed anyway. */
function entriesIn(configFile: string) {
  try {
    return keyedEntriesOf(readSource(configFile))
  } catch {
    return []
  }
}
