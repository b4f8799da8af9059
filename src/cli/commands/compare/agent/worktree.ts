/** The worktree and branch of a model. */
import { existsSync, readdirSync, realpathSync, rmSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { makePrivateFolder, readText } from '../../../../lib/files.ts'
import { DIFF, git, gitBytes, GitError, type GitOptions, runGit } from './git.ts'
import { commitOf } from './repository.ts'
import { treeOfWorktree } from './tree.ts'

export interface WorktreeLocation {
  /** The user's repository. */
  readonly root: string
  readonly worktree: string
  /** Without `refs/heads/`. */
  readonly branch: string
}

/** Creates the worktree with a new branch at `base`. Runs no hooks. Throws GitError. */
export async function addWorktree(
  { root, worktree, branch }: WorktreeLocation,
  base: string,
): Promise<void> {
  makePrivateFolder(dirname(worktree))
  await git(['worktree', 'add', '--quiet', '--no-track', '-b', branch, worktree, base], {
    cwd: root,
  })
}

/** Removes the worktree and the branch with their contents. Missing ones are no error. */
export async function removeWorktree({ root, worktree, branch }: WorktreeLocation): Promise<void> {
  if (existsSync(root)) {
    await runGit(['worktree', 'remove', '--force', '--force', worktree], { cwd: root })
  }
  rmSync(worktree, { recursive: true, force: true, maxRetries: 5 })
  if (!existsSync(root)) return
  // A lock, which git sets while it creates a worktree, would keep the entry of a missing folder.
  await runGit(['worktree', 'unlock', worktree], { cwd: root })
  await runGit(['worktree', 'prune'], { cwd: root })
  await runGit(['update-ref', '-d', `refs/heads/${branch}`], { cwd: root })
}

export interface CommittedWork {
  /** The last commit of the branch, with everything in the worktree. */
  readonly commit: string
  /** What could not be included; usually ''. */
  readonly note: string
}

/**
 * Commits what a model left in its worktree to its branch, on top of its own commits, whatever it has
 * checked out. Ignored files are left out.
 */
export async function commitWork(
  location: WorktreeLocation,
  base: string,
  { index, message }: { index: string; message: string },
): Promise<CommittedWork> {
  const gitDir = await gitDirOf(location)
  const at = { cwd: location.worktree, gitDir }
  const { tree, note } = await treeOfWorktree({ ...at, index }, base)
  const parent = await parentFor(at, base)
  const same = (await git(['rev-parse', `${parent}^{tree}`], at)) === tree
  const commit = same ? parent : await commitOf(location.root, { tree, parent, message })
  const ref = `refs/heads/${location.branch}`
  await git(['update-ref', ref, commit], at)
  const checkedOut = await runGit(['symbolic-ref', '--quiet', 'HEAD'], at)
  // Otherwise `git status` in the worktree would show everything as changed.
  if (checkedOut.stdout.toString('utf8').trim() === ref) await runGit(['reset', '--quiet'], at)
  return { commit, note }
}

/**
 * The git directory of the worktree, from the records of the repository rather than from the `.git` in
 * the worktree. Throws GitError if the repository does not know the worktree.
 */
async function gitDirOf({ root, worktree }: WorktreeLocation): Promise<string> {
  const common = resolve(root, await git(['rev-parse', '--git-common-dir'], { cwd: root }))
  const all = join(common, 'worktrees')
  const wanted = real(worktree)
  for (const name of existsSync(all) ? readdirSync(all) : []) {
    const pointer = readText(join(all, name, 'gitdir'))?.trim()
    if (pointer === undefined) continue
    if (real(dirname(resolve(all, name, pointer))) === wanted) return join(all, name)
  }
  throw new GitError(`${worktree} is no longer a worktree of ${root}.`, 'See: git worktree list')
}

function real(folder: string): string {
  try {
    return realpathSync(folder)
  } catch {
    return resolve(folder)
  }
}

/** The commit that the model has checked out, if it descends from `base`; otherwise `base`. */
async function parentFor(at: GitOptions, base: string): Promise<string> {
  const head = await runGit(['rev-parse', '--verify', '--quiet', 'HEAD^{commit}'], at)
  if (head.code !== 0) return base
  const commit = head.stdout.toString('utf8').trim()
  const after = await runGit(['merge-base', '--is-ancestor', base, commit], at)
  return after.code === 0 ? commit : base
}

export interface ChangedFile {
  readonly path: string
  /** The old name of a renamed file. */
  readonly from?: string
  /** Number of lines; null for a binary file. */
  readonly added: number | null
  readonly deleted: number | null
}

/** Lines added and deleted in all files; binary files have none. */
export function lineSums(files: readonly ChangedFile[]): { added: number; deleted: number } {
  return {
    added: files.reduce((sum, { added }) => sum + (added ?? 0), 0),
    deleted: files.reduce((sum, { deleted }) => sum + (deleted ?? 0), 0),
  }
}

/** The files that differ between two commits, with their changed lines. */
export async function changedFiles(cwd: string, from: string, to: string): Promise<ChangedFile[]> {
  const out = await gitBytes(['diff', ...DIFF, '--numstat', '-z', from, to], { cwd })
  const parts = out.toString('utf8').split('\0')
  const files: ChangedFile[] = []
  for (let n = 0; n < parts.length; n += 1) {
    const found = /^(\d+|-)\t(\d+|-)\t([^]*)$/.exec(parts[n] ?? '')
    if (!found) continue
    const [, added, deleted, path = ''] = found
    const lines = { added: lineCount(added), deleted: lineCount(deleted) }
    // An empty path is a rename, followed by both names.
    if (path !== '') files.push({ path, ...lines })
    else files.push({ from: parts[(n += 1)] ?? '', path: parts[(n += 1)] ?? '', ...lines })
  }
  return files
}

function lineCount(text: string | undefined): number | null {
  return text === undefined || text === '-' ? null : Number(text)
}

/** The diff of two commits. */
export async function diffText(cwd: string, from: string, to: string): Promise<string> {
  return (await gitBytes(['diff', ...DIFF, from, to], { cwd })).toString('utf8')
}
