import { readSource } from '../../../config/parse/read.ts'
import { setValue } from '../../../config/parse/set-value.ts'
import { UserError } from '../../../lib/user-error.ts'
import { changeKeys, keysFile } from '../../../session/kept-keys.ts'
import { rememberedSessions } from '../../../session/probe.ts'
import { isServed } from '../../../session/is-served.ts'
import { changeConfig } from '../config/change.ts'
import type { CommandContext } from '../../client/command-context.ts'
import { entriesOf, type Entry, entryNamed, variableIn } from '../provider/entry.ts'
import { variableFor } from '../provider/known.ts'
import { sessionConfig } from '../../../session/config.ts'
import { visible } from '../../terminal/untrusted-text.ts'
import { readKey } from './read.ts'

/** Keeps a key that is read from standard input. Throws UserError; the key is in no message. */
export async function setKey(name: string, { ref, io }: CommandContext): Promise<number> {
  sessionConfig(ref, io.env) // a broken config is told before anybody types
  const entry = entryNamed(name, entriesOf(readSource(ref.configFile)))
  const variable = variableOf(entry)
  const key = await readKey(visible(entry.name), io)
  if (key === null) {
    io.stderr.write('ccr: nothing was kept.\n')
    return 1
  }
  await changeKeys(ref.home, (keys) => ({ ...keys, [variable]: key }))
  const written = variableIn(entry.key) === undefined
  if (written) {
    const { path, keyName } = entry
    await changeConfig(ref, io.env, (source) =>
      setValue(source, [...path, keyName], `\${${variable}}`),
    )
  }
  const file = keysFile(ref.home)
  io.stdout.write(
    `Kept the key of ${visible(entry.name)} as ${variable} in ${file} (readable by you alone).\n`,
  )
  if (written) {
    const before =
      entry.key === undefined ? 'takes it from there' : 'held it and takes it from there'
    io.stdout.write(`${ref.configFile} ${before} now: "\${${variable}}".\n`)
  }
  await tellWhatElse({ variable, key }, { ref, io })
  return 0
}

async function tellWhatElse(
  { variable, key }: { readonly variable: string; readonly key: string },
  { ref, io }: CommandContext,
): Promise<void> {
  const inShell = io.env[variable] ?? ''
  if (inShell !== '' && inShell !== key) {
    io.stderr.write(
      `ccr: ${variable} of this shell is another one and comes first. Use the kept key: unset ${variable}\n`,
    )
  }
  const sessions = await rememberedSessions(ref.home)
  const served = await Promise.all(sessions.map((session) => isServed(session)))
  if (served.includes(true)) {
    io.stdout.write('Sessions that run take it with: ccr restart --all\n')
  }
}

/** The variable that the key is kept under. Throws UserError where the config has several, or none to name. */
function variableOf({ name, key, hasCredentials }: Entry): string {
  if (name.trim().toLowerCase() === 'demo') {
    throw new UserError('demo needs no key.', 'Use it: ccr code --pref demo,demo-a')
  }
  const variable = variableIn(key)
  if (variable !== undefined && !hasCredentials) return variable
  const isPlain = key === undefined || (typeof key === 'string' && !/[$,]/.test(key))
  if (isPlain && !hasCredentials) return variableFor(name)
  throw new UserError(
    `the config gives ${visible(name)} several keys, or one in several parts.`,
    'Name a variable for each there (ccr config edit), and set those in your shell.',
  )
}
