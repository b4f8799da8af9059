/** The model in the user's arguments for claude: `ccr code --model X`. The arguments are read, never changed. */
import { formatModelRef, type ModelRef } from '../../lib/model-ref.ts'
import type { Config } from '../../config/config.ts'
import { missingNote } from '../../session/setup.ts'
import { modelNotes } from '../../session/context-window.ts'
import { sessionPreference } from '../../routing/preference.ts'
import { explicitChoice } from '../../routing/resolve.ts'

/** Names that claude replaces by other names in requests. */
const ALIASES = /^(default|best|sonnet|opus|haiku|fable|opusplan)(\[1m\])?$/i

/** Whether claude replaces the name by another one in requests. */
export function isAlias(name: string): boolean {
  return ALIASES.test(name)
}

/** The value of the last `--model` before `--`; undefined if there is none. */
export function modelArgument(argv: readonly string[]): string | undefined {
  const end = argv.indexOf('--')
  const words = end === -1 ? argv : argv.slice(0, end)
  let found: string | undefined
  for (const [index, word] of words.entries()) {
    if (word === '--model') found = words[index + 1] ?? found
    if (word.startsWith('--model=')) found = word.slice('--model='.length)
  }
  return found?.trim() === '' ? undefined : found?.trim()
}

export interface NamedModel {
  readonly name: string
  /** The target of requests with this name; null if they go where all others go. */
  readonly choice: ModelRef | null
  /** Notes for the user. */
  readonly notes: readonly string[]
}

/** How the gateway resolves the name. `usual`: the target of requests without a model. */
export function resolveModelArgument(
  name: string,
  config: Config,
  usual: ModelRef | null,
): NamedModel {
  const found = isAlias(name)
    ? undefined
    : explicitChoice(name, config, { alias: '', namedModel: name })
  if (found?.kind === 'found') {
    const { choice, note } = found
    const notes = [
      ...(note === undefined ? [] : [`--model ${name}: ${note}.`]),
      ...modelNotes(choice, config),
    ]
    return { name, choice, notes }
  }
  const instead = usual ? ` Requests go to ${formatModelRef(usual)}.` : ''
  if (isAlias(name)) {
    const why = `--model ${name} is an alias of Claude Code and selects no model here; write provider,model.`
    return { name, choice: null, notes: [`${why}${instead}`] }
  }
  const notes = missingNote(sessionPreference(name, config), usual)
  return { name, choice: null, notes: notes.map((note) => `--model ${name}: ${note}`) }
}
