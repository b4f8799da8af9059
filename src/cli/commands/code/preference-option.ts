/** `ccr code --pref PREFERENCE …`: the one option of ccr among the arguments of claude. */
import { UsageError } from '../../command.ts'

export interface CodeArguments {
  /** What `--pref` names; undefined where it does not stand in first place. */
  readonly preference: string | undefined
  /** For claude, as they are. */
  readonly argv: readonly string[]
}

const OPTION = '--pref'

/**
 * Only the first words after `code` are read, `--pref X` or `--pref=X`; whatever stands behind them
 * is claude's, a second `--pref` too. Throws UsageError when the value is missing.
 */
export function takePreference(argv: readonly string[]): CodeArguments {
  const first = argv[0] ?? ''
  if (first.startsWith(`${OPTION}=`)) {
    return { preference: valueOf(first.slice(OPTION.length + 1)), argv: argv.slice(1) }
  }
  if (first !== OPTION) return { preference: undefined, argv }
  const next = argv[1] ?? ''
  // An option in its place is one of claude's: `--pref=-x` takes it all the same.
  return { preference: valueOf(next.startsWith('-') ? '' : next), argv: argv.slice(2) }
}

function valueOf(written: string): string {
  const preference = written.trim()
  if (preference !== '') return preference
  throw new UsageError(
    `ccr code: ${OPTION} needs a preference.`,
    `Write: ccr code ${OPTION} provider,model … (or a name of Preferences, or a model alone)`,
  )
}
