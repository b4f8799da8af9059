/** `ccr compare diff`. */
import { homeFolder } from '../../../../session/identity.ts'
import { UserError } from '../../../../lib/user-error.ts'
import { type Io, UsageError } from '../../../command.ts'
import { harmless } from '../../../terminal/untrusted-text.ts'
import { type Paint, painter } from '../../../terminal/output.ts'
import type { ModelRecord, RunRecord } from '../agent/record.ts'
import { diffText } from '../agent/worktree.ts'
import type { CompareValues } from '../options.ts'
import { findModel, findRun, withWork } from './find.ts'

/** Shows the difference between the work of two models, or all changes of one. */
export async function diff(words: readonly string[], values: CompareValues, io: Io) {
  const [first, second] = words
  if (first === undefined) {
    throw new UsageError('ccr compare diff needs a model.', 'Write: ccr compare diff A B')
  }
  const home = homeFolder(io.env)
  const run = await withWork(home, await findRun(home, values.run))
  const one = commitOf(run, findModel(run, first))
  const text =
    second === undefined
      ? await diffText(run.root, run.base, one)
      : await diffText(run.root, one, commitOf(run, findModel(run, second)))
  io.stdout.write(coloured(text, painter(io.stdout, io.env)))
  return 0
}

/** The commit with the work of a model. Throws UserError if there is none. */
export function commitOf(run: RunRecord, { letter, name, commit }: ModelRecord): string {
  if (commit !== null) return commit
  throw new UserError(
    `${letter} ${name} has no work in run ${run.id}.`,
    run.state === 'running'
      ? 'It is still running. See: ccr compare list'
      : 'Its worktree was never created, or is gone. See: ccr compare show',
  )
}

const COLOURS = [
  [/^\+(?!\+\+ )/, 'green'],
  [/^-(?!-- )/, 'red'],
  [/^@@/, 'cyan'],
  [/^diff --git /, 'bold'],
] as const

function coloured(text: string, paint: Paint): string {
  return harmless(text).replace(/^.+$/gm, (line) => {
    const colour = COLOURS.find(([start]) => start.test(line))?.[1]
    return colour === undefined ? line : paint(colour, line)
  })
}
