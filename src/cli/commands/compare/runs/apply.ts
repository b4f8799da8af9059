/** `ccr compare apply B`: applies a model's work to the user's working tree. */
import { counted } from '../../../../lib/counted.ts'
import { join } from 'node:path'
import { rmSync } from 'node:fs'
import { homeFolder } from '../../../../session/identity.ts'
import { UserError } from '../../../../lib/user-error.ts'
import { type Io, UsageError } from '../../../command.ts'
import { choose } from '../../../terminal/select.ts'
import { visible } from '../../../terminal/untrusted-text.ts'
import { isInteractive } from '../../../terminal/interactive.ts'
import { DIFF, git, gitBytes, runGit } from '../agent/git.ts'
import { logsOf, type ModelRecord, type RunRecord, writeRun } from '../agent/record.ts'
import { changedPaths, repositoryOf } from '../agent/repository.ts'
import { treeOf } from '../agent/tree.ts'
import { problemOf, sizeText } from '../agent/report.ts'
import type { CompareValues } from '../options.ts'
import { commitOf } from './diff.ts'
import { findModel, findRun, withWork } from './find.ts'
import { selfRunning } from './self-running.ts'

export async function apply(words: readonly string[], values: CompareValues, io: Io) {
  const [name] = words
  if (name === undefined) {
    throw new UsageError('ccr compare apply needs a model.', 'Write: ccr compare apply B')
  }
  const home = homeFolder(io.env)
  const run = await withWork(home, await findRun(home, values.run))
  const model = findModel(run, name)
  const commit = commitOf(run, model)
  if (model.files.length === 0) {
    io.stdout.write(`${model.letter} ${model.name} changed nothing: there is nothing to apply.\n`)
    return 0
  }
  const { root } = await repositoryOf(run.root)
  const index = join(logsOf(home, run.id), 'apply')
  const { tree } = await treeOf(root, index)
  const touched = new Set(model.files.flatMap(({ path, from }) => [path, from ?? path]))
  const missing = (await differing(root, tree, commit)).filter((path) => touched.has(path))
  if (missing.length === 0) {
    io.stdout.write(`The work of ${model.letter} ${model.name} is already in your working tree.\n`)
    return 0
  }
  await requireUntouched(run, model, tree, new Set(missing))
  const problem = problemOf(model)
  if (problem !== null) {
    io.stderr.write(`ccr: ${model.letter} ${model.name}: ${problem}.\n`)
  }
  await nameSelfRunning(run, commit, values, io)
  const patch = await patchFor({ run, model, commit, tree, index })
  const applied = await runGit(['apply', '--binary', '-'], { cwd: run.root, input: patch })
  if (applied.code !== 0) throw refused(run, model, applied.stderr.trim())
  io.stdout.write(
    `Applied the work of ${model.letter} ${model.name} to ${visible(run.root)}: ` +
      `${counted(model.files.length, 'file')}, ${sizeText(model.files)}. Nothing is staged or committed.\n` +
      'Review it: git status; git diff. Remove worktrees and branches: ccr compare clean\n',
  )
  writeRun(home, { ...run, applied: model.letter })
  return 0
}

/** Lists files that can run by themselves. Throws UserError if the user declines. */
async function nameSelfRunning(
  { root, base }: RunRecord,
  commit: string,
  { yes }: CompareValues,
  io: Io,
): Promise<void> {
  const files = await selfRunning(root, base, commit)
  if (files.length === 0) return
  const lines = files.map(({ path, kind }) => `  ${visible(path)} (${kind})\n`)
  io.stderr.write(`ccr: some files may run without being started by you:\n${lines.join('')}`)
  if (yes === true || !isInteractive(io)) return
  const rows = ['no, change nothing', 'yes, I have read them']
  if ((await choose(io, 'Apply anyway?', rows, 0)) === 1) return
  throw new UserError('not applied. Nothing was changed.', 'To read them: ccr compare diff MODEL')
}

/** Paths that differ between two trees or commits. */
async function differing(cwd: string, one: string, other: string): Promise<string[]> {
  const args = ['diff', '--name-only', '-z', '--no-renames', '--no-ext-diff', one, other]
  const out = await gitBytes(args, { cwd })
  return out
    .toString('utf8')
    .split('\0')
    .filter((path) => path !== '')
}

/**
 * Throws UserError rather than overwrite the user's uncommitted changes. Changes from before the run are
 * already part of the model's work.
 * @param missing files that the model changed and that differ in the working tree `tree`.
 */
async function requireUntouched(
  run: RunRecord,
  model: ModelRecord,
  tree: string,
  missing: ReadonlySet<string>,
): Promise<void> {
  const sinceBase = new Set(await differing(run.root, tree, run.base))
  const changed = await changedPaths({ root: run.root })
  const conflicts = changed.filter((path) => missing.has(path) && sinceBase.has(path))
  if (conflicts.length === 0) return
  throw new UserError(
    `not applied: you have uncommitted changes in ${counted(conflicts.length, 'file')} that ${model.letter} ${model.name} changed too:\n${conflicts.map((path) => `  ${visible(path)}\n`).join('')}Nothing was changed.`,
    'Commit them (or git stash), then apply again. Or merge by hand: ' + mergeLine(model),
  )
}

interface Patching {
  readonly run: RunRecord
  readonly model: ModelRecord
  readonly commit: string
  /** The working tree. */
  readonly tree: string
  /** A temporary index file. */
  readonly index: string
}

/**
 * The patch that adds the model's work to the current working tree. It is made by a three-way merge in
 * a temporary index, so that a conflict changes nothing.
 */
async function patchFor({ run, model, commit, tree, index }: Patching): Promise<Buffer> {
  const cwd = run.root
  const whole = ['--binary', '--full-index']
  const work = await gitBytes(['diff', ...DIFF, ...whole, run.base, commit], { cwd })
  try {
    await git(['read-tree', tree], { cwd, index })
    const merged = await runGit(['apply', '--cached', '--3way', '--binary', '-'], {
      cwd,
      index,
      input: work,
    })
    if (merged.code !== 0) throw refused(run, model, merged.stderr.trim())
    const result = await git(['write-tree'], { cwd, index })
    return await gitBytes(['diff', ...DIFF, ...whole, tree, result], { cwd })
  } finally {
    rmSync(index, { force: true })
  }
}

function refused({ id }: RunRecord, model: ModelRecord, stderr: string): UserError {
  const lines = stderr.split('\n').slice(0, 10)
  return new UserError(
    `not applied: the work of ${model.letter} ${model.name} (run ${id}) conflicts with your working tree. Nothing was changed.\n${lines.map((line) => `  ${visible(line)}`).join('\n')}`,
    `Merge it by hand: ${mergeLine(model)}`,
  )
}

function mergeLine({ branch }: ModelRecord): string {
  return `git merge --squash ${branch}`
}
