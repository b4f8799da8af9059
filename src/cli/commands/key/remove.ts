import { existsSync } from 'node:fs'
import { readSource } from '../../../config/parse/read.ts'
import { UserError } from '../../../lib/user-error.ts'
import { forgetValue } from '../../../session/environment.ts'
import { changeKeys, keysFile, readKeys } from '../../../session/kept-keys.ts'
import { knownSessions } from '../../../session/record.ts'
import type { CommandContext } from '../../client/command-context.ts'
import { entriesOf, variableIn } from '../provider/entry.ts'
import { visible } from '../../terminal/untrusted-text.ts'

/** Keeps the key of a provider, or of a variable, no longer. Throws UserError when none is kept. */
export async function removeKey(name: string, { ref, io }: CommandContext): Promise<number> {
  const keys = readKeys(ref.home)
  const variable = variableNamed(name, keys, ref.configFile)
  const key = variable === undefined ? undefined : keys[variable]
  if (variable === undefined || key === undefined) {
    throw new UserError(
      'no key is kept under that name.',
      'Name a provider, or a variable: ccr key list shows both.',
    )
  }
  await changeKeys(ref.home, (present) =>
    Object.fromEntries(Object.entries(present).filter(([other]) => other !== variable)),
  )
  // Sessions keep what they were started with.
  for (const { ref: session } of knownSessions(ref.home)) forgetValue(session, variable, key)
  io.stdout.write(
    `${visible(variable)} is no longer kept in ${keysFile(ref.home)}.\n` +
      'Sessions that run have it until they end: ccr restart, or ccr stop\n',
  )
  return 0
}

/** A provider of the config, or else a variable. */
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

/** A broken config keeps no key from being removed. */
function entriesIn(configFile: string) {
  try {
    return entriesOf(readSource(configFile))
  } catch {
    return []
  }
}
