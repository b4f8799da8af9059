/** The subcommands of `ccr compare` about existing runs. */
import type { Io } from '../../../command.ts'
import type { CompareValues } from '../options.ts'
import { apply } from './apply.ts'
import { clean } from './clean.ts'
import { diff } from './diff.ts'
import { list } from './list.ts'
import { show } from './show.ts'

/** A subcommand about existing runs: its arguments, the options, the exit code. */
type Action = (words: readonly string[], values: CompareValues, io: Io) => Promise<number>

export const RUNS: Readonly<Record<string, Action>> = {
  list: (_, values, io) => list(values, io),
  show,
  diff,
  apply,
  clean,
}
