/** `ccr key set`. */
/** `ccr key set`. */
import { readSource } from '../../../config/parse/read.ts'
import { setValue } from '../../../config/parse/set-value.ts'
import { UserError } from '../../../lib/user-error.ts'
import { changeKeys, keysFile } from '../../../session/kept-keys.ts'
import { rememberedSessions } from '../../../session/probe.ts'
import { isServed } from '../../../session/is-served.ts'
import { changeConfig } from '../config/change.ts'
import type { CommandContext } from '../../client/command-context.ts'
import { keyedEntriesOf, type Entry, entryNamed, variableIn } from '../provider/entry.ts'
import { variableFor } from '../provider/known.ts'
import { sessionConfig } from '../../../session/config.ts'
import { visible } from '../../terminal/untrusted-text.ts'
import { readKey } from './read.ts'

/** Stores a key that is read from standard input. Throws UserError; no message contains the key. */
export async function setKey(name: string, { ref, io }: CommandContext): Promise<number> {
  sessionConfig(ref, io.env) // reports a broken config before the user types a key
  const entry = entryNamed(name, keyedEntriesOf(readSource(ref.configFile)))
  const variable = variableOf(entry)
  const key = await readKey(visible(entry.name), io)
  if (key === null) {
    io.stderr.write('ccr: nothing was stored.\n')
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
    `Stored the key of ${visible(entry.name)} as ${variable} in ${file} (readable only by you).\n`,
  )
  if (written) {
    const former = entry.key === undefined ? '' : ', instead of the key itself'
    io.stdout.write(`${ref.configFile} now refers to "\${${variable}}"${former}.\n`)
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
      `ccr: this shell sets ${variable} to another value, which takes precedence. To use the stored key: unset ${variable}\n`,
    )
  }
  const sessions = await rememberedSessions(ref.home)
  const served = await Promise.all(sessions.map((session) => isServed(session)))
  if (served.includes(true)) {
    io.stdout.write('Running sessions use it after: ccr restart --all\n')
  }
}

/** The variable under which the key is stored. Throws UserError if the config has several or composes the key. */
function variableOf({ name, key, hasCredentials }: Entry): string {
  if (name.trim().toLowerCase() === 'demo') {
    throw new UserError('demo needs no key.', 'Use it: ccr code --pref demo,demo-a')
  }
  const variable = variableIn(key)
  if (variable !== undefined && !hasCredentials) return variable
  const isPlain = key === undefined || (typeof key === 'string' && !/[$,]/.test(key))
  if (isPlain && !hasCredentials) return variableFor(name)
  throw new UserError(
    `the config has several keys for ${visible(name)}, or a key made of several parts.`,
    'Use a variable for each in the config (ccr config edit), and set these in your shell.',
  )
}
