/** `ccr pref set`. */
import { formatModelRef } from '../../../lib/model-ref.ts'
import type { Config } from '../../../config/config.ts'
import { nameMeant } from '../../../config/preferences.ts'
import { outline } from '../../../config/parse/json5-locations.ts'
import { setValue } from '../../../config/parse/set-value.ts'
import { shellWord } from '../../../lib/command-line.ts'
import { changeConfig, refuseVariable } from '../config/change.ts'
import { UsageError } from '../../command.ts'
import { requirePreference } from '../../client/require-preference.ts'
import { visible } from '../../terminal/untrusted-text.ts'
import { writeNotes } from '../../terminal/output.ts'
import type { CommandContext } from '../../client/command-context.ts'

export interface SetRequest {
  readonly name: string
  /** In any spelling of a preference. */
  readonly model: string
  /** Accept the model as written. */
  readonly force: boolean
}

/** Sets a named preference. Throws UsageError or UserError, with nothing written. */
export async function setPreference(
  request: SetRequest,
  { ref, io }: CommandContext,
): Promise<number> {
  const name = request.name.trim()
  if (name === '')
    throw new UsageError('ccr pref set: the name is empty.', 'Write: ccr pref set NAME MODEL')
  let before: string | undefined
  let model = ''
  const { config, warnings } = await changeConfig(ref, io.env, (source, present) => {
    const key = writtenName(name, keysIn(source)) ?? name
    before = present.preferences[key.trim()]
    model = request.force ? request.model.trim() : modelOf(request.model, present)
    refuseVariable(model)
    return setValue(source, ['Preferences', key], model)
  })
  writeNotes(warnings, io)
  const was = before === undefined || before === model ? '' : ` (was ${visible(before)})`
  const shown = nameMeant(name, config.preferences) ?? name
  io.stdout.write(
    `${visible(shown)} stands for ${visible(model)}${was} in ${ref.configFile}.\n` +
      `Use it:  ccr code --pref ${shellWord(visible(shown))}\n`,
  )
  return 0
}

function keysIn(source: string): Iterable<string> {
  return outline(source).members?.get('Preferences')?.value.members?.keys() ?? []
}

/** What to write: another name as it is, any other spelling in full, so that its meaning stays the same. */
function modelOf(written: string, config: Config): string {
  const { choice } = requirePreference(written, config, written)
  return nameMeant(written, config.preferences) ?? formatModelRef(choice)
}

/** The key in `Preferences` for a name, which may differ in case and in surrounding blanks. */
export function writtenName(name: string, keys: Iterable<string>): string | undefined {
  const written = new Map([...keys].map((key) => [key.trim(), key]))
  const meant = nameMeant(name, Object.fromEntries(written))
  return meant === undefined ? undefined : written.get(meant)
}
