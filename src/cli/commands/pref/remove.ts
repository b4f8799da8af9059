/** `ccr pref rm`. */
/** `ccr pref rm`. */
import { outline } from '../../../config/parse/json5-locations.ts'
import { removeValue } from '../../../config/parse/remove-value.ts'
import { suggest } from '../../../lib/suggest.ts'
import { UserError } from '../../../lib/user-error.ts'
import { changeConfig } from '../config/change.ts'
import { visible } from '../../terminal/untrusted-text.ts'
import { writeNotes } from '../../terminal/output.ts'
import type { CommandContext } from '../../client/command-context.ts'
import { writtenName } from './set.ts'

/** Removes a name from `Preferences`. Throws UserError if it is not there. */
export async function removePreference(name: string, { ref, io }: CommandContext): Promise<number> {
  let removed = { name, model: '' }
  const { warnings } = await changeConfig(ref, io.env, (source, { preferences }) => {
    const keys = [...(outline(source).members?.get('Preferences')?.value.members?.keys() ?? [])]
    const key = writtenName(name, keys)
    if (key === undefined) throw unknownName(name, keys)
    removed = { name: key.trim(), model: preferences[key.trim()] ?? '' }
    return removeValue(source, ['Preferences', key])
  })
  writeNotes(warnings, io)
  const what = `${visible(removed.name)} (was ${visible(removed.model)})`
  io.stdout.write(`${what} is no longer a name in ${ref.configFile}.\n`)
  return 0
}

function unknownName(name: string, keys: readonly string[]): UserError {
  const near = suggest(name, keys)
  return new UserError(
    `Preferences has no name '${visible(name)}'.`,
    near.length > 0
      ? `Did you mean ${near.map(visible).join(' or ')}?`
      : 'Existing names: ccr pref list',
  )
}
