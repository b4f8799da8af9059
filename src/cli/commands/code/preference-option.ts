/** `ccr code --pref PREFERENCE …`: the only option of ccr among the arguments of claude. */
import { UsageError } from '../../command.ts'

export interface CodeArguments {
  /** The value of `--pref`; undefined if it is not the first argument. */
  readonly preference: string | undefined
  /** The arguments for claude, unchanged. */
  readonly argv: readonly string[]
}

const OPTION = '--pref'

/**
 * Reads `--pref X` or `--pref=X` directly after `code`. Everything after it belongs to claude, even a
 * second `--pref`. Throws UsageError if the value is missing.
 */
export function takePreference(argv: readonly string[]): CodeArguments {
  const first = argv[0] ?? ''
  if (first.startsWith(`${OPTION}=`)) {
    return { preference: valueOf(first.slice(OPTION.length + 1)), argv: argv.slice(1) }
  }
  if (first !== OPTION) return { preference: undefined, argv }
  const next = argv[1] ?? ''
  // What looks like an option belongs to claude; `--pref=-x` passes such a value anyway.
  return { preference: valueOf(next.startsWith('-') ? '' : next), argv: argv.slice(2) }
}

function valueOf(written: string): string {
  const preference = written.trim()
  if (preference !== '') return preference
  throw new UsageError(
    `ccr code: ${OPTION} needs a preference.`,
    `Write: ccr code ${OPTION} provider,model … (or a name from Preferences, or a model alone)`,
  )
}
