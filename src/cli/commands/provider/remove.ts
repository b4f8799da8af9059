/** `ccr provider rm`. */
/** `ccr provider rm`. */
import type { Config } from '../../../config/config.ts'
import { nodeAt, outline } from '../../../config/parse/json5-locations.ts'
import { removeValue } from '../../../config/parse/remove-value.ts'
import { UserError } from '../../../lib/user-error.ts'
import { lookUp, nameOf } from '../../../routing/lookup.ts'
import { changeConfig } from '../config/change.ts'
import { modelMentions } from '../config/named-models.ts'
import type { CommandContext } from '../../client/command-context.ts'
import { visible } from '../../terminal/untrusted-text.ts'
import { writeNotes } from '../../terminal/output.ts'
import { entriesOf, type Entry, entryNamed } from './entry.ts'

/** Removes a provider from the config. Throws UserError if it is still in use, unless forced. */
export async function removeProvider(
  name: string,
  force: boolean,
  { ref, io }: CommandContext,
): Promise<number> {
  let removed = name
  const { warnings } = await changeConfig(ref, io.env, (source, config) => {
    const entry = entryNamed(name, entriesOf(source))
    removed = entry.name
    const users = usersOf(entry.name, config)
    if (users.length > 0 && !force) throw used(entry.name, users)
    return removeValue(...withoutRemark(source, entry))
  })
  writeNotes(warnings, io)
  io.stdout.write(`${visible(removed)} is no longer in ${ref.configFile}.\n`)
  return 0
}

/** The places in the config that use a model of the provider. */
export function usersOf(name: string, config: Config): string[] {
  const { providers } = config
  const lists = providers
    .filter((one) => one.name !== name)
    .flatMap((one) => (one.fallback ?? []).map((text) => ({ name: `${one.name}.fallback`, text })))
  return [...modelMentions(config), ...lists]
    .filter(({ text }) => {
      const found = lookUp(text, providers)
      const provider =
        found.kind === 'found' ? found.choice.provider : nameOf(text, providers)?.provider.name
      return provider === name
    })
    .map((named) => named.name)
}

function used(name: string, users: readonly string[]): UserError {
  return new UserError(
    `${visible(name)} is used by ${[...new Set(users)].map(visible).join(', ')}.`,
    'Give these another model first: ccr model set, ccr pref set. Or remove it anyway: --force',
  )
}

/** Whether a line is the comment that `ccr init` and `ccr provider add` write above a provider. */
function isRemark(line: string): boolean {
  const text = line.trim()
  if (!text.startsWith('// ')) return false
  return (
    / is set$/.test(text) ||
    text === '// ccr provider add' ||
    text.includes(' answers at http') ||
    text.includes('; a key is to be had at ')
  )
}

/** The text without such a comment above the provider, and the path of the provider. */
function withoutRemark(source: string, { path }: Entry): [string, Entry['path']] {
  const { start } = nodeAt(outline(source), path)
  const line = source.lastIndexOf('\n', start - 1)
  const above = source.lastIndexOf('\n', line - 1)
  const isFirst = source.slice(line + 1, start).trim() === ''
  if (line < 1 || !isFirst || !isRemark(source.slice(above + 1, line))) return [source, path]
  return [source.slice(0, above + 1) + source.slice(line + 1), path]
}
